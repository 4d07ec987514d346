package scope

import (
	"context"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// journal is the log of one execution, as far as it is collected.
type journal struct {
	lines   int            // admitted so far
	dropped int            // for the quota, by the engine or here
	kept    []hostapi.Line // since the last drain
	bytes   int            // of the texts in kept
	untold  int            // dropped here since the last drain
	last    time.Time      // of the last of those
}

// Log implements hostapi.Host.
func (s *Scope) Log(line hostapi.Line) {
	line.Text = s.told(line.Text)
	if !s.admit(line) {
		return
	}
	s.shared.Log.LogAttrs(context.Background(), slogLevel(line.Level), line.Text,
		slog.String("execution", s.execution.ID.String()),
		slog.String("instance", string(s.execution.Target.Instance.Name)),
		slog.String("flow", string(s.execution.Target.Flow.Name)),
		slog.String("step", nameOf(s.execution.Target.Flow, line.Step)))
}

// told hides secrets before it cuts. What an engine has cut before is as long as what is kept.
func (s *Scope) told(text string) string {
	if s.shared.Secrets == nil {
		return hostapi.Cut(text)
	}
	known := s.shared.Secrets.Known(s.execution)
	if len(text) >= hostapi.MaxLine && utf8.RuneCountInString(text) >= hostapi.MaxLine {
		return hostapi.Cut(known.CutText(text))
	}
	return hostapi.Cut(known.Text(text))
}

// admit counts a line and tells whether it is within the quota of lines. Of what is collected also the size is limited.
func (s *Scope) admit(line hostapi.Line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := &s.log
	log.dropped += line.Dropped
	if log.lines >= s.shared.MaxLines {
		log.drop(line.At)
		return false
	}
	log.lines++
	switch {
	case !s.collect:
	case log.bytes+len(line.Text) > s.shared.MaxHeld:
		log.drop(line.At)
	default:
		log.kept = append(log.kept, line)
		log.bytes += len(line.Text)
	}
	return true
}

func (l *journal) drop(at time.Time) {
	l.dropped++
	l.untold++
	l.last = at
}

// Lines gives the log lines since the last Drain and leaves them, and how many were dropped since the execution began.
func (s *Scope) Lines() (lines []hostapi.Line, dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.kept, s.log.dropped
}

// Drain gives the log lines since the last Drain, which are the caller's from now on; nil for none. A last line tells how many
// were dropped meanwhile, if any were. Lines are there only for a scope that collects.
func (s *Scope) Drain() []hostapi.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := &s.log
	lines, untold := log.kept, log.untold
	log.kept, log.bytes, log.untold = nil, 0, 0
	if s.collect && untold > 0 {
		lines = append(lines, hostapi.Line{
			Level: hostapi.Warn, Text: fmt.Sprintf("lines beyond what an execution may log were dropped: %d", untold), At: log.last, Dropped: untold,
		})
	}
	return lines
}

// nameOf gives the display name of a key.
func nameOf(flow *integration.Flow, key string) string {
	if string(flow.Trigger.Key) == key {
		return flow.Trigger.Name
	}
	for i := range flow.Steps {
		if string(flow.Steps[i].Key) == key {
			return flow.Steps[i].Name
		}
	}
	return key
}

func slogLevel(level hostapi.Level) slog.Level {
	switch level {
	case hostapi.Trace:
		return slog.LevelDebug - 4
	case hostapi.Debug:
		return slog.LevelDebug
	case hostapi.Warn:
		return slog.LevelWarn
	case hostapi.Error:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}
