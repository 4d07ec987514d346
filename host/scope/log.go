package scope

import (
	"context"
	"log/slog"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Log implements hostapi.Host.
func (s *Scope) Log(line hostapi.Line) {
	line.Text = hostapi.Cut(line.Text)
	if !s.admit(line) {
		return
	}
	s.shared.Log.LogAttrs(context.Background(), slogLevel(line.Level), line.Text,
		slog.String("execution", s.execution.ID.String()),
		slog.String("instance", string(s.execution.Target.Instance.Name)),
		slog.String("flow", string(s.execution.Target.Flow.Name)),
		slog.String("step", nameOf(s.execution.Target.Flow, line.Step)))
}

// admit counts a line and tells whether it is within the quota.
func (s *Scope) admit(line hostapi.Line) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped += line.Dropped
	if s.lines >= s.shared.MaxLines {
		s.dropped++
		return false
	}
	s.lines++
	if s.collect {
		s.kept = append(s.kept, line)
	}
	return true
}

// Lines gives the log lines of an execution that is over, and how many more were dropped for the quota.
func (s *Scope) Lines() (lines []hostapi.Line, dropped int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept, s.dropped
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
