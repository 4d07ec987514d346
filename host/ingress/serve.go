package ingress

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"
)

// Timeouts of the connections that Serve accepts. Every field must be more than zero.
type Timeouts struct {
	ReadHeader time.Duration // for a request's headers to arrive
	Write      time.Duration // from then to the end of the answer: longer than any execution
	Idle       time.Duration // between two requests
	Shutdown   time.Duration // that running requests get at the end
}

// Place is a listener with what is served on it.
type Place struct {
	Listener net.Listener
	Handler  http.Handler
	Ending   func() // is called when no new requests are taken, to end answers that have no end of their own; nil: none has
}

// Serve serves places until ctx ends or one of them fails; it then takes no new requests, lets running ones end within
// the shutdown time and cuts off the rest. HeaderBytes is the handlers' limit. It closes the listeners. Only a place that failed is an error.
func Serve(ctx context.Context, places []Place, timeouts Timeouts, headerBytes int64, log *slog.Logger) error {
	failed := make(chan error, len(places))
	servers := make([]*http.Server, len(places))
	for i, place := range places {
		servers[i] = &http.Server{
			Handler:           told(place.Handler, log),
			ReadHeaderTimeout: timeouts.ReadHeader,
			WriteTimeout:      timeouts.Write,
			IdleTimeout:       timeouts.Idle,
			MaxHeaderBytes:    int(2 * headerBytes), // up to here the handler refuses, in its own words
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		}
		if place.Ending != nil {
			servers[i].RegisterOnShutdown(place.Ending)
		}
		go func() { failed <- servers[i].Serve(place.Listener) }()
	}
	var err error
	ended := 0
	select {
	case <-ctx.Done():
	case err = <-failed:
		ended++
	}
	shutdown(context.WithoutCancel(ctx), servers, timeouts.Shutdown)
	for ; ended < len(servers); ended++ {
		if other := <-failed; err == nil && !errors.Is(other, http.ErrServerClosed) {
			err = other
		}
	}
	return err
}

// told logs a panic of a handler, which is a defect of ours, and cuts its answer off. The server goes on.
func told(handler http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		defer tell(request, log)
		handler.ServeHTTP(writer, request)
	})
}

// tell logs what is being thrown, and throws what the server takes for an answer that is cut off on purpose.
func tell(request *http.Request, log *slog.Logger) {
	found := recover()
	if found == nil {
		return
	}
	if found != http.ErrAbortHandler { //nolint:errorlint // it is what was thrown, not what it wraps
		log.LogAttrs(request.Context(), slog.LevelError, "a request panicked",
			slog.String("method", request.Method), slog.String("path", request.URL.Path), slog.Any("panic", found), slog.String("stack", string(debug.Stack())))
	}
	panic(http.ErrAbortHandler)
}

// shutdown lets requests end, then closes what is left.
func shutdown(ctx context.Context, servers []*http.Server, grace time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	for _, server := range servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // its listener is closed already
		}
	}
}
