package main

import (
	"fmt"
	"time"
)

// progress tells people on a terminal how far something is, and others from time to time.
type progress struct {
	*app

	begun, told time.Time
}

// How often progress is told.
const (
	tellTerminal = 200 * time.Millisecond
	tellOthers   = 10 * time.Second
)

// tell says it, unless it has said something just now.
func (p *progress) tell(text string) {
	now := time.Now()
	if p.told.IsZero() {
		p.told = p.begun
	}
	switch since := now.Sub(p.told); {
	case p.err.terminal && since >= tellTerminal:
		fmt.Fprint(p.stderr, "\r\x1b[K", text)
	case !p.err.terminal && since >= tellOthers:
		fmt.Fprintln(p.stderr, text, "so far")
	default:
		return
	}
	p.told = now
}

// clear takes the line of a terminal back.
func (p *progress) clear() {
	if p.err.terminal {
		fmt.Fprint(p.stderr, "\r\x1b[K")
	}
}
