// Package transfer copies the content of one database to another.
package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/hookstep-dev/hookstep/host/store"
)

// Counts is how much was copied.
type Counts struct {
	Executions int `json:"executions"`
	Unfinished int `json:"unfinished"` // of Executions
	Keys       int `json:"dedupeKeys"`
	States     int `json:"states"` // by owner
	Schedules  int `json:"schedules"`
	Instances  int `json:"instances"`
	Tokens     int `json:"tokens"`

	Connections int `json:"connections"`
}

// The reasons not to copy, found with errors.Is.
var (
	// ErrInUse says that a host has one of the databases open.
	ErrInUse = errors.New("it is in use by a host")
	// ErrNotEmpty says that the target holds something.
	ErrNotEmpty = errors.New("it is not empty")
)

// Options of Copy.
type Options struct {
	Resume bool         // an earlier copy into this target was interrupted: what it brought is replaced
	Each   func(Counts) // called after each bundle with all that has been copied so far; nil: not
}

// Copy copies everything, bundle by bundle. Neither database may be in use by a host, from the beginning to the end. After an error
// the target holds a part, and Copy with Resume begins again.
func Copy(ctx context.Context, from, to store.Store, options Options) (Counts, error) {
	var counts Counts
	if err := unused(ctx, from, to); err != nil {
		return counts, err
	}
	if !options.Resume {
		if err := empty(ctx, to); err != nil {
			return counts, err
		}
	}
	owners := map[store.StateOwner]bool{}
	err := from.Export(ctx, func(bundle *store.Bundle) error {
		if err := to.Import(ctx, bundle); err != nil {
			return fmt.Errorf("writing to the target: %w", err)
		}
		counts.add(bundle, owners)
		if options.Each != nil {
			options.Each(counts)
		}
		return nil
	})
	if err != nil {
		return counts, err
	}
	return counts, unused(ctx, from, to)
}

func (c *Counts) add(bundle *store.Bundle, owners map[store.StateOwner]bool) {
	for i := range bundle.Executions {
		if !bundle.Executions[i].Detail.Execution.Status.Ended() {
			c.Unfinished++
		}
	}
	for _, change := range bundle.States {
		owners[change.Owner] = true
	}
	c.Executions += len(bundle.Executions)
	c.Keys += len(bundle.Dedupes)
	c.States = len(owners)
	c.Schedules += len(bundle.Schedules)
	c.Instances += len(bundle.Instances)
	c.Tokens += len(bundle.Tokens)
	c.Connections += len(bundle.Connections)
}

func unused(ctx context.Context, from, to store.Store) error {
	for _, one := range []struct {
		name string
		store.Store
	}{{"source", from}, {"target", to}} {
		about, err := one.About(ctx)
		if err != nil {
			return fmt.Errorf("looking at the %s: %w", one.name, err)
		}
		if about.Others > 0 {
			return fmt.Errorf("the %s: %w (%d in all)", one.name, ErrInUse, about.Others)
		}
	}
	return nil
}

// errContent ends an export as soon as there is anything.
var errContent = errors.New("there is something")

func empty(ctx context.Context, to store.Store) error {
	err := to.Export(ctx, func(bundle *store.Bundle) error {
		var found Counts
		if found.add(bundle, map[store.StateOwner]bool{}); found != (Counts{}) {
			return errContent
		}
		return nil
	})
	if errors.Is(err, errContent) {
		return fmt.Errorf("the target: %w", ErrNotEmpty)
	}
	return err
}
