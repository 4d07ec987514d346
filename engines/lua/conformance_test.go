package lua_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-lua"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		sdk.Serve(sdk.Plugin{Name: "lua", Version: lua.Version, Engine: lua.New()})
	}
	goleak.VerifyTestMain(m)
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	enginetest.Test(t, enginetest.Target{Engine: lua.New()}, enginetest.Options{})
}

func TestConformanceOfPlugin(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := enginetest.Target{Command: &launch.Command{Path: path, Args: []string{plugin}}}
	enginetest.Test(t, target, enginetest.Options{})
}
