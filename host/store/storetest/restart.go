package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func restartTests() []test {
	tests := []test{
		{name: "a closed host's claims are free at once", run: closedHost},
		{name: "a closed host's claims are another's at once", run: closedHostOfTwo, shared: true},
		{name: "a killed host's work moves to a living one", run: takeover, shared: true},
		{name: "a silent host that wakes has lost its claims", run: silence, shared: true},
	}
	for i, point := range lifePoints() {
		tests = append(tests, test{name: "killed when " + point, run: func(d *database) { killedAt(d, i) }})
	}
	for _, told := range []int{1, 40, 400} {
		tests = append(tests, test{name: fmt.Sprintf("killed at any moment after %d confirmations", told), run: func(d *database) { killedInFlood(d, told) }})
	}
	return tests
}

func closedHost(d *database) {
	h := d.open()
	id := h.accept(orders())
	first := h.work(1).of(id)
	first.commit(d.step(0))
	h = h.restart()
	again := h.work(1).of(id)
	first.host = h
	d.equal("the steps that are done", []store.Step{*again.host.step0(again)}, again.Done)
	first.isLost()
	again.commit(d.step(1))
	again.succeed()
}

// step0 is the first step of a claim.
func (h *host) step0(taken *job) *store.Step {
	h.Helper()
	if len(taken.Done) != 1 {
		h.Fatalf("%d steps are done, want 1", len(taken.Done))
	}
	want := h.step(0)
	want.EndedAt = taken.Done[0].EndedAt
	return want
}

func closedHostOfTwo(d *database) {
	first, second := d.open(), d.open()
	id := first.accept(orders())
	taken := first.work(1).of(id)
	taken.commit(d.step(0))
	w := second.work(1)
	first.close()
	again := w.of(id)
	d.equal("the steps that are done", 1, len(again.Done))
	again.succeed()
}

// killedAt kills a host at one of its points, and holds that all that it was told to be kept is there, and that the
// execution goes on from there, once.
func killedAt(d *database, last int) {
	child := d.start("life")
	id := child.first + 1
	for i, point := range lifePoints()[:last+1] {
		if i > 0 {
			child.release()
		}
		child.await(point)
	}
	child.kill()
	h := d.open()
	if last == 0 {
		h.absent(id)
		h.take(childAcceptance(id, "the key"))
	}
	again := h.answer(childAcceptance(d.newID(), "the key"))
	d.equal("a duplicate after the crash", store.Accepted{Duplicate: id, First: told("the key")}, again)
	if lifePoints()[last] != "finished" {
		finishFrom(h, id, min(max(0, last-2), 2))
	}
	d.equal("the steps of the end", []string{"step0", "step1", "step2"}, keysOf(h.detail(id).Steps))
	d.equal("the depths of the end", 0, sum(h.depths()))
	owners := store.OwnersOf(orders())
	want := fmt.Sprintf(`{"%s":1}`, id)
	d.equal("the states of the end", []string{want, want, ""}, h.states(owners[:]...))
	d.equal("the lines of the log", max(0, min(last-2, 3)), len(h.log(id)))
}

// finishFrom works an execution from where it must stand to its end.
func finishFrom(h *host, id integration.ExecutionID, done int) {
	h.Helper()
	taken := h.work(1).of(id)
	h.equal("the steps that were done", []string{"step0", "step1", "step2"}[:done], keysOf(taken.Done))
	for position := done; position < 3; position++ {
		taken.commit(childStep(position))
	}
	end := h.end()
	end.States = childState(id)
	taken.finish(end)
	h.stands(id, store.Succeeded)
}

func keysOf(steps []store.Step) []string {
	var keys []string
	for _, step := range steps {
		keys = append(keys, step.Result.Key)
	}
	return keys
}

// killedInFlood kills a host that is busy, at no moment in particular.
func killedInFlood(d *database, told int) {
	child := d.start("flood")
	accepted, finished := map[integration.ExecutionID]int{}, map[integration.ExecutionID]bool{}
	note := func(line string) {
		var what, text string
		var steps int
		if _, err := fmt.Sscan(line, &what, &text, &steps); err != nil || strings.HasPrefix(line, "failed") {
			d.Fatalf("the child told %q", line)
		}
		id, err := integration.ParseExecutionID(text)
		d.must(err)
		accepted[id] = max(accepted[id], steps)
		finished[id] = finished[id] || what == "finished"
	}
	for range told {
		if !child.points.Scan() {
			d.Fatal("the child ended by itself")
		}
		note(child.points.Text())
	}
	child.kill()
	for child.points.Scan() { // what it told before it died
		note(child.points.Text())
	}
	h := d.open()
	for id, steps := range accepted {
		detail := h.detail(id)
		if detail.Execution.StepsDone < steps || len(detail.Steps) != detail.Execution.StepsDone || finished[id] && detail.Execution.Status != store.Succeeded {
			d.Errorf("execution %s was told to have %d steps and its end %t, and is %s with %d of %d", id, steps, finished[id],
				detail.Execution.Status, len(detail.Steps), detail.Execution.StepsDone)
		}
	}
	workOff(h)
	holdFlood(h, child.first, accepted)
}

// workOff finishes all that waits, as a child would.
func workOff(h *host) {
	h.Helper()
	given := &atomic.Int64{}
	h.workBy(8, func(ctx context.Context, claim *store.Claim) {
		given.Add(1)
		for position := len(claim.Done); position < 3; position++ {
			if err := h.Commit(ctx, claim, childStep(position), nil); err != nil {
				h.Error(err)
			}
		}
		end := h.end()
		end.States = childState(claim.Execution.ID)
		if err := h.Finish(ctx, claim, end); err != nil {
			h.Error(err)
		}
	})
	h.eventually("all is worked off", func() bool { return sum(h.depths()) == 0 })
}

// holdFlood holds that each of a flood's executions is whole, or not there at all.
func holdFlood(h *host, first integration.ExecutionID, accepted map[integration.ExecutionID]int) {
	h.Helper()
	there := map[string]bool{}
	for id := first + 1; id <= first+integration.ExecutionID(len(accepted)+16); id++ {
		again := h.answer(childAcceptance(h.newID(), id.String()))
		if again.Duplicate == 0 {
			h.absent(id)
			if _, was := accepted[id]; was {
				h.Errorf("execution %s was confirmed, and its key is free", id)
			}
			continue
		}
		there[id.String()] = true
		detail := h.detail(id)
		if detail.Execution.Status != store.Succeeded || len(detail.Steps) != 3 || again.Duplicate != id {
			h.Errorf("execution %s is %s with %d steps, and its key is of %s", id, detail.Execution.Status, len(detail.Steps), again.Duplicate)
		}
	}
	owners := store.OwnersOf(orders())
	for _, state := range h.states(owners[:2]...) {
		for id := range there {
			if !strings.Contains(state, `"`+id+`":1`) {
				h.Errorf("execution %s succeeded, and its state was not kept", id)
			}
		}
	}
}

func takeover(d *database) {
	h := d.open()
	child := d.start("life")
	for i, point := range lifePoints()[:4] { // one step is done
		if i > 0 {
			child.release()
		}
		child.await(point)
	}
	w := h.work(1)
	child.kill()
	taken := w.of(child.first + 1)
	d.equal("the steps that were done", []string{"step0"}, keysOf(taken.Done))
	taken.succeed()
}

func silence(d *database) {
	h := d.open()
	child := d.start("stopped")
	child.await("claimed")
	child.pause()
	id := child.first + 1
	taken := h.work(1).of(id)
	d.equal("the steps that were done", []string{"step0"}, keysOf(taken.Done))
	child.unpause()
	child.release()
	child.await("lost to commit: true")
	child.await("lost to finish: true")
	child.await("ended as canceled: true")
	taken.commit(childStep(1))
	taken.succeed()
	d.equal("the steps of the end", []string{"step0", "step1"}, keysOf(h.detail(id).Steps))
	owners := store.OwnersOf(orders())
	d.equal("the states, of which the lost claim has no part", []string{"", ""}, h.states(owners[:2]...))
}
