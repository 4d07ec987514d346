package main

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/process"
)

// started is what one start came to.
type started struct {
	listening time.Duration // from exec to the ready line
	answered  time.Duration // from exec to the first answer of a flow with code
	idle      []process.Usage
}

// start measures how long a new process takes until its first answer, and what it holds then.
func start(ctx context.Context, given *settings) error {
	starts := make([]started, given.rounds)
	for i := range starts {
		var err error
		if starts[i], err = startOnce(ctx, given); err != nil {
			return err
		}
	}
	rows := table{
		{"start", "medians of " + strconv.Itoa(given.rounds), ""},
		{"listening", "", millis(median(starts, func(s started) time.Duration { return s.listening }))},
		{"first answer", "", millis(median(starts, func(s started) time.Duration { return s.answered }))},
		{"RSS", "all processes", megabytes(median(starts, func(s started) int64 { return process.Total(s.idle).RSS }))},
	}
	for _, each := range starts[0].idle {
		rows = append(rows, []string{"", shortened(each.Command), megabytes(each.RSS)})
	}
	rows.write(given.out)
	return nil
}

func startOnce(ctx context.Context, given *settings) (made started, err error) {
	server, err := serveHookstep(ctx, given, "hookstep", filepath.Join(given.root, orderFolder))
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	made.listening = server.Age()
	if _, err := order(ctx, given, server); err != nil {
		return made, err
	}
	made.answered = server.Age()
	made.idle, err = server.Usage()
	return made, err
}

func shortened(command string) string {
	const longest = 40
	if len(command) <= longest {
		return command
	}
	return command[:longest] + "…"
}
