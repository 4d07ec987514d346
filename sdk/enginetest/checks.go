package enginetest

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
)

// checks are the cases that are code.
func checks() []check {
	return []check{
		{Handshake, "starts", true, (*suite).starts},
		{Handshake, "line", true, (*suite).handshakeLine},
		{Handshake, "health", true, (*suite).health},
		{Handshake, "describe", false, (*suite).describesEngine},
		{Handshake, "describe-output", true, (*suite).describeOutput},
		{Handshake, "by-hand", true, (*suite).byHand},
		{Load, "equal-sources-equal-id", false, (*suite).equalSources},
		{Load, "unknown-program", false, (*suite).unknownProgram},
		{Cancel, "lanes-side-by-side", false, (*suite).sideBySide},
		{Cancel, "host-refuses-result", false, (*suite).hostRefuses},
		{Process, "lifeline", true, (*suite).lifeline},
		{Process, "stop", true, (*suite).stop},
		{Process, "stop-finishes-what-runs", true, (*suite).drain},
		{Process, "killed-while-it-runs", true, (*suite).killed},
	}
}

// starts: the process starts and describes itself as a plugin.
func (s *suite) starts(context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	about := s.process.Plugin()
	if !about.Engine {
		return "it does not say that it offers an engine"
	}
	return conformance.Introduces(about)
}

// health: the health service says that the process serves.
func (s *suite) health(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	return conformance.Health(ctx, s.process)
}

// describesEngine: the engine says what it is.
func (s *suite) describesEngine(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no engine: %v", s.broken)
	}
	started := time.Now()
	about, err := s.engine.Describe(ctx)
	switch {
	case err != nil:
		return err.Error()
	case time.Since(started) > time.Second:
		return "it took longer than a second"
	case !regexp.MustCompile(`^[a-z0-9]+$`).MatchString(about.Name):
		return fmt.Sprintf("its name %q must be lower-case letters and digits", about.Name)
	case !conformance.IsVersion(about.Version):
		return fmt.Sprintf("its version %q must be a semantic one, as 1.4.0", about.Version)
	case about.Language == "":
		return "it does not name its language"
	case len(about.Extensions) == 0:
		return "it names no file extension"
	}
	return describesWell(about)
}

func describesWell(about engine.Description) string {
	for _, extension := range about.Extensions {
		if !strings.HasPrefix(extension, ".") || extension != strings.ToLower(extension) || len(extension) < 2 {
			return fmt.Sprintf("extension %q must begin with a dot and be in lower case", extension)
		}
	}
	if word := stranger(about.Capabilities, "fetch", "fetchConnection", "invokeFlow", "bytes"); word != "" {
		return fmt.Sprintf("there is no capability %q", word)
	}
	if word := stranger(about.Limits, "deadline", "memory", "stack", "result", "logs"); word != "" {
		return fmt.Sprintf("there is no limit %q", word)
	}
	return ""
}

// stranger gives a word that is not among the known ones.
func stranger(words []string, known ...string) string {
	for _, word := range words {
		if !strings.Contains(" "+strings.Join(known, " ")+" ", " "+word+" ") {
			return word
		}
	}
	return ""
}

// prop gives the code of a case that has no runs of its own.
func (s *suite) prop(level Level, name string) (*production, string) {
	if s.broken != nil {
		return nil, fmt.Sprintf("there is no engine: %v", s.broken)
	}
	cases, err := Cases(s.options.Extra)
	if err != nil {
		return nil, err.Error()
	}
	for _, each := range cases {
		if each.Level == level && each.Name == name {
			if !s.offers(each.Needs) {
				return nil, string(NotOffered)
			}
			p, missing := produce(each, s.engine, s.description.Extensions)
			if missing != "" {
				return nil, string(NoSource)
			}
			return p, ""
		}
	}
	return nil, fmt.Sprintf("there is no case %s/%s", level, name)
}

// equalSources: the same files give the same program, in whatever order they come; other files give another one.
func (s *suite) equalSources(ctx context.Context) string {
	p, reason := s.prop(Load, "plain")
	if p == nil {
		return reason
	}
	source := p.source()
	first, err := s.engine.Load(ctx, source)
	if err != nil {
		return err.Error()
	}
	source.Files = append(source.Files[1:len(source.Files):len(source.Files)], source.Files[0])
	second, err := s.engine.Load(ctx, source)
	if err != nil {
		return err.Error()
	}
	if first.ID == "" || first.ID != second.ID {
		return fmt.Sprintf("the program ids of equal sources are %q and %q", first.ID, second.ID)
	}
	other, reason := s.prop(Load, "modules")
	if other == nil {
		return reason
	}
	third, err := s.engine.Load(ctx, other.source())
	switch {
	case err != nil:
		return err.Error()
	case third.ID == first.ID:
		return "other sources give the same program id"
	}
	return ""
}

// unknownProgram: a run of a program that is not loaded runs nothing and says so.
func (s *suite) unknownProgram(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no engine: %v", s.broken)
	}
	lane, err := s.engine.Lane(ctx)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = lane.Close() }()
	run := engine.Run{Program: "no-such-program", Context: []byte("{}"), Steps: []engine.Step{{Key: "step", Entry: "step", Kind: engine.KindStep}}}
	reported := 0
	err = lane.Run(ctx, run, &stage{asked: func() {}, logged: func() {}}, func(context.Context, engine.StepResult) error {
		reported++
		return nil
	})
	switch {
	case !fault.Is(err, fault.NotLoaded):
		return fmt.Sprintf("want a fault %s, got %v", fault.NotLoaded, err)
	case reported > 0:
		return "a step was reported"
	}
	return ""
}
