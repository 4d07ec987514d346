package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/bench/process"
)

// contender is one of the servers that are compared.
type contender struct {
	server *process.Server
	target load.Target
	rounds []round
}

// round is one measurement.
type round struct {
	load.Sample
	cpu   time.Duration            // of all processes of the server, per request
	rss   int64                    // of all its processes at the end
	parts map[string]time.Duration // cpu by process, per request
}

// starter starts a server that is compared.
type starter func(ctx context.Context, given *settings) (*process.Server, error)

// compare measures the order flow against the same job in a plain server.
func compare(ctx context.Context, given *settings) error {
	hookstep := func(ctx context.Context, given *settings) (*process.Server, error) {
		return serveHookstep(ctx, given, "hookstep", filepath.Join(given.root, orderFolder))
	}
	return race(ctx, given, "two JavaScript steps", []starter{serveReference, hookstep}, given.connections)
}

// recorded measures what it costs that the order flow's executions are kept.
func recorded(ctx context.Context, given *settings) error {
	with := func(which string) starter {
		return func(ctx context.Context, given *settings) (*process.Server, error) {
			return serveHookstep(ctx, given, "recorded: "+which, filepath.Join(given.root, orderFolder), "--history-synchronous", which)
		}
	}
	return race(ctx, given, "recorded or not", []starter{with("none"), with("all")}, given.connections)
}

// race measures servers in turn, so that what else happens on the machine meets all of them.
func race(ctx context.Context, given *settings, title string, starters []starter, connections []int) (err error) {
	contenders, err := startContenders(ctx, given, starters)
	defer func() {
		for _, each := range contenders {
			err = errors.Join(err, each.server.Stop())
		}
	}()
	if err != nil {
		return err
	}
	fmt.Fprintf(given.out, "Order flow, %d bytes in, %s: medians of %d rounds of %s, in turn\n\n",
		len(contenders[0].target.Body), title, given.rounds, given.length)
	rows := table{{"connections", "server", "requests/s", "p50", "p99", "CPU/request", "RSS", "ratio"}}
	parts := table{{"connections", "process", "CPU/request"}}
	for _, connections := range connections {
		if err := compareAt(ctx, given, contenders, connections); err != nil {
			return err
		}
		rows = append(rows, report(contenders, connections)...)
		parts = append(parts, reportParts(contenders, connections)...)
	}
	rows.write(given.out)
	parts.write(given.out)
	return nil
}

func startContenders(ctx context.Context, given *settings, starters []starter) (contenders []*contender, err error) {
	for _, start := range starters {
		server, err := start(ctx, given)
		if err != nil {
			return contenders, err
		}
		each := &contender{server: server}
		contenders = append(contenders, each)
		if each.target, err = order(ctx, given, server); err != nil {
			return contenders, err
		}
	}
	return contenders, nil
}

func compareAt(ctx context.Context, given *settings, contenders []*contender, connections int) error {
	for _, each := range contenders {
		each.rounds = nil
		warm := load.Plan{Connections: connections, For: given.length / 2}
		if _, err := load.Run(ctx, each.target, warm); err != nil {
			return fmt.Errorf("%s: %w", each.server.Name, err)
		}
	}
	for range given.rounds {
		for _, each := range contenders {
			if err := each.measure(ctx, load.Plan{Connections: connections, For: given.length}); err != nil {
				return fmt.Errorf("%s: %w", each.server.Name, err)
			}
		}
	}
	return nil
}

func (c *contender) measure(ctx context.Context, plan load.Plan) error {
	before, err := c.server.Usage()
	if err != nil {
		return err
	}
	sample, err := load.Run(ctx, c.target, plan)
	if err != nil {
		return err
	}
	after, err := c.server.Usage()
	if err != nil {
		return err
	}
	done := round{Sample: sample, rss: process.Total(after).RSS, parts: map[string]time.Duration{}}
	begun := map[int]time.Duration{}
	for _, each := range before {
		begun[each.PID] = each.CPU
	}
	for _, each := range after {
		used := (each.CPU - begun[each.PID]) / time.Duration(max(1, sample.Requests))
		done.parts[shortened(each.Command)] += used
		done.cpu += used
	}
	c.rounds = append(c.rounds, done)
	return nil
}

// report gives a row for each server. The ratio is the median of the rounds' own ratios to the first server.
func report(contenders []*contender, connections int) table {
	var rows table
	for _, each := range contenders {
		ratio := make([]float64, len(each.rounds))
		for i := range each.rounds {
			ratio[i] = each.rounds[i].Rate() / contenders[0].rounds[i].Rate()
		}
		rows = append(rows, []string{
			strconv.Itoa(connections), each.server.Name,
			fmt.Sprintf("%.0f", median(each.rounds, func(r round) float64 { return r.Rate() })),
			micros(median(each.rounds, func(r round) time.Duration { return r.P50 })),
			micros(median(each.rounds, func(r round) time.Duration { return r.P99 })),
			micros(median(each.rounds, func(r round) time.Duration { return r.cpu })),
			megabytes(median(each.rounds, func(r round) int64 { return r.rss })),
			fmt.Sprintf("%.2f", median(ratio, func(r float64) float64 { return r })),
		})
	}
	return rows
}

// reportParts gives a row for each process of each server.
func reportParts(contenders []*contender, connections int) table {
	var rows table
	for _, each := range contenders {
		for _, name := range slices.Sorted(maps.Keys(each.rounds[0].parts)) {
			used := median(each.rounds, func(r round) time.Duration { return r.parts[name] })
			rows = append(rows, []string{strconv.Itoa(connections), name, micros(used)})
		}
	}
	return rows
}

// median gives the middle one of what is read off the items.
func median[T any, N cmp.Ordered](items []T, read func(T) N) N {
	figures := make([]N, len(items))
	for i, item := range items {
		figures[i] = read(item)
	}
	slices.Sort(figures)
	return figures[len(figures)/2]
}
