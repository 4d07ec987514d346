// Package admin holds the verbs that operators have.
//
// Each is a function over the part of the store, or of the program, that it needs. Errors keep their kind: store.ErrNotFound and
// store.ErrConflict, an Invalid for what was asked wrongly, or the *fault.Fault of what could not be done.
package admin

import (
	"fmt"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Invalid says that a verb was asked for with something that has no meaning.
type Invalid struct {
	Field   string // name of the parameter or member that is wrong; empty: the whole
	Problem string // in words for people
}

func (i *Invalid) Error() string { return i.Problem }

func invalidf(field, format string, args ...any) error {
	return &Invalid{Field: field, Problem: fmt.Sprintf(format, args...)}
}

func noExecution(id integration.ExecutionID) error {
	return fmt.Errorf("execution %s: %w", id, store.ErrNotFound)
}
