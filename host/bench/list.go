package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// The executions of the list: spread over instances and flows, one each millisecond, some failed, few of them for good.
const (
	listInstances = 100
	listFlows     = 5
	failedEach    = 49
	deadEach      = 997
	rareEach      = 101 // have a word in their payload
	rareWord      = "needle"
	bundleSize    = 2000
	listLimit     = 50
)

// list measures how quickly the newest executions are listed by filters, over many that are kept.
func list(ctx context.Context, given *settings) (err error) {
	database, err := openSQLite(ctx, given, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close(context.WithoutCancel(ctx))) }()
	first := time.Now().Add(-time.Duration(given.rows) * time.Millisecond).Truncate(time.Millisecond)
	began := time.Now()
	if err := fill(ctx, database, first, given.rows); err != nil {
		return err
	}
	filled := time.Since(began)
	rows := table{{"", "newest 50", "found", "p50", "p99"}}
	for _, each := range filters(first, given.rows) {
		found, sample, err := listOften(ctx, database, &each.filter)
		if err != nil {
			return fmt.Errorf("%s: %w", each.name, err)
		}
		rows = append(rows, []string{"", each.name, strconv.Itoa(found), micros(sample.P50), micros(sample.P99)})
	}
	fmt.Fprintf(given.out, "List over %d executions in SQLite (imported in %.0f s), %d times each\n\n", given.rows, filled.Seconds(), listTimes)
	rows.write(given.out)
	return nil
}

// fill imports executions in bundles.
func fill(ctx context.Context, into store.Copying, first time.Time, rows int) error {
	for at := 0; at < rows; at += bundleSize {
		bundle := &store.Bundle{}
		for i := at; i < min(rows, at+bundleSize); i++ {
			bundle.Executions = append(bundle.Executions, kept(i, first.Add(time.Duration(i)*time.Millisecond)))
		}
		if err := into.Import(ctx, bundle); err != nil {
			return err
		}
	}
	return nil
}

func instanceName(i int) integration.InstanceName {
	return integration.InstanceName(fmt.Sprintf("instance-%d", i%listInstances))
}

func flowSlug(i int) integration.Slug {
	return integration.Slug(fmt.Sprintf("flow-%d", i/listInstances%listFlows))
}

// kept is the execution with a number.
func kept(i int, at time.Time) store.Kept {
	word := "hay"
	if i%rareEach == 0 {
		word = rareWord
	}
	execution := store.Execution{
		ID:   integration.NewExecutionID(at.UnixMilli(), 0, 0),
		Flow: store.Flow{Integration: "listed", Instance: instanceName(i), Flow: flowSlug(i)}, Status: store.Succeeded, Source: store.Webhook,
		StartedAt: at, EndedAt: at.Add(20 * time.Millisecond), Elapsed: 12 * time.Millisecond, StepsDone: 1,
	}
	step := store.Step{Result: engine.StepResult{Key: "reply", Results: value.JSON([]byte(`{"ok":true}`))}, EndedAt: execution.EndedAt}
	if i%failedEach == 0 {
		execution.Status, execution.Fault = store.Failed, fault.New(fault.User, fault.Thrown, "no order %d", i)
		execution.Synchronous, step.Result.Results, step.Result.Fault = true, value.Value{}, execution.Fault
	}
	if i%deadEach == 0 {
		execution.Status, execution.Synchronous = store.DeadLetter, false
	}
	request := &integration.Request{
		Method: "POST", Path: "/hooks/listed", ContentType: "application/json", Body: fmt.Appendf(nil, `{"order":%d,"word":%q}`, i, word), ReceivedAt: at,
	}
	return store.Kept{Detail: store.Detail{Execution: execution, Input: &store.Input{Request: request}, Steps: []store.Step{step}}}
}

type namedFilter struct {
	name   string
	filter store.Filter
}

func filters(first time.Time, rows int) []namedFilter {
	middle := first.Add(time.Duration(rows/2) * time.Millisecond)
	flow := store.Filter{Integration: "listed", Instance: instanceName(7), Flow: flowSlug(7)}
	failed, dead, early, text := flow, flow, flow, flow
	failed.Statuses = []store.Status{store.Failed, store.DeadLetter}
	dead.Statuses = []store.Status{store.DeadLetter}
	early.To = middle
	text.Text = rareWord
	return []namedFilter{
		{"all", store.Filter{}},
		{"of an instance", store.Filter{Instance: instanceName(7)}},
		{"of a flow", flow},
		{"of a flow, failed", failed},
		{"of a flow, dead letters ", dead},
		{"of a flow, before a time", early},
		{"failed, of all flows", store.Filter{Statuses: []store.Status{store.Failed}}},
		{"dead letters, of all flows", store.Filter{Statuses: []store.Status{store.DeadLetter}}},
		{"of a flow, with a word in the payload", text},
	}
}

const listTimes = 200

func listOften(ctx context.Context, from store.History, filter *store.Filter) (found int, sample load.Sample, err error) {
	filter.Limit = listLimit
	latencies := make([]time.Duration, listTimes)
	began := time.Now()
	for i := range latencies {
		before := time.Now()
		page, err := from.List(ctx, filter)
		if err != nil {
			return 0, sample, err
		}
		latencies[i], found = time.Since(before), len(page.Executions)
	}
	return found, load.Summarize(latencies, time.Since(began)), nil
}
