package history_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keeper writes what it is told to keep into a list, if answer says so.
type keeper struct {
	answer func(ctx context.Context, ended []*store.Recording) error

	mu      sync.Mutex
	batches [][]*store.Recording
}

func (k *keeper) Record(ctx context.Context, ended []*store.Recording) error {
	if k.answer != nil {
		if err := k.answer(ctx, ended); err != nil {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.batches = append(k.batches, ended)
	return nil
}

// tell writes each batch as its recordings' ids and what is left of them: i(nput), r(esults), s(teps), l(og).
func (k *keeper) tell() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var told []string
	for _, batch := range k.batches {
		var ones []string
		for _, of := range batch {
			has := ""
			for _, part := range []struct {
				there bool
				name  string
			}{
				{of.Input != nil, "i"},
				{len(of.Steps) > 0 && !of.Steps[0].Result.Results.IsZero(), "r"},
				{len(of.Steps) > 0, "s"},
				{len(of.Logs) > 0, "l"},
			} {
				if part.there {
					has += part.name
				}
			}
			ones = append(ones, fmt.Sprintf("%d%s", of.Execution.ID, has))
		}
		told = append(told, "["+strings.Join(ones, " ")+"]")
	}
	return strings.Join(told, " ")
}

// ended makes a recording with a bit of everything.
func ended(id int, status store.Status) *store.Recording {
	return &store.Recording{
		Execution: store.Execution{ID: integration.ExecutionID(id), Status: status, Synchronous: true},
		Input:     &store.Input{Request: &integration.Request{Body: []byte("{}"), Headers: []hostapi.Header{{Name: "host", Value: "x"}}}},
		Steps:     []store.Step{{Result: engine.StepResult{Key: "a", Results: value.Text("ok"), Elapsed: time.Second}}},
		Logs:      []hostapi.Line{{Text: "line"}},
	}
}

func bounds() history.Bounds {
	set := history.DefaultBounds()
	set.Batch = 3
	return set
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &keeper{}
		recorder := history.NewRecorder(kept, history.All, bounds(), quiet())
		recorder.Record(ended(1, store.Succeeded))
		<-time.After(9 * time.Millisecond)
		recorder.Record(ended(2, store.Failed))
		synctest.Wait()
		if got := kept.tell(); got != "" {
			t.Errorf("before the linger is over: %s", got)
		}
		<-time.After(2 * time.Millisecond)
		synctest.Wait()
		if got := kept.tell(); got != "[1irsl 2irsl]" {
			t.Errorf("after it: %s", got)
		}
		for id := 3; id <= 9; id++ { // what fills a batch does not linger
			recorder.Record(ended(id, store.Succeeded))
		}
		synctest.Wait()
		if got := kept.tell(); got != "[1irsl 2irsl] [3irsl 4irsl 5irsl] [6irsl 7irsl 8irsl]" {
			t.Errorf("full batches: %s", got)
		}
		recorder.Record(ended(10, store.Succeeded))
		if err := recorder.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := kept.tell(); !strings.HasSuffix(got, " [9irsl 10irsl]") {
			t.Errorf("closed: %s", got)
		}
		recorder.Record(ended(11, store.Succeeded))
		if diff := cmp.Diff(history.Counts{Kept: 10, Shed: 1}, recorder.Counts()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestRests holds the recorder to its share of the store's time.
func TestRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var asked []time.Duration
		kept := &keeper{answer: func(context.Context, []*store.Recording) error {
			asked = append(asked, time.Since(begun))
			<-time.After(20 * time.Millisecond)
			return nil
		}}
		set := bounds()
		set.Rest, set.Work = 4, 5*time.Millisecond
		recorder := history.NewRecorder(kept, history.All, set, quiet())
		for id := range 7 { // two batches, and one more
			recorder.Record(ended(id, store.Succeeded))
		}
		<-time.After(400 * time.Millisecond)
		recorder.Record(ended(7, store.Succeeded)) // after a rest it lingers again
		<-time.After(10 * time.Millisecond)
		synctest.Wait()
		recorder.Record(ended(8, store.Succeeded))
		if err := recorder.Close(t.Context()); err != nil { // does not wait for the rest
			t.Error(err)
		}
		want := []time.Duration{0, 80 * time.Millisecond, 160 * time.Millisecond, 410 * time.Millisecond, 430 * time.Millisecond}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("asked at (-want +got):\n%s", diff)
		}
		if got := kept.tell(); got != "[0irsl 1irsl 2irsl] [3irsl 4irsl 5irsl] [6irsl] [7irsl] [8irsl]" {
			t.Errorf("kept %s", got)
		}
	})
}

// held is a keeper that answers only when the channel is closed.
func held() (*keeper, chan struct{}) {
	free := make(chan struct{})
	return &keeper{answer: func(ctx context.Context, _ []*store.Recording) error {
		select {
		case <-free:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}}, free
}

func TestOverload(t *testing.T) {
	t.Parallel()
	promise := func(id int) *store.Recording {
		of := ended(id, store.Succeeded)
		of.Reserved = &store.Dedupe{Key: "k"}
		return of
	}
	for _, test := range []struct {
		name   string
		more   func(id int) *store.Recording
		want   string // of 4, 5 and so on
		counts history.Counts
	}{
		{
			"successes", func(id int) *store.Recording { return ended(id, store.Succeeded) },
			"4irsl 5sl 6sl 7 8",
			history.Counts{Kept: 8, Contents: 2, Steps: 2, Shed: 10},
		},
		{
			"rejections", func(id int) *store.Recording { return ended(id, store.Rejected) },
			"4irsl 5sl 6sl 7 8",
			history.Counts{Kept: 8, Contents: 2, Steps: 2, Shed: 10},
		},
		{
			"failures", func(id int) *store.Recording { return ended(id, store.Failed) },
			"4irsl 5irsl 6irsl 7irsl 8irsl 9sl 10sl 11sl 12sl 13 14 15 16",
			history.Counts{Kept: 16, Contents: 4, Steps: 4, Failures: 2},
		},
		{
			"promises", promise,
			"4irsl 5irsl 6irsl 7irsl 8irsl 9sl 10sl 11sl 12sl 13 14 15 16",
			history.Counts{Kept: 16, Contents: 4, Steps: 4, Failures: 2},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				kept, free := held()
				set := bounds()
				set.Count, set.Batch = 8, 100
				recorder := history.NewRecorder(kept, history.All, set, quiet())
				for id := 1; id <= 3; id++ { // these are with the store already
					recorder.Record(ended(id, store.Succeeded))
				}
				<-time.After(time.Second)
				for id := 4; id <= 18; id++ {
					recorder.Record(test.more(id))
				}
				close(free)
				if err := recorder.Close(t.Context()); err != nil {
					t.Error(err)
				}
				if got, want := kept.tell(), "[1irsl 2irsl 3irsl] ["+test.want+"]"; got != want {
					t.Errorf("\ngot  %s\nwant %s", got, want)
				}
				if diff := cmp.Diff(test.counts, recorder.Counts()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestLargeRecordings has the bytes, not the number, be too many.
func TestLargeRecordings(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept, free := held()
		set := bounds()
		set.Bytes, set.Batch = 1<<20, 100
		recorder := history.NewRecorder(kept, history.All, set, quiet())
		large := func(id int, status store.Status) *store.Recording {
			of := ended(id, status)
			of.Input.Request.Body = make([]byte, 300<<10)
			return of
		}
		recorder.Record(large(1, store.Succeeded))
		recorder.Record(large(2, store.Succeeded)) // over half
		recorder.Record(ended(3, store.Succeeded))
		recorder.Record(large(4, store.Failed))
		recorder.Record(large(5, store.Failed))
		recorder.Record(large(6, store.Failed)) // over all
		recorder.Record(ended(7, store.Succeeded))
		close(free)
		if err := recorder.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := kept.tell(); got != "[1irsl 2sl 3irsl 4irsl 5irsl 6sl 7]" {
			t.Errorf("kept %s", got)
		}
		if got := recorder.Counts(); got.Bytes != 0 || got.Waiting != 0 {
			t.Errorf("left: %+v", got)
		}
	})
}

func TestStoreThatComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("no space left on device")
		back := time.Now().Add(time.Minute)
		kept := &keeper{answer: func(context.Context, []*store.Recording) error {
			if time.Now().Before(back) {
				return store.Unavailable(down)
			}
			return nil
		}}
		var out bytes.Buffer
		recorder := history.NewRecorder(kept, history.All, bounds(), slog.New(slog.NewTextHandler(&out, nil)))
		for id := range 60 {
			recorder.Record(ended(id, store.Failed))
			<-time.After(time.Second)
		}
		<-time.After(5 * time.Second)
		synctest.Wait()
		if got := recorder.Counts(); got.Kept != 60 || got.Waiting != 0 || got.Failures != 0 {
			t.Errorf("a store that was down for a minute lost some: %+v", got)
		}
		if err := recorder.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if told := strings.Count(out.String(), "no space left"); told < 2 || told > 4 {
			t.Errorf("told %d times in a minute:\n%s", told, &out)
		}
	})
}

func TestStoreThatStaysDown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &keeper{answer: func(context.Context, []*store.Recording) error { return store.Unavailable(errors.New("gone")) }}
		recorder := history.NewRecorder(kept, history.All, bounds(), quiet())
		recorder.Record(ended(1, store.Failed))
		recorder.Record(ended(2, store.Succeeded))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begun := time.Now()
		if err := recorder.Close(ctx); err == nil || !strings.Contains(err.Error(), "2 executions") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestRecordingThatTheStoreRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &keeper{answer: func(_ context.Context, ended []*store.Recording) error {
			for _, of := range ended {
				if of.Execution.ID == 2 {
					return errors.New("cannot be written")
				}
			}
			return nil
		}}
		var out bytes.Buffer
		recorder := history.NewRecorder(kept, history.All, bounds(), slog.New(slog.NewTextHandler(&out, nil)))
		for id := 1; id <= 3; id++ {
			recorder.Record(ended(id, store.Failed))
		}
		if err := recorder.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := kept.tell(); got != "[1irsl] [3irsl]" {
			t.Errorf("kept %s", got)
		}
		if diff := cmp.Diff(history.Counts{Kept: 2, Failures: 1}, recorder.Counts()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if id := integration.ExecutionID(2).String(); !strings.Contains(out.String(), id) {
			t.Errorf("the log does not name %s: %s", id, &out)
		}
	})
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	full := fault.New(fault.Limit, fault.Overloaded, "no place")
	for _, test := range []struct {
		policy history.Policy
		fault  *fault.Fault
		want   bool
	}{
		{history.All, nil, true},
		{history.All, fault.New(fault.User, fault.Thrown, "boom"), true},
		{history.All, full, false},
		{history.All, full.At("step"), true}, // of a sibling that a step called
		{history.Failed, nil, false},
		{history.Failed, fault.New(fault.User, fault.Thrown, "boom"), true},
		{history.Failed, full, false},
		{history.None, fault.New(fault.User, fault.Thrown, "boom"), false},
	} {
		if got := test.policy.Wants(&integration.Outcome{Fault: test.fault}); got != test.want {
			t.Errorf("%s of %v: %t", test.policy, test.fault, got)
		}
	}
}

func TestRecordingOfAnExecution(t *testing.T) {
	t.Parallel()
	request := &integration.Request{Body: []byte(`{}`)}
	execution := &integration.Execution{
		ID: 7, Request: request, StartedAt: time.UnixMilli(1), Frame: []byte(`{"depth":1}`), Depth: 1,
		Target: integration.Target{
			Integration: &integration.Integration{ID: "orders"}, Instance: &integration.Instance{Name: "acme"},
			Flow: &integration.Flow{Slug: "receive"}, PathFragment: "rest",
		},
	}
	boom := fault.New(fault.User, fault.Thrown, "boom")
	given := value.Text("data")
	rejecting := engine.StepResult{Response: &engine.Response{Status: 403}}
	steps := []store.Step{{}, {Position: 1, Result: engine.StepResult{Fault: boom}, Ignored: true}, {Position: 2, Result: engine.StepResult{Fault: boom}}}
	for _, test := range []struct {
		outcome integration.Outcome
		status  store.Status
	}{
		{integration.Outcome{Elapsed: time.Second}, store.Succeeded},
		{integration.Outcome{Elapsed: time.Second, Fault: boom}, store.Failed},
		{integration.Outcome{Elapsed: time.Second, Trigger: &rejecting}, store.Rejected},
	} {
		ended := &history.Ended{
			Execution: execution, Source: store.Invoke, Data: &given, Outcome: &test.outcome, Steps: steps,
			Logs: []hostapi.Line{{Text: "line"}}, At: time.UnixMilli(1001),
		}
		want := &store.Recording{
			Execution: store.Execution{
				ID: 7, Flow: store.Flow{Integration: "orders", Instance: "acme", Flow: "receive"}, Status: test.status, Source: store.Invoke,
				Synchronous: true, StartedAt: time.UnixMilli(1), EndedAt: time.UnixMilli(1001), Elapsed: time.Second, StepsDone: 2, Fault: test.outcome.Fault,
			},
			Input: &store.Input{Request: request, PathFragment: "rest", Data: &given, Frame: []byte(`{"depth":1}`), Depth: 1},
			Steps: steps, Logs: []hostapi.Line{{Text: "line"}},
		}
		if diff := cmp.Diff(want, ended.Recording()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.status, diff)
		}
	}
}

func TestExecutionWithoutSteps(t *testing.T) {
	t.Parallel()
	none := &history.Ended{
		Execution: &integration.Execution{ID: 7, Request: &integration.Request{}, Target: integration.Target{
			Integration: &integration.Integration{ID: "orders"}, Instance: &integration.Instance{Name: "acme"}, Flow: &integration.Flow{Slug: "receive"},
		}},
		Source: store.Webhook, Outcome: &integration.Outcome{},
	}
	if made := none.Recording(); made.Steps == nil || made.Input == nil {
		t.Errorf("it looks as if load had taken something: %+v", made)
	}
}

func BenchmarkRecord(b *testing.B) {
	kept := &keeper{answer: func(context.Context, []*store.Recording) error { return errors.New("forgotten") }}
	set := history.DefaultBounds()
	set.Count, set.Bytes = 1<<40, 1<<50
	kept.answer = func(ctx context.Context, _ []*store.Recording) error { <-ctx.Done(); return context.Cause(ctx) }
	recorder := history.NewRecorder(kept, history.All, set, quiet())
	of := ended(1, store.Succeeded)
	b.ReportAllocs()
	for b.Loop() {
		recorder.Record(of)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = recorder.Close(ctx)
}
