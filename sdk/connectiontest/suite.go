package connectiontest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// suite is one run of the suite.
type suite struct {
	target   Target
	options  Options
	secrets  *secrets
	log      *lines
	process  *launch.Process     // nil for a provider in this process, or while none runs
	provider connection.Provider // nil when the target does not start
	types    []connection.Type
	broken   error // why there is no provider
	report   Report
}

// lines are what the target's processes have written.
type lines struct {
	mu   sync.Mutex
	kept []string
}

func (l *lines) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, line)
}

func (l *lines) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.kept, "\n")
}

// check is a case about the target as a whole.
type check struct {
	level   Level
	name    string
	process bool // it needs a plugin program
	run     func(s *suite, ctx context.Context) string
}

// open makes the target ready. A target that was lost is started again.
func (s *suite) open(ctx context.Context) {
	s.provider, s.broken = s.target.Provider, nil
	if s.target.Command != nil {
		s.close()
		if s.process, s.broken = s.start(ctx); s.broken != nil {
			return
		}
		s.provider = s.process.Provider()
	}
	if s.provider == nil {
		s.broken = fault.New(fault.Engine, fault.Unavailable, "the plugin offers no connection provider")
		return
	}
	description, err := s.provider.Describe(ctx)
	if err != nil {
		s.provider, s.broken = nil, err
		return
	}
	s.types = description.Types
}

// start starts one more process of the target.
func (s *suite) start(ctx context.Context) (*launch.Process, error) {
	command := *s.target.Command
	take := command.Stderr
	command.Stderr = func(line string) {
		s.log.add(line)
		if take != nil {
			take(line)
		}
	}
	return launch.Start(ctx, command)
}

func (s *suite) close() {
	if s.process != nil {
		end(s.process)
		s.process, s.provider = nil, nil
	}
}

func end(process *launch.Process) {
	process.Kill(fault.New(fault.Host, fault.Canceled, "the test is over"))
	<-process.Exited()
}

// revive starts a process anew when the last case ended it.
func (s *suite) revive(ctx context.Context) {
	if s.process == nil {
		return
	}
	select {
	case <-s.process.Dying():
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

// check runs a case about the target as a whole.
func (s *suite) check(ctx context.Context, c check) {
	if !s.wanted(c.level, c.name) || ctx.Err() != nil {
		return
	}
	started := time.Now()
	result := Result{Level: c.level, Case: c.name, Verdict: NotOffered}
	if !c.process || s.target.Command != nil {
		s.revive(ctx)
		result.Verdict, result.Reason = conformance.Judge(c.run(s, ctx))
	}
	result.Took = time.Since(started)
	s.note(result)
}

// checkTypes runs a case once for each type that it is about.
func (s *suite) checkTypes(ctx context.Context, c typeCheck) {
	for _, of := range s.types {
		name := c.name + ":" + of.Key
		if ctx.Err() != nil || !c.about(of) || !s.wanted(c.level, name) {
			continue
		}
		started := time.Now()
		s.revive(ctx)
		result := Result{Level: c.level, Case: name}
		result.Verdict, result.Reason = conformance.Judge(s.play(ctx, c, of))
		result.Took = time.Since(started)
		s.note(result)
	}
}

func (s *suite) play(ctx context.Context, c typeCheck, of connection.Type) string {
	if c.process && s.target.Command == nil {
		return string(NotOffered)
	}
	if s.broken != nil {
		return fmt.Sprintf("there is no provider: %v", s.broken)
	}
	sc, err := s.scene(ctx, of)
	if err != nil {
		return err.Error()
	}
	defer sc.close()
	if c.standin && sc.server == nil {
		return string(NotOffered)
	}
	if reason := c.run(sc, ctx); reason != "" {
		return reason
	}
	if sc.server != nil && sc.server.complaints() != "" {
		return sc.server.complaints()
	}
	return sc.told.leaks(s.secrets)
}

// scene is what a case about a type works with.
type scene struct {
	suite    *suite
	of       connection.Type
	sample   Sample
	provider connection.Provider // what it says is looked through for secrets afterwards
	told     *told
	settings connection.Settings
	server   *standin // nil for a type that does not take the URLs of one
}

func (s *suite) scene(ctx context.Context, of connection.Type) (*scene, error) {
	sc := &scene{suite: s, of: of, sample: s.options.Samples[of.Key], told: &told{}}
	sc.provider = listening{s.provider, sc.told}
	address := ""
	if sc.drives() {
		server, err := newStandin(ctx, s.secrets)
		if err != nil {
			return nil, err
		}
		sc.server, address = server, server.url
	}
	sc.settings = fill(of, sc.sample, address, s.secrets)
	if sc.server != nil {
		sc.server.client, sc.server.secret = sc.settings.Fields[clientID], sc.settings.Fields[clientSecret]
	}
	return sc, nil
}

// drives tells whether the suite's authorization server fits the type.
func (sc *scene) drives() bool {
	switch sc.of.Token {
	case connection.Authorizes:
		return takes(sc.of, tokenURL) && takes(sc.of, authorizeURL)
	case connection.Obtains:
		return takes(sc.of, tokenURL)
	default:
		return false
	}
}

func (sc *scene) close() {
	if sc.server != nil {
		sc.server.close()
	}
}

// told is what a provider said that people may see.
type told struct {
	mu    sync.Mutex
	texts []string
}

func (t *told) add(by string, what any, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.texts = append(t.texts, by+" "+jsonOf(what))
	if err != nil {
		t.texts = append(t.texts, by+" "+wordsOf(err))
	}
}

// wordsOf is all that an error says.
func wordsOf(err error) string {
	said := []string{err.Error()}
	for reason := fault.As(err, fault.Engine); reason != nil; reason = reason.Cause {
		said = append(said, reason.Name, reason.Message, reason.Step, fmt.Sprint(reason.Stack))
	}
	return strings.Join(said, " ")
}

// leaks says which of the texts holds a secret.
func (t *told) leaks(canaries *secrets) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range t.texts {
		if found := canaries.within(text); found != "" {
			by, _, _ := strings.Cut(text, " ")
			return fmt.Sprintf("what %s says holds %s", by, found)
		}
	}
	return ""
}
