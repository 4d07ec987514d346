package storetest

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func lifeTests() []test {
	return []test{
		{name: "an execution is kept whole from its acceptance to its end", run: wholeLife},
		{name: "every way to end is kept", run: everyEnd},
		{name: "what was accepted with results goes on after them", run: acceptedWithResults},
		{name: "a replay and its first know each other", run: replays},
		{name: "logs come in order and in pieces", run: logPieces},
		{name: "results come back as they were", run: everyResult},
		{name: "recorded executions are kept whole", run: recorded},
		{name: "a record without its input and steps says that they were dropped", run: recordedUnderLoad},
		{name: "what is not there is not found", run: notFound},
	}
}

// wholeInput has everything that an input can have.
func wholeInput(at time.Time) *store.Input {
	data := value.Value{JSON: []byte(`{"file":null,"id":12345678901234567890}`), Blobs: []value.Blob{{Pointer: "/file", Bytes: []byte{0, 1, 255}}}}
	return &store.Input{
		Request: &integration.Request{
			Method: "PUT", Path: "/hooks/north/orders/17", RawQuery: "a=1&a=2", Body: append([]byte{0, 255}, noise(3000)...),
			Headers:     []hostapi.Header{{Name: "x-shop", Value: "Gr\xfc\xdfe"}, {Name: "content-type", Value: "application/json"}},
			ContentType: "application/octet-stream", InvokeURL: "http://localhost:8080/hooks/north/orders/17?a=1&a=2",
			RemoteAddr: "[::1]:5050", ReceivedAt: at,
		},
		PathFragment: "17", Data: &data, Frame: []byte(`{"invokedByFlow":"nightly"}`), Depth: 3,
	}
}

func wholeLife(d *database) {
	h := d.open()
	asked := d.ask(orders())
	asked.Input = wholeInput(d.moment())
	id := h.take(asked)
	want := store.Execution{ID: id, Flow: orders(), Status: store.Queued, Source: store.Webhook, StartedAt: asked.StartedAt}
	d.equal("what was accepted", &store.Detail{Execution: want, Input: asked.Input}, h.detail(id))

	taken := h.work(1).of(id)
	want.Status = store.Running
	d.equal("the claim", &store.Claim{Execution: want, Input: asked.Input, Epoch: taken.Epoch}, taken.Claim)
	h.stands(id, store.Running)

	steps := []store.Step{*d.step(0), *d.step(1), *d.step(2)}
	lines := []hostapi.Line{d.line("one"), d.line("two"), d.line("three")}
	d.must(h.Commit(d.Context(), taken.Claim, &steps[0], lines[:1]))
	want.StepsDone = 1
	d.equal("after a step", &store.Detail{Execution: want, Input: asked.Input, Steps: steps[:1], Logs: h.detail(id).Logs}, h.detail(id))
	d.must(h.Log(d.Context(), taken.Claim, lines[1:2]))
	taken.commit(&steps[1])
	end := &store.End{Status: store.Succeeded, Last: &steps[2], Logs: lines[2:], Elapsed: 7 * time.Millisecond, At: d.moment()}
	taken.finish(end)

	want.Status, want.StepsDone, want.EndedAt, want.Elapsed = store.Succeeded, 3, end.At, end.Elapsed
	d.equal("the end", &store.Detail{Execution: want, Input: asked.Input, Steps: steps, Logs: h.detail(id).Logs}, h.detail(id))
	d.equal("the log", lines, h.log(id))
	d.equal("the list", store.Page{Executions: []store.Execution{want}}, h.list(&store.Filter{Limit: 10}))
	d.equal("after a restart", &store.Detail{Execution: want, Input: asked.Input, Steps: steps, Logs: h.detail(id).Logs}, h.restart().detail(id))
}

// log gives the lines of an execution, and holds that its chunks are numbered from 1 without gaps.
func (h *host) log(id integration.ExecutionID) []hostapi.Line {
	h.Helper()
	chunks, err := h.Logs(h.Context(), id, 0, 1000)
	h.must(err)
	var lines []hostapi.Line
	for i, chunk := range chunks {
		if chunk.Number != i+1 || len(chunk.Lines) == 0 {
			h.Errorf("chunk %d of the log has the number %d, and %d lines", i+1, chunk.Number, len(chunk.Lines))
		}
		lines = append(lines, chunk.Lines...)
	}
	if last := h.detail(id).Logs; last != len(chunks) {
		h.Errorf("the detail says that the log's last chunk is %d, and %d came", last, len(chunks))
	}
	return lines
}

// list gives a page.
func (h *host) list(filter *store.Filter) store.Page {
	h.Helper()
	page, err := h.List(h.Context(), filter)
	h.must(err)
	return page
}

func everyEnd(d *database) {
	h := d.open()
	w := h.work(4)
	for _, status := range []store.Status{store.Succeeded, store.Failed, store.DeadLetter, store.Rejected, store.Canceled} {
		id := h.accept(orders())
		end := &store.End{Status: status, At: d.moment(), Elapsed: time.Second}
		if status != store.Succeeded {
			end.Fault = thrown("no total: " + string(status))
		}
		w.of(id).finish(end)
		detail, page := h.detail(id), h.list(&store.Filter{Statuses: []store.Status{status}, Limit: 10})
		d.equal("the whole fault", end.Fault, detail.Execution.Fault)
		want := detail.Execution
		if end.Fault != nil {
			want.Fault = brief(end.Fault)
		}
		d.equal("the list of "+string(status), store.Page{Executions: []store.Execution{want}}, page)
		if want.Status != status || !want.EndedAt.Equal(end.At) {
			d.Errorf("execution ended as %s at %s, want %s at %s", want.Status, want.EndedAt, status, end.At)
		}
		d.is("cancelling what has ended", h.Cancel(d.Context(), id, canceled()), store.ErrConflict)
	}
}

func acceptedWithResults(d *database) {
	h := d.open()
	asked := d.ask(orders())
	asked.Done = []store.Step{*d.step(0), *d.step(1)}
	asked.Logs = []hostapi.Line{d.line("from the trigger")}
	id := h.take(asked)
	d.equal("the results kept", asked.Done, h.detail(id).Steps)
	taken := h.work(1).of(id)
	d.equal("the results claimed", asked.Done, taken.Done)
	if taken.Execution.StepsDone != 2 {
		d.Errorf("the claim says that %d steps are done", taken.Execution.StepsDone)
	}
	third := d.step(2)
	taken.commit(third)
	taken.succeed()
	d.equal("the results at the end", append(asked.Done, *third), h.detail(id).Steps)
	d.equal("the log", asked.Logs, h.log(id))
}

func replays(d *database) {
	h := d.open()
	w := h.work(1)
	first := h.accept(orders())
	w.of(first).finish(&store.End{Status: store.DeadLetter, Fault: thrown("broken"), At: d.moment()})
	other := h.accept(orders())
	w.of(other).finish(&store.End{Status: store.DeadLetter, Fault: thrown("broken"), At: d.moment()})
	for range 2 {
		again := d.ask(orders())
		again.Source, again.ReplayOf = store.Replay, first
		h.take(again)
		d.equal("the replay", first, h.detail(again.ID).Execution.ReplayOf)
		d.equal("the source", store.Replay, h.detail(again.ID).Execution.Source)
		d.equal("what was replayed", again.ID, h.detail(first).Execution.ReplayedAs)
		taken := w.of(again.ID)
		d.equal("what the replay is given as", first, taken.Execution.ReplayOf)
		taken.succeed()
	}
	page := h.list(&store.Filter{Statuses: []store.Status{store.DeadLetter}, Unreplayed: true, Limit: 10})
	d.equal("those without a replay", []integration.ExecutionID{other}, idsOf(page))
}

func logPieces(d *database) {
	h := d.open()
	id := h.accept(orders())
	taken := h.work(1).of(id)
	var want []hostapi.Line
	for i := range 10 {
		lines := []hostapi.Line{d.line("piece"), d.line(string(rune('a' + i)))}
		lines[0].Dropped = i
		d.must(h.Log(d.Context(), taken.Claim, lines))
		want = append(want, lines...)
	}
	d.equal("the log", want, h.log(id))
	var piecewise []hostapi.Line
	after := 0
	for {
		chunks, err := h.Logs(d.Context(), id, after, 3)
		d.must(err)
		if len(chunks) == 0 {
			break
		}
		if len(chunks) > 3 || chunks[0].Number != after+1 {
			d.Fatalf("after %d came %d chunks, the first with the number %d", after, len(chunks), chunks[0].Number)
		}
		for _, chunk := range chunks {
			piecewise = append(piecewise, chunk.Lines...)
			after = chunk.Number
		}
	}
	d.equal("the log in pieces", want, piecewise)
	d.must(h.Log(d.Context(), taken.Claim, []hostapi.Line{d.line("new")}))
	chunks, err := h.Logs(d.Context(), id, after, 3)
	d.must(err)
	if len(chunks) != 1 || chunks[0].Number != after+1 || chunks[0].Lines[0].Text != "new" {
		d.Errorf("following the log after %d gave %+v", after, chunks)
	}
}

// everyResult holds that the bytes of results are not touched, small and large.
func everyResult(d *database) {
	h := d.open()
	id := h.accept(orders())
	taken := h.work(1).of(id)
	ended := d.moment()
	results := []engine.StepResult{
		{Key: "null", Results: value.Null()},
		{Key: "digits", Results: value.JSON([]byte(`{"b":1.10,"a":12345678901234567890,"s":"\ud800"}`)), Elapsed: 3},
		{Key: "bytes", Results: value.Bytes([]byte{0, 255, 0}, "application/pdf")},
		{Key: "empty", Results: value.Bytes(nil, "")},
		{Key: "blobs", Results: value.Value{JSON: []byte(`[null,null]`), Blobs: []value.Blob{{Pointer: "/0", Bytes: []byte("a")}, {Pointer: "/1", Bytes: noise(5000)}}}},
		{Key: "large", Results: value.Bytes(noise(700_000), "")},
		{Key: "failed", Fault: thrown("ignored")},
		{Key: "answer", Results: value.Null(), Response: &engine.Response{
			Status: 201, ContentType: "text/plain", Headers: []hostapi.Header{{Name: "X-A", Value: "b"}}, Body: value.Text("thanks"),
		}},
		{Key: "states", Results: value.Null(), Changed: engine.States{
			Instance: []byte(`{"a":1}`), CrossFlow: []byte(`{"b":null}`), Integration: []byte(`{}`), Execution: []byte(`{"c":[]}`),
		}},
	}
	var want []store.Step
	for i, result := range results {
		want = append(want, store.Step{Position: i, Result: result, Tries: i, Ignored: result.Fault != nil, EndedAt: ended.Add(time.Duration(i))})
		taken.commit(&want[i])
	}
	d.equal("the results", want, h.detail(id).Steps)
	for i, step := range h.detail(id).Steps {
		if got := step.Result.Results; got.IsRaw() != results[i].Results.IsRaw() || got.IsZero() != results[i].Results.IsZero() {
			d.Errorf("the result of %s came back as another form: %+v", step.Result.Key, got)
		}
	}
	again := h.restart().work(1).of(id)
	d.equal("the results of a resumed execution", want, again.Done)
}

func recorded(d *database) {
	h := d.open()
	at := d.moment()
	made := &store.Recording{
		Execution: store.Execution{
			ID: d.newID(), Flow: orders(), Status: store.Succeeded, Source: store.Invoke, Synchronous: true, StartedAt: at,
			EndedAt: at.Add(time.Second), Elapsed: 900 * time.Millisecond, StepsDone: 2,
		},
		Input: wholeInput(at), Steps: []store.Step{*d.step(0), *d.step(1)}, Logs: []hostapi.Line{d.line("one"), d.line("two")},
	}
	failed := &store.Recording{
		Execution: store.Execution{
			ID: d.newID(), Flow: orders(), Status: store.Failed, Source: store.Webhook, Synchronous: true, StartedAt: at, EndedAt: at,
			StepsDone: 1, Fault: thrown("broken"),
		},
		Input: inputOf("{}", at), Steps: []store.Step{*d.step(0)},
	}
	d.must(h.Record(d.Context(), []*store.Recording{made, failed}))
	d.equal("what was recorded", &store.Detail{Execution: made.Execution, Input: made.Input, Steps: made.Steps, Logs: h.detail(made.Execution.ID).Logs},
		h.detail(made.Execution.ID))
	d.equal("the log", made.Logs, h.log(made.Execution.ID))
	d.equal("the failed one", &store.Detail{Execution: failed.Execution, Input: failed.Input, Steps: failed.Steps}, h.detail(failed.Execution.ID))
	d.equal("the list", []integration.ExecutionID{failed.Execution.ID, made.Execution.ID}, idsOf(h.list(&store.Filter{Limit: 10})))
}

func recordedUnderLoad(d *database) {
	h := d.open()
	at := d.moment()
	var all []*store.Recording
	for range 50 {
		all = append(all, &store.Recording{Execution: store.Execution{
			ID: d.newID(), Flow: orders(), Status: store.Succeeded, Source: store.Webhook, Synchronous: true, StartedAt: at, EndedAt: at, StepsDone: 2,
		}})
	}
	d.must(h.Record(d.Context(), all))
	for _, one := range all {
		d.equal("what was recorded", &store.Detail{Execution: one.Execution, Dropped: true}, h.detail(one.Execution.ID))
	}
}

func notFound(d *database) {
	h := d.open()
	ctx := d.Context()
	h.absent(d.newID())
	_, err := h.Logs(ctx, d.newID(), 0, 10)
	d.is("Logs of an unknown execution", err, store.ErrNotFound)
	d.is("Cancel of an unknown execution", h.Cancel(ctx, d.newID(), canceled()), store.ErrNotFound)
	_, _, err = h.Answer(ctx, orders(), "unknown")
	d.is("Answer of a free key", err, store.ErrNotFound)
	_, err = h.FindToken(ctx, []byte("unknown"))
	d.is("FindToken of an unknown token", err, store.ErrNotFound)
	d.is("DropToken of an unknown token", h.DropToken(ctx, "unknown"), store.ErrNotFound)
	if fault.As(h.Cancel(ctx, d.newID(), canceled()), fault.Host).Message == "" {
		d.Error("an error without words")
	}
}

// idsOf gives the ids of a page.
func idsOf(page store.Page) []integration.ExecutionID {
	var ids []integration.ExecutionID
	for _, one := range page.Executions {
		ids = append(ids, one.ID)
	}
	return ids
}
