package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/load"
)

// rowSize is how many bytes a payload, and a row of the disk's own measure, has.
const rowSize = 1 << 10

// commits appends rows to a file and syncs each to the disk before the next, for a time: what a database without any
// batching could come to at best.
func commits(given *settings) (sample load.Sample, err error) {
	file, err := os.Create(filepath.Join(given.folder, "rows"))
	if err != nil {
		return sample, err
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	row := make([]byte, rowSize)
	var latencies []time.Duration
	began := time.Now()
	for before := began; before.Sub(began) < given.length; before = time.Now() {
		if _, err := file.Write(row); err != nil {
			return sample, err
		}
		if err := file.Sync(); err != nil {
			return sample, err
		}
		latencies = append(latencies, time.Since(before))
	}
	return load.Summarize(latencies, time.Since(began)), nil
}
