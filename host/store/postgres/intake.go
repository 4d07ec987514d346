package postgres

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// arrival is an execution that is to be kept, in the form in which it is written.
type arrival struct {
	asked *store.Acceptance // nil of what has ended
	came  store.Accepted    // what became of it
	owned bool              // it is in this host's hands from the start

	unheld       int16 // its status unless a lane holds it
	row          row
	wake, bytes  int64
	owner, epoch int64
	lanes        int
	input        []byte
	steps        [][]byte
	positions    []int32
	chunk        []byte
	cancelKey    []byte
	dedupe       *dedupeRow
}

func (a *arrival) size() int64 { return a.bytes }

// dedupeRow is a row of dedupes.
type dedupeRow struct {
	flow    int32
	hash    [sha256.Size]byte
	key     []byte
	first   int64
	expires int64
	answer  []byte
}

// Accept implements store.Intake.
func (d *Database) Accept(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	made, err := d.acceptance(ctx, asked)
	if err != nil {
		return store.Accepted{}, err
	}
	return d.arrive(ctx, made)
}

func (d *Database) acceptance(ctx context.Context, asked *store.Acceptance) (*arrival, error) {
	made, err := d.arrivalOf(ctx, asked)
	if err != nil {
		return nil, err
	}
	made.unheld = queued
	if asked.Due.After(d.options.Now()) {
		made.unheld, made.row.due, made.wake = waiting, milli(asked.Due), d.in(asked.Due).UnixMilli()
	}
	return made, nil
}

// Reserve implements store.Intake.
func (d *Database) Reserve(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	made, err := d.arrivalOf(ctx, asked)
	if err != nil {
		return store.Accepted{}, err
	}
	made.unheld, made.row.synchronous, made.owned = running, true, true
	return d.arrive(ctx, made)
}

// arrive has an arrival written, in one transaction with others.
func (d *Database) arrive(ctx context.Context, made *arrival) (store.Accepted, error) {
	err := d.intake.do(ctx, made)
	if err != nil {
		return store.Accepted{}, err
	}
	if made.came.Duplicate == 0 && !made.came.Skipped && made.wake != 0 {
		d.timeShort(ctx, made.row.id, 0, time.UnixMilli(made.wake))
	}
	return made.came, nil
}

func (d *Database) arrivalOf(ctx context.Context, asked *store.Acceptance) (*arrival, error) {
	of, err := d.flowID(ctx, asked.Flow)
	if err != nil {
		return nil, err
	}
	made := &arrival{asked: asked, lanes: len(asked.Lanes)}
	made.row = row{
		id: int64(asked.ID), flow: of.flow, instance: of.instance, source: sourceNumber(asked.Source), started: milli(asked.StartedAt),
		replayOf: int64(asked.ReplayOf), steps: len(asked.Done),
	}
	if asked.CancelKey != "" {
		made.cancelKey = []byte(asked.CancelKey)
	}
	if made.dedupe, err = d.dedupeOf(of.flow, asked); err != nil {
		return nil, err
	}
	return made, d.encode(made, asked.Input, asked.Done, asked.Logs)
}

// encode puts what belongs to an execution into its arrival.
func (d *Database) encode(into *arrival, input *store.Input, done []store.Step, logs []hostapi.Line) (err error) {
	if into.input, err = d.codec.EncodeInput(input); err != nil {
		return err
	}
	into.bytes = int64(len(into.input))
	for i := range done {
		body, err := d.codec.EncodeStep(&done[i])
		if err != nil {
			return err
		}
		into.steps, into.positions = append(into.steps, body), append(into.positions, int32(done[i].Position)) //nolint:gosec // of a flow's steps
		into.bytes += int64(len(body))
	}
	if into.chunk, err = d.codec.EncodeLines(logs); err != nil {
		return err
	}
	if into.chunk != nil {
		into.row.logs = 1
		into.bytes += int64(len(into.chunk))
	}
	return nil
}

func (d *Database) dedupeOf(flow int32, asked *store.Acceptance) (*dedupeRow, error) {
	if asked.Dedupe == nil {
		return nil, nil //nolint:nilnil // without a key there is no row
	}
	answer, err := d.codec.EncodeAnswer(asked.Answer)
	key := []byte(asked.Dedupe.Key)
	return &dedupeRow{
		flow: flow, hash: sha256.Sum256(key), key: key, first: int64(asked.ID),
		expires: asked.StartedAt.Add(asked.Dedupe.For).UnixMilli(), answer: answer,
	}, err
}

// Answer implements store.Intake.
func (d *Database) Answer(ctx context.Context, flow store.Flow, key string) (integration.ExecutionID, *integration.Response, error) {
	of, err := d.flowID(ctx, flow)
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	hash := sha256.Sum256([]byte(key))
	var first integration.ExecutionID
	var answer []byte
	err = d.pool.QueryRow(ctx, `select first, answer from dedupes where flow = $1 and hash = $2 and (expires > $3 or answer is null)`,
		of.flow, hash[:], d.options.Now().UnixMilli()).Scan(&first, &answer)
	if err != nil {
		return 0, nil, missing(err)
	}
	if answer == nil {
		return first, nil, store.ErrConflict
	}
	response, err := d.codec.DecodeAnswer(answer)
	return first, response, err
}
