// Command provider is a connection provider for tests of the conformance suite. Without an argument it is a good one; else it
// does one thing wrong, which the argument names.
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func main() {
	served := connection.Provider(good{})
	if len(os.Args) > 1 && os.Args[1] != "describe" {
		wrong, known := wrongs()[os.Args[1]]
		if !known {
			fmt.Fprintf(os.Stderr, "say what to do wrong: %s\n", strings.Join(slices.Sorted(maps.Keys(wrongs())), ", "))
			os.Exit(64)
		}
		served = wrong
	}
	sdk.Serve(sdk.Plugin{Name: "provider", Version: "1.0.0", Provider: served})
}
