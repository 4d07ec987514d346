package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const typeJSON = "application/json"

// send answers with a document.
func send(writer http.ResponseWriter, status int, document any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return err
	}
	writer.Header().Set("Content-Type", typeJSON)
	writer.WriteHeader(status)
	_, _ = writer.Write(text.Bytes()) // a caller who is gone cannot be told
	return nil
}

// fail answers with what went wrong.
func fail(writer http.ResponseWriter, err error) {
	status, header := statusOf(err), writer.Header()
	switch known := fault.As(err, fault.Host); {
	case status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", `Bearer realm="hookstep"`)
	case status == http.StatusForbidden:
		header.Set("WWW-Authenticate", `Bearer realm="hookstep", error="insufficient_scope"`)
	case known.RetryAfter > 0:
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(known.RetryAfter.Seconds()))))
	}
	_ = send(writer, status, wire.Error{Error: words(err, status), Field: fieldOf(err), Findings: findingsOf(err)}) // texts always encode
}

func statusOf(err error) int {
	if _, ok := errors.AsType[*admin.Invalid](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[*connect.Invalid](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	if _, ok := errors.AsType[*forbidden](err); ok {
		return http.StatusForbidden
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound
	case errors.Is(err, store.ErrConflict):
		return http.StatusConflict
	}
	return statusOfCode(fault.As(err, fault.Host).Code)
}

func statusOfCode(code fault.Code) int {
	switch code {
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Refused: // by what the execution is, as one whose payload was not kept
		return http.StatusConflict
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Malformed:
		return http.StatusBadRequest
	case fault.ResultSize, fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Overloaded:
		return http.StatusTooManyRequests
	case fault.Unsupported:
		return http.StatusNotImplemented
	case fault.Unavailable, fault.Canceled:
		return http.StatusServiceUnavailable
	case fault.Unreachable, fault.Reauthorize, fault.Misconfigured: // by the service that a connection is for
		return http.StatusBadGateway
	default:
		return http.StatusInternalServerError
	}
}

func words(err error, status int) string {
	if limit, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return "the body is larger than " + strconv.FormatInt(limit.Limit>>10, 10) + " KiB"
	}
	if status == http.StatusInternalServerError {
		return "internal error; the host's log tells more"
	}
	return err.Error()
}

func fieldOf(err error) string {
	if found, ok := errors.AsType[*admin.Invalid](err); ok {
		return found.Field
	}
	return ""
}

// findingsOf gives what is wrong with each of several fields.
func findingsOf(err error) []wire.Finding {
	found, ok := errors.AsType[*connect.Invalid](err)
	if !ok {
		return nil
	}
	made := make([]wire.Finding, len(found.Findings))
	for i, one := range found.Findings {
		made[i] = wire.Finding{Field: one.Key, Message: one.Message}
	}
	return made
}

// elsewhere answers what has no route: the mux's own handler says whether the path or the method is wrong.
func elsewhere(writer http.ResponseWriter, request *http.Request, handler http.Handler) {
	said := &statusOnly{header: http.Header{}}
	handler.ServeHTTP(said, request)
	if said.status == http.StatusMethodNotAllowed {
		allowed := said.header.Get("Allow")
		writer.Header().Set("Allow", allowed)
		_ = send(writer, said.status, wire.Error{Error: request.URL.Path + " takes " + allowed + ", not " + request.Method})
		return
	}
	_ = send(writer, http.StatusNotFound, wire.Error{Error: "there is nothing at " + request.URL.Path + "; " + Prefix + "/openapi.json lists what there is"})
}

// statusOnly keeps the status and the header of an answer.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header            { return s.header }
func (s *statusOnly) WriteHeader(status int)         { s.status = status }
func (s *statusOnly) Write(text []byte) (int, error) { return len(text), nil }
