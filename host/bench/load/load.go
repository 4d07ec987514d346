// Package load sends one HTTP request over and over on keep-alive connections, cheaply enough that the server decides
// the figures.
package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Target is a request and what must come back. Both are compared and sent as bytes; nothing is parsed that need not be.
type Target struct {
	Address string // host:port
	Path    string
	Headers []string // lines without their end, as in "Content-Type: application/json"
	Body    []byte
	Status  int
	Answer  []byte // nil: any body will do
}

// Sample is what a run came to.
type Sample struct {
	Requests int
	Elapsed  time.Duration
	P50      time.Duration
	P99      time.Duration
}

// Rate is requests per second.
func (s Sample) Rate() float64 { return float64(s.Requests) / s.Elapsed.Seconds() }

// Plan says how much to send: until Requests are sent, or For has passed; whichever is set.
type Plan struct {
	Connections int
	For         time.Duration
	Requests    int
}

// Run sends by the plan. The first answer that is not the target's ends it with an error that shows the answer.
func Run(ctx context.Context, target Target, plan Plan) (Sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	budget := newBudget(plan)
	workers := make([]worker, plan.Connections)
	started := time.Now()
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			if err := workers[i].run(ctx, target, budget); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	elapsed := time.Since(started)
	if err := context.Cause(ctx); err != nil {
		return Sample{}, err
	}
	var all []time.Duration
	for _, worker := range workers {
		all = append(all, worker.latencies...)
	}
	return Summarize(all, elapsed), nil
}

// Answer is what came back.
type Answer struct {
	Status int
	Body   []byte
}

// Once sends one request on a connection of its own, and compares nothing.
func Once(ctx context.Context, target Target) (Answer, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Address)
	if err != nil {
		return Answer{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(target.bytes()); err != nil {
		return Answer{}, err
	}
	status, body, err := readAnswer(bufio.NewReader(conn), nil)
	return Answer{Status: status, Body: body}, err
}

// budget tells workers whether to send another request.
type budget struct {
	left     atomic.Int64
	deadline time.Time
}

func newBudget(plan Plan) *budget {
	made := &budget{}
	made.left.Store(int64(plan.Requests))
	if plan.For > 0 {
		made.deadline = time.Now().Add(plan.For)
	}
	return made
}

func (b *budget) take(now time.Time) bool {
	if !b.deadline.IsZero() {
		return now.Before(b.deadline)
	}
	return b.left.Add(-1) >= 0
}

// worker is one connection.
type worker struct {
	latencies []time.Duration
}

func (w *worker) run(ctx context.Context, target Target, budget *budget) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", target.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	request, reader := target.bytes(), bufio.NewReaderSize(conn, 32<<10)
	var body []byte
	for before := time.Now(); budget.take(before) && ctx.Err() == nil; {
		if _, err := conn.Write(request); err != nil {
			return fmt.Errorf("sending a request: %w", err)
		}
		var status int
		if status, body, err = readAnswer(reader, body); err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		if status != target.Status || target.Answer != nil && !bytes.Equal(body, target.Answer) {
			return fmt.Errorf("unexpected answer: status %d, body %.300q", status, body)
		}
		after := time.Now()
		w.latencies = append(w.latencies, after.Sub(before))
		before = after
	}
	return nil
}

func (t Target) bytes() []byte {
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: %s\r\n", t.Path, t.Address)
	for _, line := range t.Headers {
		request.WriteString(line + "\r\n")
	}
	fmt.Fprintf(&request, "Content-Length: %d\r\n\r\n", len(t.Body))
	request.Write(t.Body)
	return request.Bytes()
}

var errNoLength = errors.New("the answer has no Content-Length")

// readAnswer reads one answer into body's space.
func readAnswer(reader *bufio.Reader, body []byte) (int, []byte, error) {
	line, err := reader.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, nil, fmt.Errorf("not a status line: %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, nil, fmt.Errorf("not a status line: %q", line)
	}
	length, err := readHeaders(reader)
	if err != nil {
		return 0, nil, err
	}
	body = slices.Grow(body[:0], length)[:length]
	_, err = io.ReadFull(reader, body)
	return status, body, err
}

// readHeaders skips the headers and gives the Content-Length.
func readHeaders(reader *bufio.Reader) (int, error) {
	length := -1
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return 0, fmt.Errorf("not a length: %q", line)
			}
		}
	}
	if length < 0 {
		return 0, errNoLength
	}
	return length, nil
}

// Join makes one sample of several that ran at the same time: quantiles are those of the slowest.
func Join(samples ...Sample) Sample {
	var joined Sample
	for _, each := range samples {
		joined.Requests += each.Requests
		joined.Elapsed = max(joined.Elapsed, each.Elapsed)
		joined.P50, joined.P99 = max(joined.P50, each.P50), max(joined.P99, each.P99)
	}
	return joined
}

// Summarize makes a sample of latencies, which it sorts.
func Summarize(latencies []time.Duration, elapsed time.Duration) Sample {
	slices.Sort(latencies)
	return Sample{Requests: len(latencies), Elapsed: elapsed, P50: quantile(latencies, 0.50), P99: quantile(latencies, 0.99)}
}

func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
