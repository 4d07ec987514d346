package sqlite

import (
	"context"
	"fmt"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const insertActive = `INSERT INTO active
	(id, flow, held, source, reserved, started, due, elapsed, attempt, losses, fault, replay_of, lanes, cancel_key)
	VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, 0, NULL, ?, ?, ?)`

const markReplayed = "UPDATE executions SET replayed_as = ?, status = CASE status WHEN 6 THEN 9 ELSE status END WHERE id = ?"

// Accept implements store.Intake.
func (d *Database) Accept(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	return d.take(ctx, asked, false)
}

// Reserve implements store.Intake.
func (d *Database) Reserve(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	return d.take(ctx, asked, true)
}

func (d *Database) take(ctx context.Context, asked *store.Acceptance, reserve bool) (store.Accepted, error) {
	given, err := d.packAcceptance(asked, reserve)
	if err != nil {
		return store.Accepted{}, err
	}
	var found verdict
	err = d.writer.do(ctx, given.parts.size(), func(t *tx) (err error) {
		found, err = d.admit(t, given)
		return err
	})
	if err != nil {
		return store.Accepted{}, err
	}
	first, err := d.codec.DecodeAnswer(found.answer)
	return store.Accepted{Duplicate: found.duplicate, First: first, Skipped: found.skipped}, err
}

// acceptance is a store.Acceptance with its records.
type acceptance struct {
	*store.Acceptance

	parts   packed
	reserve bool
}

// verdict is a store.Accepted with its answer as a record.
type verdict struct {
	duplicate integration.ExecutionID
	answer    []byte
	skipped   bool
	stale     bool // skipped, because the schedule stands elsewhere
}

func (v verdict) accepted() bool { return v.duplicate == 0 && !v.skipped }

func (d *Database) packAcceptance(asked *store.Acceptance, reserve bool) (*acceptance, error) {
	p := &packer{codec: d.codec}
	parts := packed{
		input: p.input(asked.Input), steps: p.steps(asked.Done), logs: p.logs(asked.Logs), answer: pack(p, d.codec.EncodeAnswer, asked.Answer),
	}
	return &acceptance{asked, parts, reserve}, p.err
}

// admit decides about an acceptance, and keeps what comes of it.
func (d *Database) admit(t *tx, asked *acceptance) (verdict, error) {
	flow, err := t.flow(d.flows, asked.Flow)
	if err != nil {
		return verdict{}, err
	}
	found, err := d.judge(t, asked, flow)
	if err != nil {
		return verdict{}, err
	}
	if asked.Fire != nil && !found.stale {
		if err := d.fire(t, asked, found.accepted()); err != nil {
			return verdict{}, err
		}
	}
	if found.accepted() {
		err = d.keep(t, asked, flow)
	}
	return found, err
}

// judge only reads.
func (d *Database) judge(t *tx, asked *acceptance, flow *flow) (verdict, error) {
	if asked.Fire != nil {
		stands, err := d.stands(t, asked.Fire)
		if err != nil || !stands {
			return verdict{skipped: true, stale: true}, err
		}
	}
	if asked.Dedupe != nil {
		found, err := t.first(flow, asked.Dedupe.Key, d.options.Now())
		if err != nil || found.duplicate != 0 {
			return found, err
		}
	}
	full, err := t.fullLane(asked.Lanes)
	return verdict{skipped: full}, err
}

// keep keeps an execution with all that belongs to it, and queues it after the commit.
func (d *Database) keep(t *tx, asked *acceptance, flow *flow) error {
	id := int64(asked.ID)
	if err := d.insertActive(t, asked, flow); err != nil {
		return err
	}
	if err := t.putAll(id, &asked.parts); err != nil {
		return err
	}
	free := true
	if len(asked.Lanes) > 0 {
		var err error
		if free, err = d.enterLanes(t, id, asked.Lanes); err != nil {
			return err
		}
	}
	if asked.Dedupe != nil {
		if err := t.reserve(flow, asked); err != nil {
			return err
		}
	}
	if asked.CancelKey != "" {
		if err := d.cancelOlder(t, id, flow, asked.CancelKey); err != nil {
			return err
		}
	}
	if asked.ReplayOf != 0 {
		if _, err := t.exec(markReplayed, id, asked.ReplayOf); err != nil {
			return err
		}
	}
	t.note(asked.ID, asked.StartedAt)
	made := newJob(asked, flow, free)
	t.after(func() { d.dispatch.add(made) })
	return nil
}

func (d *Database) insertActive(t *tx, asked *acceptance, flow *flow) error {
	var reserved, cancelKey any
	if asked.reserve {
		reserved = ""
		if asked.Dedupe != nil {
			reserved = asked.Dedupe.Key
		}
	}
	if asked.CancelKey != "" {
		cancelKey = asked.CancelKey
	}
	_, err := t.exec(insertActive, asked.ID, flow.id, false, sourceNumber(asked.Source), reserved, asked.StartedAt.UnixMilli(), toMillis(asked.Due),
		asked.ReplayOf, len(asked.Lanes), cancelKey)
	return err
}

func newJob(asked *acceptance, flow *flow, free bool) *job {
	made := &job{id: int64(asked.ID), flow: flow, status: store.Waiting, started: asked.StartedAt.UnixMilli(), lanes: len(asked.Lanes) > 0, steps: len(asked.Done)}
	if !asked.Due.IsZero() {
		made.due = asked.Due.UnixMilli()
	}
	switch {
	case asked.reserve:
		made.status, made.synchronous = store.Running, true
		return made
	case !free:
		made.status = store.Held
	}
	made.fresh = newFresh(asked)
	return made
}

// cancelOlder ends executions of the flow with the same cancel key that wait for their next try.
func (d *Database) cancelOlder(t *tx, id int64, flow *flow, key string) error {
	var older []int64
	err := t.each("SELECT id FROM active WHERE flow = ? AND cancel_key = ? AND attempt + losses > 0", []any{flow.id, key}, func(r row) error {
		older = append(older, r.int(0))
		return nil
	})
	if err != nil {
		return err
	}
	why := fault.New(fault.Host, fault.Canceled, "the newer execution %s took its place", integration.ExecutionID(id))
	for _, one := range older {
		if waits, known := d.dispatch.seenOf(one); !known || waits.status != store.Waiting || one >= id {
			continue
		}
		if err := d.cancel(t, one, why); err != nil {
			return err
		}
	}
	return nil
}

// Cancel implements store.Intake.
func (d *Database) Cancel(ctx context.Context, id integration.ExecutionID, why *fault.Fault) error {
	return d.writer.do(ctx, 0, func(t *tx) error {
		found, err := t.one("SELECT reserved FROM active WHERE id = ?", id)
		switch {
		case err != nil:
			return err
		case found == nil:
			return t.missing(id)
		case !found.isNull(0):
			return fmt.Errorf("%w: the execution %s is synchronous: its caller waits for it", store.ErrConflict, id)
		}
		return d.cancel(t, int64(id), why)
	})
}

// missing tells why an execution is not among the active ones.
func (t *tx) missing(id integration.ExecutionID) error {
	ended, err := t.one("SELECT 1 FROM executions WHERE id = ?", id)
	switch {
	case err != nil:
		return err
	case ended == nil:
		return fmt.Errorf("the execution %s: %w", id, store.ErrNotFound)
	default:
		return fmt.Errorf("%w: the execution %s has ended", store.ErrConflict, id)
	}
}

func (d *Database) cancel(t *tx, id int64, why *fault.Fault) error {
	p := &packer{codec: d.codec}
	why = canceled(why)
	whole, brief := p.faults(why)
	if p.err != nil {
		return p.err
	}
	one := d.dispatch.job(id)
	steps := 0
	if one != nil {
		steps, _ = t.stepsOf(one)
	}
	end := ending{status: store.Canceled, at: d.options.Now(), whole: whole, brief: brief, steps: steps, lanes: one == nil || one.lanes, why: why}
	return d.end(t, id, end)
}
