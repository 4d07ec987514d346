package enginetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// suite is one run of the suite.
type suite struct {
	target      Target
	options     Options
	process     *launch.Process // nil for an engine in this process, or while none runs
	engine      engine.Engine   // nil when the target does not start
	description engine.Description
	broken      error // why there is no engine
	report      Report
}

// check is a case that is code.
type check struct {
	level   Level
	name    string
	process bool // it needs a plugin program
	run     func(s *suite, ctx context.Context) string
}

// open makes the target ready. A target that was lost is started again.
func (s *suite) open(ctx context.Context) {
	if s.target.Command == nil {
		s.engine = s.target.Engine
		s.describe(ctx)
		return
	}
	s.close()
	process, err := launch.Start(ctx, *s.target.Command)
	if err != nil {
		s.broken = err
		return
	}
	s.process, s.engine, s.broken = process, process.Engine(), nil
	if s.engine == nil {
		s.broken = fault.New(fault.Engine, fault.Unavailable, "the plugin offers no engine")
		return
	}
	s.describe(ctx)
}

func (s *suite) describe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	if s.description, s.broken = s.engine.Describe(ctx); s.broken != nil {
		s.engine = nil
	}
}

func (s *suite) close() {
	if s.process == nil {
		return
	}
	s.process.Kill(fault.New(fault.Host, fault.Canceled, "the test is over"))
	<-s.process.Exited()
	s.process, s.engine = nil, nil
}

// revive starts a process anew when the last case ended it.
func (s *suite) revive(ctx context.Context) {
	if s.process == nil {
		return
	}
	select {
	case <-s.process.Exited():
		s.open(ctx)
	default:
	}
}

func (s *suite) note(result Result) {
	s.report.Results = append(s.report.Results, result)
	if s.options.Done != nil {
		s.options.Done(result)
	}
}

func (s *suite) wanted(level Level, name string) bool {
	return s.options.Match == nil || s.options.Match(level, name)
}

// check runs a case that is code.
func (s *suite) check(ctx context.Context, c check) {
	if !s.wanted(c.level, c.name) || ctx.Err() != nil {
		return
	}
	started := time.Now()
	result := Result{Level: c.level, Case: c.name, Verdict: OK}
	switch {
	case c.process && s.target.Command == nil:
		result.Verdict = NotOffered
	default:
		s.revive(ctx)
		result.Verdict, result.Reason = conformance.Judge(c.run(s, ctx))
	}
	result.Took = time.Since(started)
	s.note(result)
}

// play runs a case that is data.
func (s *suite) play(ctx context.Context, spec Case) {
	if !s.wanted(spec.Level, spec.Name) || ctx.Err() != nil {
		return
	}
	started := time.Now()
	result := Result{Level: spec.Level, Case: spec.Name, Verdict: OK}
	s.revive(ctx)
	switch {
	case s.broken != nil:
		result.Verdict, result.Reason = Fail, fmt.Sprintf("there is no engine: %v", s.broken)
	case !s.offers(spec.Needs):
		result.Verdict, result.Reason = NotOffered, fmt.Sprintf("needs %v", spec.Needs)
	default:
		p, missing := produce(spec, s.engine, s.description.Extensions)
		if p == nil {
			result.Verdict, result.Reason = NoSource, fmt.Sprintf("no file %s with one of the extensions %v", missing, s.description.Extensions)
			break
		}
		result.Verdict, result.Reason = conformance.Judge(p.play(ctx))
	}
	result.Took = time.Since(started)
	s.note(result)
}

func (s *suite) offers(needs []string) bool {
	return !slices.ContainsFunc(needs, func(need string) bool {
		if need == "process" {
			return s.target.Command == nil
		}
		if limit, found := strings.CutPrefix(need, "limit:"); found {
			return !slices.Contains(s.description.Limits, limit)
		}
		return !slices.Contains(s.description.Capabilities, need)
	})
}
