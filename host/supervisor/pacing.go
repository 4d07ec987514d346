package supervisor

import "time"

// pacing decides when a process may be started. It knows no clock and no lock: both are its owner's.
//
// Three ends of a process weigh differently. One that does not start, or dies before an execution was done in it, is
// broken: pauses grow, and a row of them makes the supervisor give up. One that dies at work is suspect: pauses grow,
// but it is never given up. One that was killed for what its user code did is sound: it is replaced at once, and only a
// burst of kills is slowed down, to a pace that still answers each caller within its deadline.
type pacing struct {
	rules   Restart
	level   int       // failures since a process lived for rules.Steady
	row     int       // failures since an execution was done
	since   time.Time // of the first in the row
	ready   time.Time // no start before
	until   time.Time // given up until
	spent   float64   // kills that were not yet made good by time
	counted time.Time // when spent was brought up to date
}

// unstarted notes a process that did not come to its handshake.
func (p *pacing) unstarted(now time.Time, jitter float64) { p.failed(now, jitter) }

// crashed notes a process that died by itself after the given life; served tells that executions were done in it.
func (p *pacing) crashed(now time.Time, life time.Duration, served bool, jitter float64) {
	if life >= p.rules.Steady {
		p.level = 0
	}
	if served {
		p.row = 0
	}
	p.failed(now, jitter)
}

// killed notes a process that was killed for what its user code did.
func (p *pacing) killed(now time.Time) {
	p.row, p.level = 0, 0
	p.refund(now)
	p.spent++
	if over := p.spent - float64(p.rules.Kills); over > 0 {
		p.ready = now.Add(time.Duration(over * float64(p.rules.KillRest)))
	}
}

// pause is how long to wait before the next start.
func (p *pacing) pause(now time.Time) time.Duration { return max(0, p.ready.Sub(now)) }

// resting is how long no start is tried at all because too many failed; 0 when one may be tried.
func (p *pacing) resting(now time.Time) time.Duration { return max(0, p.until.Sub(now)) }

// forget starts afresh, as for a plugin file that changed.
func (p *pacing) forget() { *p = pacing{rules: p.rules} }

func (p *pacing) failed(now time.Time, jitter float64) {
	p.level++
	if p.row == 0 || now.Sub(p.since) > p.rules.Window {
		p.row, p.since = 0, now
	}
	p.row++
	p.ready = now.Add(p.backoff(jitter))
	if p.row >= p.rules.Tries {
		p.until = now.Add(p.rules.CoolDown)
	}
}

// backoff doubles with each failure and takes off up to half, so that what failed together does not return together.
func (p *pacing) backoff(jitter float64) time.Duration {
	pause := p.rules.First
	for range p.level - 1 {
		if pause *= 2; pause >= p.rules.Most {
			pause = p.rules.Most
			break
		}
	}
	return pause - time.Duration(jitter*float64(pause)/2)
}

func (p *pacing) refund(now time.Time) {
	if p.rules.KillRest > 0 {
		p.spent = max(0, p.spent-float64(now.Sub(p.counted))/float64(p.rules.KillRest))
	}
	p.counted = now
}
