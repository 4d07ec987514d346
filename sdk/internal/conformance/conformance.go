// Package conformance is what the conformance suites have in common.
package conformance

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Level is a stage of conformance. A plugin that fails in one level is hardly worth a look in the next.
type Level string

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

// Summary is one line with the count of each verdict; that of cases without source only where there are some.
func (r Report) Summary() string {
	summary := fmt.Sprintf("%d ok, %d failed", r.Count(OK), r.Count(Fail))
	if missing := r.Count(NoSource); missing > 0 {
		summary += fmt.Sprintf(", %d without source", missing)
	}
	return summary + fmt.Sprintf(", %d not offered", r.Count(NotOffered))
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

// Judge makes a verdict of what a case gave: nothing when all is well, the word of a verdict, or why it failed.
func Judge(reason string) (Verdict, string) {
	switch Verdict(reason) {
	case "":
		return OK, ""
	case NoSource, NotOffered:
		return Verdict(reason), ""
	default:
		return Fail, reason
	}
}

// T is the part of *testing.T that a suite needs.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// Tell tells a Go test what came of a suite: each failed case is an error.
func Tell(t T, report Report, err error) {
	t.Helper()
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
