package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// tries is how often a transaction is begun that others got in the way of.
const tries = 6

// again repeats what the database could not order among others' transactions.
func again(ctx context.Context, what func() error) error {
	var err error
	for range tries {
		if err = what(); !isConflict(err) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

// isConflict tells errors after which nothing was kept and the same may succeed at once: serialization failures and deadlocks.
func isConflict(err error) bool {
	told, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (told.Code == "40001" || told.Code == "40P01")
}

// isStatement tells errors that are about what was asked, not about the database's health: wrong data, a constraint, a defect of ours.
func isStatement(err error) bool {
	told, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || len(told.Code) < 2 {
		return false
	}
	switch told.Code[:2] {
	case "21", "22", "23", "42": // cardinality, data, integrity, syntax or names
		return true
	default:
		return false
	}
}

// unavailable turns errors of the database into faults; nil, faults, and the contract's own errors stay.
func unavailable(err error) error {
	if err == nil || isOwn(err) {
		return err
	}
	if isStatement(err) {
		made := fault.New(fault.Host, fault.Internal, "the database refused a statement: %v", err)
		return made
	}
	return store.Unavailable(err)
}

func isOwn(err error) bool {
	if _, isFault := errors.AsType[*fault.Fault](err); isFault {
		return true
	}
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrConflict)
}

// missing turns an empty answer into ErrNotFound.
func missing(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return store.ErrNotFound
	}
	return unavailable(err)
}

func errClosed() *fault.Fault {
	return fault.New(fault.Host, fault.Canceled, "the host closes its database")
}

func errHostEnded() *fault.Fault {
	return fault.New(fault.Host, fault.WorkerLost, "the host ended while it ran")
}

func errElsewhere() *fault.Fault {
	return fault.New(fault.Host, fault.Canceled, "the execution was cancelled, or another host took it over")
}
