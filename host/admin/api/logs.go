package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	typeEvents = "text/event-stream"
	heartbeat  = 15 * time.Second // between comments, so that nothing on the way takes the connection for dead
	slowest    = 30 * time.Second // that one write to a follower may take
)

func (h *Handler) logs(writer http.ResponseWriter, request *http.Request) error {
	id, err := idOf(request)
	if err != nil {
		return err
	}
	values := request.URL.Query()
	after, err := countOf(values, "after")
	if err != nil {
		return err
	}
	follow, err := flagOf(values, "follow")
	if err != nil {
		return err
	}
	if follow || strings.Contains(request.Header.Get("Accept"), typeEvents) {
		return h.follow(writer, request, id, after)
	}
	chunks, more, err := admin.Logs(request.Context(), h.rooms.Store, id, after)
	if err != nil {
		return err
	}
	answer := wire.Log{Lines: []wire.Line{}, Next: after, More: more}
	for _, chunk := range chunks {
		answer.Lines = append(answer.Lines, linesOf(chunk.Lines)...)
		answer.Next = chunk.Number
	}
	return send(writer, http.StatusOK, answer)
}

// follow sends the log as server-sent events: `lines` with a wire.Log for each piece, whose id is the piece's number, and at last
// `end` with a wire.End. A stream that ends without it was cut off; a new request with Last-Event-ID goes on where it was.
func (h *Handler) follow(writer http.ResponseWriter, request *http.Request, id integration.ExecutionID, after int) error {
	if last := request.Header.Get("Last-Event-ID"); last != "" {
		number, err := strconv.ParseUint(last, 10, 31)
		if err != nil {
			return invalid("Last-Event-ID", "%q is no id of an event", last)
		}
		after = int(number)
	}
	ctx, cancel := context.WithCancel(request.Context())
	defer cancel()
	defer context.AfterFunc(h.ending, cancel)() //nolint:contextcheck // it lives as long as the handler, not the request
	out := &events{writer: writer, control: http.NewResponseController(writer), now: h.rooms.Now}
	status, err := admin.Follow(ctx, h.rooms.Store, id, after, out.chunks)
	if !out.begun || err == nil {
		if err == nil {
			_ = out.send("end", 0, wire.End{Status: string(status)}) // a follower who is gone cannot be told
		}
		return err
	}
	return nil // half a stream: that it ends without `end` tells
}

// events writes server-sent events.
type events struct {
	writer  http.ResponseWriter
	control *http.ResponseController
	now     func() time.Time
	begun   bool
	last    time.Time
}

func (e *events) chunks(chunks []store.LogChunk) error {
	if !e.begun {
		e.writer.Header().Set("Content-Type", typeEvents)
		e.writer.WriteHeader(http.StatusOK)
		e.begun = true
		if err := e.write(": the log of an execution\n\n"); err != nil {
			return err
		}
	}
	for _, chunk := range chunks {
		if err := e.send("lines", chunk.Number, wire.Log{Lines: slices.Clip(linesOf(chunk.Lines)), Next: chunk.Number}); err != nil {
			return err
		}
	}
	if e.now().Sub(e.last) >= heartbeat {
		return e.write(":\n\n")
	}
	return nil
}

// send writes one event; without an id if that is 0.
func (e *events) send(name string, id int, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	head := "event: " + name + "\n"
	if id > 0 {
		head += fmt.Sprintf("id: %d\n", id)
	}
	return e.write(head + "data: " + string(text) + "\n\n")
}

// write sends at once. A server's limit for a whole answer is not for one that goes on as long as an execution does.
func (e *events) write(text string) error {
	now := time.Now()
	_ = e.control.SetWriteDeadline(now.Add(slowest)) // a writer without deadlines has none to be lifted
	if _, err := e.writer.Write([]byte(text)); err != nil {
		return err
	}
	e.last = e.now()
	return e.control.Flush()
}
