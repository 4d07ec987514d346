// Package enginetest is the conformance suite for language engines.
//
// Most cases are data: a folder cases/<level>/<case> holds case.json, which says what is run and what must come of it,
// and the code in each language, told apart by file extension. An author of another language writes the same code in a
// folder of his own, laid out in the same way, and gives it as Options.Extra. README.md describes the format.
package enginetest

import (
	"context"
	"io/fs"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// Target is what is tested: a plugin program, or an engine in this process. Exactly one is set.
type Target struct {
	Command *launch.Command
	Engine  engine.Engine
}

// Options choose and add cases.
type Options struct {
	Extra fs.FS                               // sources in another language, and more cases; nil for none
	Match func(level Level, name string) bool // which cases to run; nil for all
	Done  func(Result)                        // called after each case, in order; nil for nobody
}

type (
	// Level is a stage of conformance. A plugin that fails in one level is hardly worth a look in the next.
	Level = conformance.Level
	// Verdict is what came of a case.
	Verdict = conformance.Verdict
	// Result is the verdict on one case.
	Result = conformance.Result
	// Report holds the verdicts in the order of levels and names.
	Report = conformance.Report
	// T is the part of *testing.T that Test needs.
	T = conformance.T
)

// The levels, in order.
const (
	Handshake Level = "handshake" // the process starts and says who it is
	Load      Level = "load"      // sources become a program, or findings with positions
	Values    Level = "values"    // every value survives the way in and out
	Context   Level = "context"   // what code is given, and what it gives back
	Errors    Level = "errors"    // faults with positions in the user's own source
	Cancel    Level = "cancel"    // runs end when they must
	Logs      Level = "logs"      // lines in order, with level and step
	Process   Level = "process"   // the process ends when it must, and not before
)

// Levels gives the levels in order.
func Levels() []Level {
	return []Level{Handshake, Load, Values, Context, Errors, Cancel, Logs, Process}
}

// The verdicts. Only Fail means that something is wrong.
const (
	OK         = conformance.OK
	Fail       = conformance.Fail
	NoSource   = conformance.NoSource
	NotOffered = conformance.NotOffered
)

// Run runs the suite against a target. The error says why the suite could not be run at all; failures of the target
// are in the report, a target that does not start included.
func Run(ctx context.Context, target Target, options Options) (Report, error) {
	cases, err := Cases(options.Extra)
	if err != nil {
		return Report{}, err
	}
	s := &suite{target: target, options: options}
	defer s.close()
	s.open(ctx)
	for _, level := range Levels() {
		for _, check := range checks() {
			if check.level == level {
				s.check(ctx, check)
			}
		}
		for _, each := range cases {
			if each.Level == level {
				s.play(ctx, each)
			}
		}
	}
	return s.report, context.Cause(ctx)
}

// Test runs the suite in a Go test: each failed case is an error of t.
func Test(t T, target Target, options Options) {
	t.Helper()
	report, err := Run(t.Context(), target, options)
	conformance.Tell(t, report, err)
}
