package supervisor

// ProcessStats is the state of the place of one engine and tenant. PID is 0 while no process runs there.
type ProcessStats struct {
	Engine string
	Tenant string
	PID    int
	BootID string
	RSS    int64 // bytes; 0 if unknown

	LanesOpen int // lent or ready
	LanesBusy int // lent
	Waiting   int // executions that wait for a lane

	Starts     int    // tried so far
	Kills      int    // processes killed for what their user code did
	Crashes    int    // processes that died by themselves
	LastReason string // why the last start failed or the last process died; empty if none did
}

// Stats describes each place that was used, in order of engine and tenant.
func (s *Supervisor) Stats() []ProcessStats {
	s.mu.RLock()
	pools := s.all()
	s.mu.RUnlock()
	stats := make([]ProcessStats, 0, len(pools))
	for _, p := range pools {
		stats = append(stats, p.stats())
	}
	return stats
}

func (p *pool) stats() ProcessStats {
	p.mu.Lock()
	stats := ProcessStats{
		Engine:     p.key.engine,
		Tenant:     p.key.tenant,
		Waiting:    p.waiting.Len(),
		Starts:     p.tally.starts,
		Kills:      p.tally.kills,
		Crashes:    p.tally.crashes,
		LastReason: p.tally.reason,
	}
	w := p.worker
	if w != nil {
		stats.LanesOpen, stats.LanesBusy = w.out+len(w.idle), w.out
	}
	p.mu.Unlock()
	if w != nil && !w.isGone() {
		stats.PID, stats.BootID = w.process.PID(), w.process.BootID()
		stats.RSS = w.process.RSS()
	}
	return stats
}
