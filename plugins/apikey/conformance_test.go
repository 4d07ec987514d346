package apikey_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-apikey"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		sdk.Serve(sdk.Plugin{Name: "apikey", Version: "0.1.0", Provider: apikey.New()})
	}
	goleak.VerifyTestMain(m)
}

func samples() connectiontest.Samples {
	return connectiontest.Samples{
		apikey.Key:       {Invalid: []connectiontest.Invalid{{Fields: connection.Values{"apiKey": "two\nlines"}, Key: "apiKey"}}},
		apikey.KeySecret: {Invalid: []connectiontest.Invalid{{Fields: connection.Values{"apiSecret": " spaced"}, Key: "apiSecret"}}},
	}
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	connectiontest.Test(t, connectiontest.Target{Provider: apikey.New()}, connectiontest.Options{Samples: samples()})
}

func TestConformanceOfPlugin(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := connectiontest.Target{Command: &launch.Command{Path: path, Args: []string{plugin}}}
	connectiontest.Test(t, target, connectiontest.Options{Samples: samples()})
}
