// Package connectiontest is the conformance suite for connection providers.
//
// It asks everything that a host may ask: by the types that a provider describes, with values made up for their inputs, and for
// types that take the URLs of an authorization server against one that the suite runs on loopback. README.md says what is
// checked, and how values are given that the suite cannot make up.
package connectiontest

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

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

// The verdicts. Only Fail means that something is wrong.
const (
	OK         = conformance.OK
	Fail       = conformance.Fail
	NotOffered = conformance.NotOffered
)

// The levels, in order.
const (
	Handshake   Level = "handshake"   // the process starts and says who it is
	Describe    Level = "describe"    // the types make sense
	Schema      Level = "schema"      // declarations become inputs, or findings
	Validate    Level = "validate"    // inputs are judged by key
	Unsupported Level = "unsupported" // what a type does not do is refused as that
	Flow        Level = "flow"        // tokens are obtained, renewed and revoked
	Errors      Level = "errors"      // what services answer becomes the fault that says what to do
	Apply       Level = "apply"       // requests are signed
	Together    Level = "together"    // many calls at once, calls that end early, a second process
	Process     Level = "process"     // the process ends when it must, and not before
	Secrets     Level = "secrets"     // no text that people see holds one
)

// Levels gives the levels in order.
func Levels() []Level {
	return []Level{Handshake, Describe, Schema, Validate, Unsupported, Flow, Errors, Apply, Together, Process, Secrets}
}

// Target is what is tested: a plugin program, or a provider in this process. Exactly one is set.
type Target struct {
	Command  *launch.Command
	Provider connection.Provider
}

// Options choose cases and give values.
type Options struct {
	Samples Samples                             // values that the suite cannot make up; nil for none
	Match   func(level Level, name string) bool // which cases to run; nil for all
	Done    func(Result)                        // called after each case, in order; nil for nobody
}

// Run runs the suite against a target. The error says why the suite could not be run at all; failures of the target
// are in the report, a target that does not start included.
func Run(ctx context.Context, target Target, options Options) (Report, error) {
	s := &suite{target: target, options: options, secrets: &secrets{}, log: &lines{}}
	defer s.close()
	s.open(ctx)
	for _, level := range Levels() {
		for _, each := range checks() {
			if each.level == level {
				s.check(ctx, each)
			}
		}
		for _, each := range typeChecks() {
			if each.level == level {
				s.checkTypes(ctx, each)
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
