package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

// print writes the figures of a storm.
func (s *storm) print(out io.Writer, made *outcome) {
	all := ledger.Measure(&made.record, made.killer.kills)
	var started []time.Duration
	for _, each := range made.fleet.members {
		started = append(started, each.started...)
	}
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "  %-36s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(out, "%s, seed %d\n", s.home.name, s.seed)
	line("hosts killed", "%d, of them %d while they started", len(made.killer.kills), made.killer.starting)
	line("engines killed", "%d", made.killer.engines)
	line("time with kills", "%s", made.lasted.Round(time.Millisecond))
	line("executions accepted and finished", "%d, %.0f/s", all.Finished, float64(all.Finished)/made.lasted.Seconds())
	line("duplicates sent at one instant", "%d", made.callers.duplicates.Load())
	line("requests repeated", "%d, as they got no 2xx", made.callers.repeats.Load())
	line("effects of steps", "%d, of them %d repeats with an equal key", all.Effects, all.Repeated)
	line("from restart to ready", "%s", spread(started))
	line("from restart to the next finished", "%s", spread(all.Next))
	line("from kill until all before is done", "%s", spread(all.Moved))
	line("from the last kill until all is done", "%s", made.settled.Round(time.Millisecond))
	line("slowest execution", "%s", all.Longest.Round(time.Millisecond))
}

func spread(all []time.Duration) string {
	if len(all) == 0 {
		return "-"
	}
	slices.Sort(all)
	return fmt.Sprintf("p50 %s, max %s", all[len(all)/2].Round(time.Millisecond), all[len(all)-1].Round(time.Millisecond))
}
