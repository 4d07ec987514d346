package basic_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/basic"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-basic"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		sdk.Serve(sdk.Plugin{Name: "basic", Version: "0.1.0", Provider: basic.New()})
	}
	goleak.VerifyTestMain(m)
}

func samples() connectiontest.Samples {
	return connectiontest.Samples{basic.Type: {Invalid: []connectiontest.Invalid{{Fields: connection.Values{"username": "a:b"}, Key: "username"}}}}
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	connectiontest.Test(t, connectiontest.Target{Provider: basic.New()}, connectiontest.Options{Samples: samples()})
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
