package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

// callers send events until each was accepted, as a sender of webhooks does that keeps what got no 2xx.
type callers struct {
	fleet *fleet
	notes *ledger.Ledger
	http  *http.Client
	seed  uint64

	duplicates atomic.Int64 // sent on purpose, at the same instant
	repeats    atomic.Int64 // of requests that got no 2xx
}

// event is one webhook. Its id is its dedupe key.
type event struct {
	Event string `json:"event"`
	Lane  string `json:"lane,omitempty"`
	Place int    `json:"place,omitempty"`
	Pad   string `json:"pad,omitempty"` // makes payloads of several sizes

	flow   string
	number int // of its caller's
}

// limits of what is under way: the hosts are to be killed at work, not to be flooded.
const (
	backlog    = 200 // executions that are accepted and not finished
	pollEvery  = 5 * time.Millisecond
	answerTime = 30 * time.Second // after which a caller repeats
)

func newCallers(seed uint64, fleet *fleet, notes *ledger.Ledger) *callers {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Second}
	return &callers{seed: seed, fleet: fleet, notes: notes, http: &http.Client{Transport: transport, Timeout: answerTime}}
}

// run sends events one after the other until stop is closed; then the last one is accepted. Ctx ends it at once.
func (c *callers) run(ctx context.Context, caller int, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(c.seed, uint64(caller)))
	for number := 1; ; number++ {
		if !c.awaitRoom(ctx, stop) {
			return
		}
		sent := compose(random, caller, number)
		times := 1
		if random.IntN(10) == 0 {
			times = 2
			c.duplicates.Add(1)
		}
		c.send(ctx, &sent, times)
	}
}

// awaitRoom waits until the hosts have caught up; false: stop.
func (c *callers) awaitRoom(ctx context.Context, stop <-chan struct{}) bool {
	for {
		select {
		case <-stop:
			return false
		default:
		}
		if accepted, ended := c.notes.Counts(); accepted-ended < backlog {
			return true
		}
		if pause(ctx, pollEvery) != nil {
			return false
		}
	}
}

// compose makes an event. Payloads are small most times, above a kibibyte now and then, and rarely large.
func compose(random *rand.Rand, caller, number int) event {
	made := event{Event: fmt.Sprintf("event-%d-%d", caller, number), flow: flows()[random.IntN(len(flows()))], number: number}
	if made.flow == laneFlow {
		made.Lane, made.Place = fmt.Sprintf("lane-%d", caller), number
	}
	switch size := random.IntN(100); {
	case size == 0:
		made.Pad = strings.Repeat(made.Event, 20_000)
	case size < 20:
		made.Pad = strings.Repeat(made.Event, 200)
	}
	return made
}

// send has an event accepted, times over at the same instant.
func (c *callers) send(ctx context.Context, sent *event, times int) {
	body, err := json.Marshal(sent)
	if err != nil {
		c.notes.Odd(err.Error())
		return
	}
	var group sync.WaitGroup
	for i := range times {
		group.Go(func() { c.deliver(ctx, sent, body, i) })
	}
	group.Wait()
}

// deliver repeats a request until it is accepted. The first try of each of several goes to another host.
func (c *callers) deliver(ctx context.Context, sent *event, body []byte, turn int) {
	for try := 0; ctx.Err() == nil; try++ {
		if try > 0 {
			c.repeats.Add(1)
		}
		ready := c.fleet.ready()
		if len(ready) > 0 {
			hooks := ready[(sent.number+turn+try)%len(ready)].address()
			if hooks != "" && c.post(ctx, hooks, sent, body) {
				return
			}
		}
		_ = pause(ctx, rand.N(4*pollEvery))
	}
}

// post sends a request once, and tells whether it was accepted.
func (c *callers) post(ctx context.Context, hooks string, sent *event, body []byte) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+hooks+"/hooks/storm/"+sent.flow, bytes.NewReader(body))
	if err != nil {
		c.notes.Odd(err.Error())
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Event-Id", sent.Event)
	response, err := c.http.Do(request)
	if err != nil {
		return false // nobody knows whether it was accepted
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return false
	}
	return c.read(sent, response, text)
}

// read judges an answer. What is no promise must be one of the answers with which a host says that it could not.
func (c *callers) read(sent *event, response *http.Response, text []byte) bool {
	var told struct {
		ExecutionID string `json:"executionId"`
	}
	switch status := response.StatusCode; {
	case status == http.StatusOK && json.Unmarshal(text, &told) == nil && told.ExecutionID != "":
		c.notes.Answered(ledger.Answer{Event: sent.Event, Execution: told.ExecutionID, At: time.Now()})
		return true
	case status == http.StatusBadGateway && sent.flow == checkedFlow: // the engine of its trigger was killed
	case (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) && response.Header.Get("Retry-After") != "":
	default:
		c.notes.Odd(fmt.Sprintf("%s of flow %s: %d %.300s", sent.Event, sent.flow, status, text))
	}
	return false
}
