package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/drive"
	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/store"
)

const durableSteps = 3 // of each execution

// inFlight are the numbers of executions under way at once that are measured.
func inFlight() []int { return []int{1, 64} }

// measured are the rounds of what one row of a table tells.
type measured struct {
	name    string
	callers int
	rounds  []load.Sample
}

// stored measures executions of three steps that do nothing through the databases, and the disk beside them.
func stored(ctx context.Context, given *settings) (err error) {
	places, remove, err := databases(ctx, given)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	all := []*measured{{name: "append and fsync of 1 KiB", callers: 1}}
	of := map[*measured][]drive.Host{}
	for _, place := range places {
		opened, err := place.open(ctx, given)
		defer func() { err = errors.Join(err, closeAll(ctx, opened)) }()
		if err != nil {
			return err
		}
		hosts, err := hostsOf(ctx, opened)
		if err != nil {
			return err
		}
		for _, callers := range inFlight() {
			row := &measured{name: place.name, callers: callers}
			all, of[row] = append(all, row), hosts
		}
	}
	err = given.inTurn(all, func(row *measured) (load.Sample, error) {
		if of[row] == nil {
			return commits(given)
		}
		return drive.Run(ctx, of[row], given.drive(row.callers))
	})
	if err != nil {
		return err
	}
	given.titlef("Executions of %d steps that do nothing, %d bytes each, from before they are accepted until their end is committed", durableSteps, rowSize)
	durations(all).write(given.out)
	return nil
}

// titlef says what the next table is of.
func (s *settings) titlef(format string, args ...any) {
	fmt.Fprintf(s.out, "%s: medians of %d rounds of %s, in turn\n\n", fmt.Sprintf(format, args...), s.rounds, s.length)
}

// inTurn measures all in each round, so that what else happens on the machine meets all of them.
func (s *settings) inTurn(all []*measured, once func(*measured) (load.Sample, error)) error {
	for round := range s.rounds + 1 {
		for _, one := range all {
			sample, err := once(one)
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			if round > 0 { // the first one warms up
				one.rounds = append(one.rounds, sample)
			}
		}
	}
	return nil
}

func (s *settings) drive(callers int) *drive.Plan {
	payload := []byte(`{"pad":"` + strings.Repeat("x", rowSize-len(`{"pad":""}`)) + `"}`)
	return &drive.Plan{Callers: callers, For: s.length, Steps: durableSteps, Payload: payload}
}

// durations gives a row for each; the ratio is the median of the rounds' own ratios to the first one's rate.
func durations(all []*measured) table {
	rows := table{{"in flight", "", "each second", "p50", "p99", "ratio"}}
	for _, one := range all {
		ratios := make([]float64, len(one.rounds))
		for i := range one.rounds {
			ratios[i] = one.rounds[i].Rate() / all[0].rounds[i].Rate()
		}
		rows = append(rows, []string{
			strconv.Itoa(one.callers), one.name,
			fmt.Sprintf("%.0f", median(one.rounds, load.Sample.Rate)),
			latency(median(one.rounds, func(s load.Sample) time.Duration { return s.P50 })),
			latency(median(one.rounds, func(s load.Sample) time.Duration { return s.P99 })),
			fmt.Sprintf("%.2f", median(ratios, func(r float64) float64 { return r })),
		})
	}
	return rows
}

// latency is empty where only the rate was measured.
func latency(of time.Duration) string {
	if of == 0 {
		return ""
	}
	return micros(of)
}

// hostsOf gives each store the ids of its slot.
func hostsOf(ctx context.Context, stores []store.Store) ([]drive.Host, error) {
	var made []drive.Host
	for _, each := range stores {
		newest, err := each.Newest(ctx)
		if err != nil {
			return nil, err
		}
		made = append(made, drive.Host{Store: each, NewID: pipeline.IDs(each.Slot, newest)})
	}
	return made, nil
}
