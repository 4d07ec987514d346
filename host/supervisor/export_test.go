package supervisor

import "time"

// Pacing lets tests drive the restart rules with a clock of their own.
type Pacing struct{ pacing }

func NewPacing(rules Restart) *Pacing { return &Pacing{pacing{rules: rules}} }

func (p *Pacing) Unstarted(now time.Time, jitter float64) { p.unstarted(now, jitter) }

func (p *Pacing) Crashed(now time.Time, life time.Duration, served bool, jitter float64) {
	p.crashed(now, life, served, jitter)
}

func (p *Pacing) Killed(now time.Time)                { p.killed(now) }
func (p *Pacing) Pause(now time.Time) time.Duration   { return p.pause(now) }
func (p *Pacing) Resting(now time.Time) time.Duration { return p.resting(now) }
