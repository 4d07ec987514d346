package store

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// History reads what became of executions.
type History interface {
	// List gives executions by falling id, at most Limit.
	List(ctx context.Context, filter *Filter) (Page, error)
	// Execution gives one with all that belongs to it but its log, else ErrNotFound.
	Execution(ctx context.Context, id integration.ExecutionID) (*Detail, error)
	// Logs gives the chunks of an execution's log after a number, in order, at most limit; ErrNotFound without the execution.
	Logs(ctx context.Context, id integration.ExecutionID, after, limit int) ([]LogChunk, error)
	// Depths counts executions that have not ended, by status.
	Depths(ctx context.Context) (map[Status]int, error)
}

// Filter selects executions. Zero fields select all.
type Filter struct {
	Integration string
	Instance    integration.InstanceName
	Flow        integration.Slug
	Statuses    []Status
	From, To    time.Time // StartedAt, To excluded
	Unreplayed  bool      // only those without a ReplayedAs
	// Text is looked for, as it is written, in id, fault message, payload, results and log, in any case of ASCII letters. A page looks through a
	// bounded number of executions and may hold fewer than Limit, even none, and still have a Next.
	Text   string
	Before integration.ExecutionID // 0: from the newest
	Limit  int                     // 0: 50
}

// Page is one page of a list.
type Page struct {
	Executions []Execution
	Next       integration.ExecutionID // Before of the next page; 0: this is the last
}

// Detail is one execution whole.
type Detail struct {
	Execution Execution // its Fault whole
	Input     *Input    // nil if it was not kept
	Steps     []Step
	Dropped   bool // load was too high to keep input or steps
	Logs      int  // number of the last chunk of its log, 0 without one
}

// LogChunk is a piece of a log.
type LogChunk struct {
	Number int // from 1, without gaps
	Lines  []hostapi.Line
}
