package supervisor_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/supervisor"
)

var rules = supervisor.Restart{
	First:    100 * time.Millisecond,
	Most:     time.Second,
	Steady:   10 * time.Second,
	Tries:    5,
	Window:   time.Minute,
	CoolDown: 30 * time.Second,
	Kills:    3,
	KillRest: 250 * time.Millisecond,
}

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// event is something that happened to a process, at a time after noon.
type event struct {
	at     time.Duration
	kind   string // unstarted, crashed, killed
	life   time.Duration
	served bool
	jitter float64
}

func play(p *supervisor.Pacing, events []event) (pauses []time.Duration) {
	for _, e := range events {
		now := noon.Add(e.at)
		switch e.kind {
		case "unstarted":
			p.Unstarted(now, e.jitter)
		case "crashed":
			p.Crashed(now, e.life, e.served, e.jitter)
		case "killed":
			p.Killed(now)
		}
		pauses = append(pauses, p.Pause(now))
	}
	return pauses
}

func repeat(count int, every time.Duration, e event) (events []event) {
	for i := range count {
		e.at = time.Duration(i) * every
		events = append(events, e)
	}
	return events
}

func TestPauses(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, test := range map[string]struct {
		events []event
		want   []time.Duration
	}{
		"failures double up to the longest": {
			repeat(6, time.Second, event{kind: "unstarted"}),
			[]time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1000 * ms, 1000 * ms},
		},
		"jitter takes off up to half": {
			[]event{{kind: "unstarted", jitter: 0.5}, {at: time.Second, kind: "unstarted", jitter: 0.999999}},
			[]time.Duration{75 * ms, 100*ms + 100*time.Nanosecond},
		},
		"a crash counts like a failed start": {
			[]event{{kind: "unstarted"}, {at: time.Second, kind: "crashed", life: time.Second}},
			[]time.Duration{100 * ms, 200 * ms},
		},
		"a steady life starts the row anew": {
			[]event{{kind: "unstarted"}, {at: 20 * time.Second, kind: "crashed", life: 15 * time.Second}},
			[]time.Duration{100 * ms, 100 * ms},
		},
		"kills are replaced at once, a burst at its pace": {
			repeat(5, 0, event{kind: "killed"}),
			[]time.Duration{0, 0, 0, 250 * ms, 500 * ms},
		},
		"one runaway after the other never waits": {
			repeat(20, 600*ms, event{kind: "killed"}),
			make([]time.Duration, 20),
		},
		"a kill ends a row of failures": {
			[]event{{kind: "unstarted"}, {kind: "unstarted"}, {at: time.Second, kind: "killed"}, {at: 2 * time.Second, kind: "unstarted"}},
			[]time.Duration{100 * ms, 200 * ms, 0, 100 * ms},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, play(supervisor.NewPacing(rules), test.events)); diff != "" {
				t.Errorf("pauses (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGivingUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		events []event
		want   time.Duration // of rest right after the last event
	}{
		"four failures are not enough": {repeat(4, time.Second, event{kind: "unstarted"}), 0},
		"the fifth is":                 {repeat(5, time.Second, event{kind: "unstarted"}), 30 * time.Second},
		"crashes before any execution count too": {
			repeat(5, time.Second, event{kind: "crashed", life: time.Millisecond}), 30 * time.Second,
		},
		"a process that did its work is never given up": {
			repeat(50, time.Second, event{kind: "crashed", life: time.Millisecond, served: true}), 0,
		},
		"nor one that is killed for its code": {repeat(50, time.Second, event{kind: "killed"}), 0},
		"old failures do not count":           {repeat(9, 16*time.Second, event{kind: "unstarted"}), 0},
		"after the cool-down one failure is enough": {
			append(repeat(5, time.Second, event{kind: "unstarted"}), event{at: 40 * time.Second, kind: "unstarted"}), 30 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := supervisor.NewPacing(rules)
			play(p, test.events)
			last := noon.Add(test.events[len(test.events)-1].at)
			if got := p.Resting(last); got != test.want {
				t.Errorf("rest is %s, want %s", got, test.want)
			}
			if got := p.Resting(last.Add(rules.CoolDown)); got != 0 {
				t.Errorf("rest after the cool-down is %s", got)
			}
		})
	}
}
