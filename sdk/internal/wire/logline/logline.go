// Package logline keeps the log of one execution within its limits.
package logline

import (
	"fmt"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// DefaultLines is how many lines of an execution are kept when its limits don't say.
const DefaultLines = 10_000

// Quota admits the first lines of an execution and counts the rest. It must not be used by two goroutines at once.
type Quota struct {
	left    int
	dropped int
	last    hostapi.Line
}

// NewQuota admits so many lines, 0 meaning DefaultLines.
func NewQuota(lines int) Quota {
	if lines <= 0 {
		lines = DefaultLines
	}
	return Quota{left: lines}
}

// Admit tells whether the line is kept, and cuts its text to hostapi.MaxLine characters.
func (q *Quota) Admit(line *hostapi.Line) bool {
	if q.left == 0 {
		q.dropped += 1 + line.Dropped
		q.last = hostapi.Line{Step: line.Step, At: line.At}
		return false
	}
	q.left--
	line.Text = hostapi.Cut(line.Text)
	return true
}

// Closing is the line that ends a log with dropped lines and tells how many; false if none was dropped.
func (q *Quota) Closing() (hostapi.Line, bool) {
	if q.dropped == 0 {
		return hostapi.Line{}, false
	}
	line := q.last
	line.Level = hostapi.Warn
	line.Text = fmt.Sprintf("%d more log lines were dropped", q.dropped)
	line.Dropped = q.dropped
	return line, true
}
