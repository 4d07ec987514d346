package admin

import (
	"context"
	"errors"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Canceler ends executions, on whichever host they are.
type Canceler interface {
	Cancel(ctx context.Context, id integration.ExecutionID, why *fault.Fault) error
}

// Cancel ends an execution that waits and stops one that runs. The log and the lists tell that it was whose token.
func Cancel(ctx context.Context, canceler Canceler, id integration.ExecutionID, token string) error {
	err := canceler.Cancel(ctx, id, fault.New(fault.Host, fault.Canceled, "an operator cancelled the execution (token %s)", token))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return noExecution(id)
	case errors.Is(err, store.ErrConflict):
		return store.Conflictf("execution %s has ended already", id)
	}
	return err
}
