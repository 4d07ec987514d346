package sqlite

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

const (
	moveToEnded = `INSERT INTO executions
		(id, flow, status, source, synchronous, dropped, started, ended, elapsed, attempt, losses, steps, fault, replay_of, replayed_as)
		SELECT id, flow, ?2, source, reserved IS NOT NULL, 0, started, ?3, elapsed + ?4, attempt, losses, ?5, ?6, replay_of, 0 FROM active WHERE id = ?1`
	deleteActive = "DELETE FROM active WHERE id = ?"
	postpone     = `UPDATE active SET due = ?2, attempt = attempt + ?3, losses = ?4, elapsed = elapsed + ?5, fault = ifnull(?6, fault)
		WHERE id = ?1`
)

// forClaim has the holder of a claim change something. A ctx that ended because the claim did is told as that.
func (d *Database) forClaim(ctx context.Context, claim *store.Claim, bytes int, apply func(*tx, *job) error) error {
	if d.dispatch.holder(claim) == nil {
		return store.ErrLost
	}
	err := d.writer.do(ctx, bytes, func(t *tx) error {
		one := d.dispatch.holder(claim)
		if one == nil || t.left[one.id] {
			return store.ErrLost
		}
		return apply(t, one)
	})
	if err != nil && ctx.Err() != nil && d.dispatch.holder(claim) == nil {
		return store.ErrLost
	}
	return err
}

// leave notes that the claim of an execution ends with this transaction.
func (t *tx) leave(id int64) {
	if t.left == nil {
		t.left = map[int64]bool{}
	}
	t.left[id] = true
}

// stepsOf is how many steps are kept of a job, and how often in a row it was lost: what this transaction did, the job tells only after it.
func (t *tx) stepsOf(one *job) (steps, losses int) {
	if steps, here := t.steps[one.id]; here {
		return steps, 0
	}
	return one.steps, one.losses
}

// Commit implements store.Claims.
func (d *Database) Commit(ctx context.Context, claim *store.Claim, step *store.Step, logs []hostapi.Line) error {
	p := &packer{codec: d.codec}
	result := packedStep{step.Position, pack(p, d.codec.EncodeStep, step)}
	log := p.logs(logs)
	if p.err != nil {
		return p.err
	}
	return d.forClaim(ctx, claim, len(result.record)+len(log), func(t *tx, one *job) error {
		if steps, _ := t.stepsOf(one); steps > step.Position { // by a caller who did not learn of it
			return nil
		}
		if err := t.putStep(one, result); err != nil {
			return err
		}
		t.after(func() { d.dispatch.progress(one, step.Position+1) })
		return t.appendLog(one.id, log)
	})
}

// putStep keeps the result of a step, in place of an earlier one and those after it.
func (t *tx) putStep(one *job, result packedStep) error {
	steps, losses := t.stepsOf(one)
	if steps > result.position {
		if err := t.drop(one.id, partStep, result.position); err != nil {
			return err
		}
	}
	if losses > 0 {
		if _, err := t.exec("UPDATE active SET losses = 0 WHERE id = ?", one.id); err != nil {
			return err
		}
	}
	if t.steps == nil {
		t.steps = map[int64]int{}
	}
	t.steps[one.id] = result.position + 1
	return t.put(one.id, partStep, result.position, result.record)
}

// Log implements store.Claims.
func (d *Database) Log(ctx context.Context, claim *store.Claim, lines []hostapi.Line) error {
	log, err := d.codec.EncodeLines(lines)
	if err != nil || log == nil {
		return err
	}
	return d.forClaim(ctx, claim, len(log), func(t *tx, one *job) error {
		return t.appendLog(one.id, log)
	})
}

// ending is how an execution leaves the active ones.
type ending struct {
	status       store.Status
	at           time.Time
	elapsed      time.Duration
	whole, brief []byte
	steps        int
	lanes        bool
	why          *fault.Fault // for the context of its claim
}

// end moves an execution to those that have ended and lets the next of its lanes go.
func (d *Database) end(t *tx, id int64, end ending) error {
	moved, err := t.exec(moveToEnded, id, numberOf(end.status), end.at.UnixMilli(), int64(end.elapsed), end.steps, end.brief)
	if err != nil {
		return err
	}
	if moved == 0 {
		return store.ErrLost
	}
	if _, err := t.exec(deleteActive, id); err != nil {
		return err
	}
	if end.brief != nil { // whatever an earlier try left
		if err := t.putFault(id, end.whole); err != nil {
			return err
		}
	}
	if end.lanes {
		if err := d.leaveLanes(t, id); err != nil {
			return err
		}
	}
	t.leave(id)
	t.after(func() { d.dispatch.end(id, end.why) })
	return nil
}

// Finish implements store.Claims.
func (d *Database) Finish(ctx context.Context, claim *store.Claim, end *store.End) error {
	p := &packer{codec: d.codec}
	var last []packedStep
	if end.Last != nil {
		last = p.steps([]store.Step{*end.Last})
	}
	log := p.logs(end.Logs)
	whole, brief := p.faults(end.Fault)
	changes, err := splitChanges(end.States)
	if p.err != nil || err != nil {
		return firstOf(p.err, err)
	}
	packed := &packed{steps: last, logs: log, fault: whole, brief: brief}
	return d.forClaim(ctx, claim, packed.size()+sizeOf(changes), func(t *tx, one *job) error {
		if err := d.merge(t, changes); err != nil {
			return err
		}
		for _, result := range last {
			if err := t.putStep(one, result); err != nil {
				return err
			}
		}
		if err := t.appendLog(one.id, log); err != nil {
			return err
		}
		steps, _ := t.stepsOf(one)
		return d.end(t, one.id, ending{
			status: end.Status, at: end.At, elapsed: end.Elapsed, whole: whole, brief: brief, steps: steps, lanes: one.lanes,
		})
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Postpone implements store.Claims.
func (d *Database) Postpone(ctx context.Context, claim *store.Claim, wait *store.Postponement) error {
	p := &packer{codec: d.codec}
	log := p.logs(wait.Logs)
	whole, brief := p.faults(wait.Fault)
	if p.err != nil {
		return p.err
	}
	return d.forClaim(ctx, claim, len(log)+len(whole)+len(brief), func(t *tx, one *job) error {
		if err := d.postpone(t, one, wait, brief); err != nil {
			return err
		}
		if wait.Fault != nil {
			if err := t.putFault(one.id, whole); err != nil {
				return err
			}
		}
		return t.appendLog(one.id, log)
	})
}

func (d *Database) postpone(t *tx, one *job, wait *store.Postponement, brief []byte) error {
	attempts := 0
	steps, losses := t.stepsOf(one)
	switch {
	case wait.Retry:
		attempts, losses = 1, 0
	case !wait.Idle:
		losses++
	}
	if _, err := t.exec(postpone, one.id, toMillis(wait.Until), attempts, losses, int64(wait.Elapsed), brief); err != nil {
		return err
	}
	var due int64
	if !wait.Until.IsZero() {
		due = wait.Until.UnixMilli()
	}
	t.leave(one.id)
	t.after(func() { d.dispatch.postpone(one, due, steps, losses) })
	return nil
}
