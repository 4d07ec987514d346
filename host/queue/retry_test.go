package queue_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestNext(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	thrown := fault.New(fault.User, fault.Thrown, "boom")
	asks := func(pause time.Duration) *fault.Fault {
		made := *thrown
		made.RetryAfter = pause
		return &made
	}
	lost := fault.New(fault.Engine, fault.WorkerLost, "gone").At("charge")
	down := fault.New(fault.Engine, fault.Unavailable, "does not start")
	full := fault.New(fault.Limit, fault.Overloaded, "no lane")
	retry := integration.FlowRetry{Attempts: 3, Delay: 10 * time.Second}
	growing := integration.FlowRetry{Attempts: 10, Delay: time.Hour, Exponential: true}
	for _, test := range []struct {
		name   string
		retry  integration.FlowRetry
		of     store.Execution
		failed queue.Failure
		chance float64
		want   string // how it waits, or "ends"
		pause  time.Duration
	}{
		{"no retry", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: thrown}, 0, "ends", 0},
		{"first attempt", retry, store.Execution{}, queue.Failure{Fault: thrown}, 0, "attempt", 10 * time.Second},
		{"steady", retry, store.Execution{Attempt: 2}, queue.Failure{Fault: thrown}, 0, "attempt", 10 * time.Second},
		{"used up", retry, store.Execution{Attempt: 3}, queue.Failure{Fault: thrown, Progress: true}, 0, "ends", 0},
		{"exponential", growing, store.Execution{Attempt: 3}, queue.Failure{Fault: thrown}, 0, "attempt", 8 * time.Hour},
		{"at most a day", growing, store.Execution{Attempt: 9}, queue.Failure{Fault: thrown}, 0.99, "attempt", day},
		{"spread", retry, store.Execution{}, queue.Failure{Fault: thrown}, 0.5, "attempt", 11 * time.Second},
		{"longer on request", retry, store.Execution{}, queue.Failure{Fault: asks(time.Minute)}, 0, "attempt", time.Minute},
		{"never shorter", retry, store.Execution{}, queue.Failure{Fault: asks(time.Second)}, 0, "attempt", 10 * time.Second},
		{"a day on request", retry, store.Execution{}, queue.Failure{Fault: asks(90 * day)}, 0, "attempt", day},
		{"a request is no retry", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: asks(time.Second)}, 0, "ends", 0},
		{"the limit of time", retry, store.Execution{}, queue.Failure{Fault: fault.New(fault.Limit, fault.Deadline, "late")}, 0, "attempt", 10 * time.Second},

		{"first loss", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: lost}, 0.5, "loss", 0},
		{"second loss", retry, store.Execution{Losses: 1}, queue.Failure{Fault: lost}, 0, "loss", time.Second},
		{"fifth loss", retry, store.Execution{Losses: 4}, queue.Failure{Fault: lost}, 0, "loss", 8 * time.Second},
		{"tenth loss", retry, store.Execution{Losses: 9}, queue.Failure{Fault: lost}, 0, "loss", 256 * time.Second},
		{"one too many", retry, store.Execution{Losses: 10}, queue.Failure{Fault: lost}, 0, "ends", 0},
		{"progress begins anew", retry, store.Execution{Losses: 10}, queue.Failure{Fault: lost, Progress: true}, 0, "loss", 0},
		{"an engine that rests", retry, store.Execution{}, queue.Failure{Fault: after(down, 30*time.Second)}, 0, "loss", 30 * time.Second},
		{"an engine that rests long", retry, store.Execution{}, queue.Failure{Fault: after(down, time.Hour)}, 0, "loss", 5 * time.Minute},
		{"code passed it on", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: down.At("ask")}, 0, "ends", 0},
		{"no such flow here", retry, store.Execution{}, queue.Failure{Fault: fault.New(fault.Host, fault.NotFound, "gone"), Absent: true}, 0, "loss", time.Second},
		{"no such flow anywhere", retry, store.Execution{Losses: 10}, queue.Failure{Fault: fault.New(fault.Host, fault.NotFound, "gone"), Absent: true}, 0, "ends", 0},

		{"no place", integration.FlowRetry{}, store.Execution{Losses: 10, Attempt: 10}, queue.Failure{Fault: full}, 0, "idle", time.Second},
		{"no place for long", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: after(full, 3*time.Second)}, 0.5, "idle", 3300 * time.Millisecond},
		{"no place for a sibling", integration.FlowRetry{}, store.Execution{}, queue.Failure{Fault: full.At("ask")}, 0, "ends", 0},
	} {
		now := time.UnixMilli(1_700_000_000_000)
		wait, final := queue.Next(test.retry, &test.of, test.failed, now, func() float64 { return test.chance })
		if got := how(wait); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
			continue
		}
		if wait == nil && !strings.HasSuffix(final.Message, test.failed.Fault.Message) {
			t.Errorf("%s: failed of %v", test.name, final)
		}
		if wait != nil && wait.Until.Sub(now) != test.pause {
			t.Errorf("%s: waits %s, want %s", test.name, wait.Until.Sub(now), test.pause)
		}
	}
}

func after(of *fault.Fault, pause time.Duration) *fault.Fault {
	made := *of
	made.RetryAfter = pause
	return &made
}

func how(wait *store.Postponement) string {
	switch {
	case wait == nil:
		return "ends"
	case wait.Idle:
		return "idle"
	case wait.Retry:
		return "attempt"
	}
	return "loss"
}

func TestDelay(t *testing.T) {
	t.Parallel()
	var got []time.Duration
	for number := 1; number <= 4; number++ {
		got = append(got, queue.Delay(integration.FlowRetry{Delay: 7 * time.Hour, Exponential: true}, number))
	}
	if diff := cmp.Diff([]time.Duration{7 * time.Hour, 14 * time.Hour, 24 * time.Hour, 24 * time.Hour}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
