// Command plugin serves one of the two engines, for the tests of the host.
package main

import (
	"fmt"
	"os"

	"github.com/hookstep-dev/hookstep/engines/javascript"
	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/sdk"
)

func main() {
	if len(os.Args) > 2 && os.Args[2] == "lua" {
		sdk.Serve(sdk.Plugin{Name: "lua", Version: lua.Version, Engine: lua.New()})
	}
	engine, err := javascript.New(javascript.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sdk.Serve(sdk.Plugin{Name: "javascript", Version: javascript.Version, Engine: engine})
}
