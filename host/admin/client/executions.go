package client

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Asked is what page of which executions a list is to give.
type Asked struct {
	wire.Filter

	Unreplayed bool
	Limit      int    // 0: the host's usual
	Cursor     string // Next of the page before; empty: the first
}

func (a *Asked) query() url.Values {
	query := url.Values{}
	set := func(name, text string) {
		if text != "" {
			query.Set(name, text)
		}
	}
	set("integration", a.Integration)
	set("instance", a.Instance)
	set("flow", a.Flow)
	set("text", a.Text)
	set("cursor", a.Cursor)
	for _, status := range a.Statuses {
		query.Add("status", status)
	}
	if !a.From.IsZero() {
		query.Set("from", a.From.Format(time.RFC3339Nano))
	}
	if !a.To.IsZero() {
		query.Set("to", a.To.Format(time.RFC3339Nano))
	}
	if a.Unreplayed {
		query.Set("unreplayed", "true")
	}
	if a.Limit > 0 {
		query.Set("limit", strconv.Itoa(a.Limit))
	}
	return query
}

// Executions gives one page of executions, the newest first.
func (c *Client) Executions(ctx context.Context, asked Asked) (*wire.Page, error) {
	var page wire.Page
	return &page, c.call(ctx, "GET", "/executions", asked.query(), nil, &page)
}

// Execution gives one execution, with values of any length if full.
func (c *Client) Execution(ctx context.Context, id string, full bool) (*wire.Detail, error) {
	query := url.Values{}
	if full {
		query.Set("full", "true")
	}
	var detail wire.Detail
	return &detail, c.call(ctx, "GET", path("executions", id), query, nil, &detail)
}

// Log gives a part of a log: what comes after a piece, 0 for the beginning.
func (c *Client) Log(ctx context.Context, id string, after int) (*wire.Log, error) {
	var part wire.Log
	return &part, c.call(ctx, "GET", path("executions", id, "logs"), url.Values{"after": {strconv.Itoa(after)}}, nil, &part)
}

// Replay runs an execution again, from a step or (empty) from the start.
func (c *Client) Replay(ctx context.Context, id, fromStep string) (*wire.Replayed, error) {
	var made wire.Replayed
	return &made, c.call(ctx, "POST", path("executions", id, "replay"), nil, wire.Replay{FromStep: fromStep}, &made)
}

// ReplayMany runs again what a filter selects, the oldest first.
func (c *Client) ReplayMany(ctx context.Context, asked wire.ReplayMany) (*wire.ReplayedMany, error) {
	var made wire.ReplayedMany
	return &made, c.call(ctx, "POST", "/executions/replay", nil, asked, &made)
}

// Cancel ends an execution.
func (c *Client) Cancel(ctx context.Context, id string) error {
	return c.call(ctx, "POST", path("executions", id, "cancel"), nil, nil, nil)
}
