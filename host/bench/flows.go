package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/bench/process"
)

// manyFlows is how many flows a host must carry as easily as one.
const (
	manyFlows    = 10_000
	integrations = 100 // that they are spread over
)

// hosting is what a host with a number of flows came to.
type hosting struct {
	flows     int
	listening time.Duration
	rss       int64
	sample    load.Sample
}

// flows compares a host with one flow to one with ten thousand: time to load, memory, and the time of a request.
func flows(ctx context.Context, given *settings) error {
	rows := table{{"flows", "", "load", "RSS", "p50", "p99"}}
	for _, count := range []int{1, manyFlows} {
		hosted, err := host(ctx, given, count)
		if err != nil {
			return err
		}
		rows = append(rows, []string{
			strconv.Itoa(hosted.flows), "", millis(hosted.listening), megabytes(hosted.rss), micros(hosted.sample.P50), micros(hosted.sample.P99),
		})
	}
	rows.write(given.out)
	return nil
}

func host(ctx context.Context, given *settings, count int) (hosted hosting, err error) {
	folder, err := os.MkdirTemp("", "hookstep-flows-")
	if err != nil {
		return hosted, err
	}
	defer os.RemoveAll(folder)
	if err := writeFlows(folder, count); err != nil {
		return hosted, err
	}
	server, err := serveHookstep(ctx, given, "hookstep", folder)
	if err != nil {
		return hosted, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	hosted.flows, hosted.listening = count, server.Age()
	address, err := server.Match(ready())
	if err != nil {
		return hosted, err
	}
	target := load.Target{
		Address: address, Path: fmt.Sprintf("/hooks/many-0/flow-%d", (count-1)/integrations*integrations),
		Body: []byte(`{"n":1}`), Headers: []string{"Content-Type: application/json"}, Status: http.StatusOK, Answer: []byte(`{"n":1}`),
	}
	for range 2 { // the first run warms up
		if hosted.sample, err = load.Run(ctx, target, load.Plan{Connections: 1, For: given.length}); err != nil {
			return hosted, err
		}
	}
	usage, err := server.Usage()
	hosted.rss = process.Total(usage).RSS
	return hosted, err
}

// writeFlows writes integrations that share count flows: flow N is in the integration many-(N mod integrations).
func writeFlows(folder string, count int) error {
	for i := range min(count, integrations) {
		var text strings.Builder
		fmt.Fprintf(&text, "name: Many %d\nflows:\n", i)
		for n := i; n < count; n += integrations {
			fmt.Fprintf(&text, "  - {name: Flow %d, synchronous: true, steps: [{name: Echo, file: echo.js}]}\n", n)
		}
		dir := filepath.Join(folder, fmt.Sprintf("many-%d", i))
		if err := os.Mkdir(dir, 0o750); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "integration.yaml"), []byte(text.String()), 0o600); err != nil {
			return err
		}
		const code = "module.exports = (context, stepResults) => ({ data: stepResults.trigger.results.body.data });\n"
		if err := os.WriteFile(filepath.Join(dir, "echo.js"), []byte(code), 0o600); err != nil {
			return err
		}
	}
	return nil
}
