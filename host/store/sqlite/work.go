package sqlite

import (
	"context"
	"log/slog"
	"sync"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Work implements store.Claims. Its goroutines stay, for the code that runs on them takes deep stacks, which a new one would have to grow
// each time.
func (d *Database) Work(ctx context.Context, slots int, take func(ctx context.Context, claim *store.Claim)) error {
	var workers sync.WaitGroup
	for range slots {
		workers.Go(func() { d.workOff(ctx, take) })
	}
	workers.Wait()
	return nil
}

// workOff hands over one claim after the other until ctx ends.
func (d *Database) workOff(ctx context.Context, take func(context.Context, *store.Claim)) {
	for {
		one, known, epoch := d.nextClaim(ctx)
		if one == nil {
			return
		}
		d.run(context.WithoutCancel(ctx), one, known, epoch, take)
		d.dispatch.release(one, epoch)
	}
}

// nextClaim waits for an execution to claim; nil when ctx has ended.
func (d *Database) nextClaim(ctx context.Context) (*job, *fresh, int64) {
	for ctx.Err() == nil {
		if one, known, epoch := d.dispatch.claim(); one != nil {
			return one, known, epoch
		}
		select {
		case <-d.dispatch.ready:
		case <-ctx.Done():
		}
	}
	return nil, nil, 0
}

// run hands a claim over.
func (d *Database) run(ctx context.Context, one *job, known *fresh, epoch int64, take func(context.Context, *store.Claim)) {
	claim, err := d.load(ctx, one, known)
	if err != nil {
		d.options.Log.Error("an execution cannot be read; it is tried again",
			slog.String("execution", integration.ExecutionID(one.id).String()), slog.String("error", err.Error()))
		return
	}
	claim.Epoch = epoch
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if d.dispatch.arm(one, epoch, cancel) {
		take(ctx, claim)
	}
}

// load makes a claim of what memory knows of a fresh job, otherwise of what is on the disk.
func (d *Database) load(ctx context.Context, one *job, known *fresh) (*store.Claim, error) {
	if known == nil {
		var err error
		if known, err = d.readClaim(ctx, one); err != nil {
			return nil, err
		}
	}
	claim := &store.Claim{Execution: known.execution, Input: known.input}
	claim.Execution.Status = store.Running
	for _, record := range known.done {
		step, err := d.codec.DecodeStep(record)
		if err != nil {
			return nil, err
		}
		claim.Done = append(claim.Done, *step)
	}
	return claim, nil
}

func (d *Database) readClaim(ctx context.Context, one *job) (*fresh, error) {
	read := &fresh{}
	err := d.readers.do(ctx, func(l *link) error {
		found, err := l.one(selectActive+" WHERE id = ?", one.id)
		if err != nil {
			return err
		}
		if found == nil {
			return store.ErrNotFound
		}
		if read.execution, err = d.activeExecution(found, seen{id: one.id, flow: one.flow, status: store.Running}); err != nil {
			return err
		}
		return l.each(selectParts, []any{one.id}, func(r row) error {
			switch int(r.int(0)) {
			case partInput:
				read.input, err = d.codec.DecodeInput(r.bytes(2))
			case partStep:
				read.done = append(read.done, r.bytes(2))
			}
			return err
		})
	})
	read.execution.StepsDone = len(read.done)
	return read, err
}

// canceled is the cause with which the context of a claim ends that was cancelled.
func canceled(why *fault.Fault) *fault.Fault {
	if why == nil {
		return fault.New(fault.Host, fault.Canceled, "the execution was cancelled")
	}
	if why.Code == fault.Canceled {
		return why
	}
	made := fault.New(fault.Host, fault.Canceled, "the execution was cancelled: %s", why.Message)
	made.Cause = why
	return made
}
