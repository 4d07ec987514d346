package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

const (
	patience = 30 * time.Second // how long a host may be away while its log is followed
	pause    = time.Second      // between two tries to reach it
)

// Follow hands each the lines of a log after a piece, as they come, and gives the status with which the execution ended. A stream that
// was cut off is taken up again where it was, for as long as a host that restarts needs.
func (c *Client) Follow(ctx context.Context, id string, after int, each func([]wire.Line) error) (status string, err error) {
	seen := time.Now()
	for begun := false; ; {
		stream := &stream{after: after, each: each}
		err := c.stream(ctx, id, stream)
		switch {
		case err == nil:
			return stream.status, nil
		case stream.own:
			return "", err
		}
		if stream.begun {
			begun, seen, after = true, time.Now(), stream.after
		}
		if !begun || !passing(err) || time.Since(seen) > patience {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// passing tells what another try may mend.
func passing(err error) bool {
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused.Status == http.StatusServiceUnavailable
	}
	_, ok := errors.AsType[*NoAnswer](err)
	return ok
}

// stream is one answer of server-sent events.
type stream struct {
	after  int // number of the last piece that was handed over
	each   func([]wire.Line) error
	begun  bool
	own    bool // the error is that of each
	status string
}

func (c *Client) stream(ctx context.Context, id string, into *stream) error {
	header := http.Header{"Accept": {"text/event-stream"}}
	if into.after > 0 {
		header.Set("Last-Event-Id", strconv.Itoa(into.after))
	}
	response, err := c.send(ctx, http.MethodGet, path("executions", id, "logs"), nil, nil, header)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	into.begun = true
	err = into.read(response.Body)
	switch {
	case err == nil || into.own:
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	}
	return &NoAnswer{Address: c.address(), Err: err}
}

// read reads events until the one that ends the log. An event is lines of `name: value` up to an empty one.
func (s *stream) read(from io.Reader) error {
	reader := bufio.NewReader(from)
	event := map[string]string{}
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the log was cut off: %w", err)
		}
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			name, text, _ := strings.Cut(line, ":")
			event[name] = strings.TrimPrefix(text, " ")
			continue
		}
		if ended, err := s.take(event); ended || err != nil {
			return err
		}
		clear(event)
	}
}

// take takes one event. Those of other names are for later versions.
func (s *stream) take(event map[string]string) (ended bool, err error) {
	switch event["event"] {
	case "lines":
		var part wire.Log
		if err := json.Unmarshal([]byte(event["data"]), &part); err != nil {
			return false, err
		}
		if err := s.each(part.Lines); err != nil {
			s.own = true
			return false, err
		}
		s.after = part.Next
	case "end":
		var last wire.End
		if err := json.Unmarshal([]byte(event["data"]), &last); err != nil {
			return false, err
		}
		s.status = last.Status
		return true, nil
	}
	return false, nil
}
