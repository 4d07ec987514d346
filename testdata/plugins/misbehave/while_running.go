package main

import (
	"context"
	"os"
)

// crash ends the process in the middle of a run.
func crash() {
	serve(func(context.Context) { os.Exit(7) })
}

// panics lets a run panic, as a defect of an engine does.
func panics() {
	serve(func(context.Context) { panic("a defect of the engine") })
}

// hang never returns from a run: it listens neither to its context nor to the host.
func hang() {
	serve(func(context.Context) { select {} })
}

// deaf hangs in a run, and does not notice the end of its host: its lifeline is not the one that the host holds.
func deaf() {
	endless, _, err := os.Pipe()
	if err != nil {
		os.Exit(1)
	}
	os.Stdin = endless
	hang()
}

// hog takes memory until somebody stops it. All of it is touched and kept.
func hog() {
	const piece = 8 << 20
	serve(func(context.Context) {
		var kept [][]byte
		for {
			block := make([]byte, piece)
			for i := 0; i < piece; i += 4096 {
				block[i] = 1
			}
			kept = append(kept, block)
			if len(kept) > 1<<20 {
				return
			}
		}
	})
}
