// Command misbehave is a plugin that does one thing wrong: its first argument says which. Tests start it to see that a
// host and the conformance suite stand it. Its engine runs the source "step.any" with the word of the misbehaviour.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	wrongs := misbehaviours()
	names := make([]string, 0, len(wrongs))
	for _, each := range wrongs {
		names = append(names, each.name)
	}
	at := -1
	if len(os.Args) > 1 {
		at = slices.Index(names, os.Args[1])
	}
	if at < 0 {
		fmt.Fprintf(os.Stderr, "say what to do wrong: %s\n", strings.Join(names, ", "))
		os.Exit(64)
	}
	wrongs[at].do()
}

type misbehaviour struct {
	name string
	do   func()
}

func misbehaviours() []misbehaviour {
	return []misbehaviour{
		{"crash", crash},
		{"panic", panics},
		{"hang", hang},
		{"deaf", deaf},
		{"frozen", frozen},
		{"hog", hog},
		{"exit", exit},
		{"silent", silent},
		{"garbage", garbage},
		{"early", early},
		{"old", old},
		{"late", late},
		{"noisy", noisy},
	}
}
