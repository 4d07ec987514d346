// Package enginetest is the conformance suite for language engines.
//
// Most cases are data: a folder cases/<level>/<case> holds case.json, which says what is run and what must come of it,
// and the code in each language, told apart by file extension. An author of another language writes the same code in a
// folder of his own, laid out in the same way, and gives it as Options.Extra. README.md describes the format.
package enginetest

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
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

// Level is a stage of conformance. An engine that fails in one level is hardly worth a look in the next.
type Level string

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

// Verdict is what came of a case.
type Verdict string

// The verdicts. Only Fail means that something is wrong.
const (
	OK         Verdict = "ok"
	Fail       Verdict = "FAIL"
	NoSource   Verdict = "no source"   // nobody wrote the case's code in this language yet
	NotOffered Verdict = "not offered" // it needs a capability or a process that the target hasn't got
)

// Result is the verdict on one case.
type Result struct {
	Level   Level
	Case    string
	Verdict Verdict
	Reason  string // why it is not OK; may have several lines
	Took    time.Duration
}

// Report holds the verdicts in the order of levels and names.
type Report struct {
	Results []Result
}

// Count gives how many cases came to a verdict.
func (r Report) Count(verdict Verdict) int {
	count := 0
	for _, result := range r.Results {
		if result.Verdict == verdict {
			count++
		}
	}
	return count
}

// Passed tells that no case failed and that some case was run.
func (r Report) Passed() bool { return r.Count(Fail) == 0 && r.Count(OK) > 0 }

// Summary is one line with the count of each verdict.
func (r Report) Summary() string {
	return fmt.Sprintf("%d ok, %d failed, %d without source, %d not offered",
		r.Count(OK), r.Count(Fail), r.Count(NoSource), r.Count(NotOffered))
}

// Write prints a result as one line, and its reason indented below it.
func (r Result) Write(w io.Writer) {
	fmt.Fprintf(w, "%-11s %s/%s", r.Verdict, r.Level, r.Case)
	if r.Took >= 100*time.Millisecond {
		fmt.Fprintf(w, " (%s)", r.Took.Round(time.Millisecond))
	}
	fmt.Fprintln(w)
	if r.Verdict == Fail {
		for line := range strings.Lines(r.Reason) {
			fmt.Fprintf(w, "            %s\n", strings.TrimSuffix(line, "\n"))
		}
	}
}

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

// T is the part of *testing.T that Test needs.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// Test runs the suite in a Go test: each failed case is an error of t.
func Test(t T, target Target, options Options) {
	t.Helper()
	report, err := Run(t.Context(), target, options)
	if err != nil {
		t.Errorf("the suite did not run: %v", err)
	}
	for _, result := range report.Results {
		if result.Verdict == Fail {
			t.Errorf("%s/%s: %s", result.Level, result.Case, result.Reason)
		}
	}
	t.Logf("%s", report.Summary())
}
