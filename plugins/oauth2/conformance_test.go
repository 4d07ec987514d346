package oauth2_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-oauth2"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		sdk.Serve(sdk.Plugin{Name: "oauth2", Version: "0.1.0", Provider: oauth2.New()})
	}
	goleak.VerifyTestMain(m)
}

func samples() connectiontest.Samples {
	plain := []connectiontest.Invalid{
		{Fields: connection.Values{"tokenUrl": "http://auth.example.com/token"}, Key: "tokenUrl"},
		{Fields: connection.Values{"clientId": "id "}, Key: "clientId"},
	}
	return connectiontest.Samples{oauth2.AuthorizationCode: {Invalid: plain}, oauth2.ClientCredentials: {Invalid: plain}}
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	connectiontest.Test(t, connectiontest.Target{Provider: oauth2.New()}, connectiontest.Options{Samples: samples()})
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
