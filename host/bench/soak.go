package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/bench/process"
)

// What may be more after the soak than before it: memory that a collector has not given back yet, nothing else.
const (
	memorySlack  = 24 << 20
	memoryFactor = 1.25
	countSlack   = 4 // of goroutines and descriptors: idle connections that are closing
)

// holding is what the server's processes hold with no request under way.
type holding struct {
	usage      []process.Usage
	goroutines int // of the host
}

// soak sends many requests and fails when the server holds more afterwards.
func soak(ctx context.Context, given *settings) (err error) {
	server, err := serveHookstep(ctx, given, "hookstep", filepath.Join(given.root, orderFolder))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	target, err := order(ctx, given, server)
	if err != nil {
		return err
	}
	plan := load.Plan{Connections: 16, Requests: given.soak / 10}
	if _, err := load.Run(ctx, target, plan); err != nil { // what grows with use, as pools do, has its size then
		return err
	}
	before, err := hold(ctx, server)
	if err != nil {
		return err
	}
	plan.Requests = given.soak
	sample, err := load.Run(ctx, target, plan)
	if err != nil {
		return err
	}
	after, err := settle(ctx, server, before)
	if err != nil {
		return err
	}
	fmt.Fprintf(given.out, "Soak: %d requests at %.0f/s\n\n", sample.Requests, sample.Rate())
	holdings(before, after).write(given.out)
	return grown(before, after)
}

// settle reads what the server holds until it is no more than before, or ten seconds have passed: connections take a
// moment to close, and memory goes back after a collection.
func settle(ctx context.Context, server *process.Server, before holding) (holding, error) {
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	late := time.After(10 * time.Second)
	for {
		after, err := hold(ctx, server)
		if err != nil || grown(before, after) == nil {
			return after, err
		}
		select {
		case <-again.C:
		case <-late:
			return after, nil
		case <-ctx.Done():
			return after, context.Cause(ctx)
		}
	}
}

func hold(ctx context.Context, server *process.Server) (holding, error) {
	usage, err := server.Usage()
	if err != nil {
		return holding{}, err
	}
	goroutines, err := goroutines(ctx, server)
	return holding{usage: usage, goroutines: goroutines}, err
}

// grown tells what there is more of.
func grown(before, after holding) error {
	var problems []error
	first, last := process.Total(before.usage), process.Total(after.usage)
	if float64(last.RSS) > memoryFactor*float64(first.RSS)+memorySlack {
		problems = append(problems, fmt.Errorf("memory grew from %s to %s", megabytes(first.RSS), megabytes(last.RSS)))
	}
	if last.Files > first.Files+countSlack {
		problems = append(problems, fmt.Errorf("file descriptors grew from %d to %d", first.Files, last.Files))
	}
	if after.goroutines > before.goroutines+countSlack {
		problems = append(problems, fmt.Errorf("goroutines of the host grew from %d to %d", before.goroutines, after.goroutines))
	}
	if len(after.usage) != len(before.usage) {
		problems = append(problems, fmt.Errorf("there were %d processes, and there are %d", len(before.usage), len(after.usage)))
	}
	return errors.Join(problems...)
}

func holdings(before, after holding) table {
	rows := table{{"process", "", "RSS before", "after", "files before", "after", "goroutines before", "after"}}
	for i, each := range before.usage {
		row := []string{shortened(each.Command), "", megabytes(each.RSS), "", strconv.Itoa(each.Files), "", "", ""}
		if i < len(after.usage) {
			row[3], row[5] = megabytes(after.usage[i].RSS), strconv.Itoa(after.usage[i].Files)
		}
		if i == 0 {
			row[6], row[7] = strconv.Itoa(before.goroutines), strconv.Itoa(after.goroutines)
		}
		rows = append(rows, row)
	}
	return rows
}

// goroutines reads the host's own count off its metrics.
func goroutines(ctx context.Context, server *process.Server) (int, error) {
	var operators string
	for _, line := range server.Lines() {
		if found := ready().FindStringSubmatch(line); found != nil {
			operators = found[2]
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+operators+"/metrics", nil)
	if err != nil {
		return 0, err
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	return readGoroutines(response.Body)
}

func readGoroutines(metrics io.Reader) (int, error) {
	lines := bufio.NewScanner(metrics)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			return strconv.Atoi(text)
		}
	}
	return 0, errors.Join(lines.Err(), errors.New("the metrics do not tell the number of goroutines"))
}
