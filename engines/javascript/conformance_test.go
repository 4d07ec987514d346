package javascript_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/engines/javascript"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-javascript"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		e, err := javascript.New(javascript.Options{})
		if err != nil {
			panic(err)
		}
		sdk.Serve(sdk.Plugin{Name: "javascript", Version: javascript.Version, Engine: e})
	}
	// the clock of the pattern matcher ends by itself a little later
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock"))
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	enginetest.Test(t, enginetest.Target{Engine: newEngine(t)}, enginetest.Options{})
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
