// Package ingress carries webhooks between HTTP and the pipeline.
//
// It is the only stage that knows net/http and gorilla/mux.
package ingress

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Pipeline answers requests. Both methods always give a complete response.
type Pipeline interface {
	Answer(ctx context.Context, request *integration.Request) integration.Response
	// Refuse answers what cannot be made a request.
	Refuse(of *fault.Fault) integration.Response
}

// Limits of what is read. Every field must be more than zero.
type Limits struct {
	Body        int64         // bytes of a body
	BodyTimeout time.Duration // for a body to arrive
	Headers     int           // header lines
	HeaderBytes int64         // of all names and values
	Concurrent  int           // requests under way at once; one more is refused before its body is read
}

// Handler serves hooks. Every method reaches the flow, HEAD and OPTIONS too: what they mean is the flow's to say.
type Handler struct {
	router   *mux.Router
	pipeline Pipeline
	limits   Limits
	baseURL  string
	places   chan struct{}
}

// New makes the handler. BaseURL is what comes before the path in the URLs that callers use; empty: it is taken from each
// request.
func New(pipeline Pipeline, limits Limits, baseURL string) *Handler {
	handler := &Handler{
		router:   mux.NewRouter().SkipClean(true),
		pipeline: pipeline,
		limits:   limits,
		baseURL:  strings.TrimSuffix(baseURL, "/"),
		places:   make(chan struct{}, limits.Concurrent),
	}
	handler.router.PathPrefix(integration.HooksPath).HandlerFunc(handler.hook)
	handler.router.NotFoundHandler = http.HandlerFunc(handler.elsewhere)
	return handler
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(writer http.ResponseWriter, incoming *http.Request) {
	h.router.ServeHTTP(writer, incoming)
}

func (h *Handler) hook(writer http.ResponseWriter, incoming *http.Request) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	default:
		h.refuse(writer, incoming, fault.New(fault.Limit, fault.Overloaded, "%d requests are under way, which is the limit", h.limits.Concurrent))
		return
	}
	request, refused := h.read(writer, incoming)
	if refused != nil {
		h.refuse(writer, incoming, refused)
		return
	}
	write(writer, h.pipeline.Answer(incoming.Context(), request))
}

func (h *Handler) elsewhere(writer http.ResponseWriter, incoming *http.Request) {
	h.refuse(writer, incoming, fault.New(fault.Host, fault.NotFound, "there is nothing at %s; hooks are below %s", incoming.URL.Path, integration.HooksPath))
}

// refuse answers without waiting for the rest of a body: the connection ends with the answer.
func (h *Handler) refuse(writer http.ResponseWriter, incoming *http.Request, of *fault.Fault) {
	if incoming.ContentLength != 0 {
		writer.Header().Set("Connection", "close")
	}
	write(writer, h.pipeline.Refuse(of))
}

// write writes a response. The body goes out as it is.
func write(writer http.ResponseWriter, response integration.Response) {
	header := writer.Header()
	for _, line := range response.Headers {
		name := http.CanonicalHeaderKey(line.Name)
		header[name] = append(header[name], line.Value)
	}
	writer.WriteHeader(response.Status)
	if len(response.Body) > 0 {
		_, _ = writer.Write(response.Body) // a caller who is gone cannot be told
	}
}
