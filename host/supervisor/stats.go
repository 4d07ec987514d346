package supervisor

// ProcessStats is the state of the place of one engine and tenant, or of one provider of connections. PID is 0 while no process
// runs there.
type ProcessStats struct {
	Engine   string // with Tenant: whose code runs there
	Tenant   string
	Provider string // in place of both: the plugin's name
	PID      int
	BootID   string
	RSS      int64 // bytes; 0 if unknown

	LanesOpen int // lent or ready; calls are lent for as long as they last
	LanesBusy int // lent
	Waiting   int // those who wait for a lane

	Starts     int    // tried so far
	Kills      int    // processes killed for what their user code did
	Crashes    int    // processes that died by themselves
	LastReason string // why the last start failed or the last process died; empty if none did
}

// Stats describes each place that was used, in order of engine and tenant; then the providers.
func (s *Supervisor) Stats() []ProcessStats {
	s.mu.RLock()
	pools := s.all(engineKind, providerKind)
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
		Engine:     p.of.key.name,
		Tenant:     p.of.key.tenant,
		Waiting:    p.waiting.Len(),
		Starts:     p.tally.starts,
		Kills:      p.tally.kills,
		Crashes:    p.tally.crashes,
		LastReason: p.tally.reason,
	}
	if p.of.key.kind == providerKind {
		stats.Engine, stats.Provider = "", p.of.name
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
