package connect_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk"
)

// The roles that the test binary plays when it is started with one of them.
const (
	playProvider = "play-oauth2"
	playHost     = "play-host"
)

func TestMain(m *testing.M) {
	if len(os.Args) < 2 {
		goleak.VerifyTestMain(m)
		return
	}
	switch os.Args[1] {
	case playProvider:
		sdk.Serve(sdk.Plugin{Name: "oauth2", Version: "1.0.0", Provider: oauth2.New()})
	case playHost:
		if err := hostProcess(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		goleak.VerifyTestMain(m)
	}
}
