package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

// counter is what the steps call. Like any service it takes a moment, before and after it does what it is asked to.
type counter struct {
	notes *ledger.Ledger
	pause time.Duration // the longest, of each of the two moments
}

// asked is what a step says, as storm/effect.js sends it.
type asked struct {
	Event     string  `json:"event"`
	Execution string  `json:"execution"`
	Lane      string  `json:"lane"`
	Place     int     `json:"place"`
	Step      int     `json:"step"`
	Key       string  `json:"key"`
	Seen      []int64 `json:"seen"`
}

// serve answers on loopback until ctx ends, and gives the URL.
func (c *counter) serve(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return "http://" + listener.Addr().String(), nil
}

// ServeHTTP notes an effect and answers with its token. A caller that is gone before has had none.
func (c *counter) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	var told asked
	if err := json.NewDecoder(request.Body).Decode(&told); err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	if c.moment(request.Context()) != nil {
		return
	}
	token := c.notes.Done(ledger.Effect{
		Event: told.Event, Execution: told.Execution, Lane: told.Lane, Number: told.Place, Step: told.Step, Key: told.Key, Seen: told.Seen,
		At: time.Now(),
	})
	if c.moment(request.Context()) != nil {
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(writer, `{"token":%d}`, token)
}

func (c *counter) moment(ctx context.Context) error { return pause(ctx, rand.N(c.pause+1)) }

var errEnded = errors.New("ended")

// pause lets time pass, unless ctx ends.
func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errEnded
	}
}
