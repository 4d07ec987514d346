package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Observer counts and logs answered requests.
type Observer struct {
	Log     *slog.Logger
	Metrics *Metrics
}

// Answered implements pipeline.Observer. What succeeded is logged at debug level, what a caller or code did wrong as a
// warning, what the program or an engine did as an error.
func (o *Observer) Answered(execution *integration.Execution, outcome *integration.Outcome, status int, ran bool) {
	o.Metrics.request(execution.Target, status)
	if ran {
		o.Metrics.execution(execution.Target, outcome, store.EndOf(outcome))
	}
	o.tell("answered", execution, outcome, slog.Int("status", status))
}

// Accepted implements pipeline.Observer.
func (o *Observer) Accepted(execution *integration.Execution, took time.Duration) {
	target := &execution.Target
	o.Metrics.accepted.WithLabelValues(string(target.Instance.Name), string(target.Flow.Slug)).Observe(took.Seconds())
}

// Tried implements pipeline.Observer. The levels are those of Answered.
func (o *Observer) Tried(execution *integration.Execution, outcome *integration.Outcome, status store.Status) {
	o.Metrics.execution(execution.Target, outcome, status)
	o.tell("ran", execution, outcome, slog.String("status", string(status)))
}

func (o *Observer) tell(what string, execution *integration.Execution, outcome *integration.Outcome, status slog.Attr) {
	ctx, level := context.Background(), severity(outcome.Fault)
	if !o.Log.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 12),
		slog.String("execution", execution.ID.String()), status, slog.Float64("milliseconds", float64(outcome.Elapsed.Microseconds())/1000))
	if flow := execution.Target.Flow; flow != nil {
		attrs = append(attrs, slog.String("instance", string(execution.Target.Instance.Name)), slog.String("flow", string(flow.Name)))
	}
	attrs = append(attrs, faultAttrs(outcome.Fault)...)
	o.Log.LogAttrs(ctx, level, what, attrs...)
}

func severity(of *fault.Fault) slog.Level {
	switch {
	case of == nil:
		return slog.LevelDebug
	case of.Source == fault.Engine, of.Code == fault.Internal:
		return slog.LevelError
	case of.Code == fault.NotFound, of.Code == fault.Unauthorized, of.Code == fault.Malformed, of.Code == fault.Canceled:
		return slog.LevelInfo
	}
	return slog.LevelWarn
}

// faultAttrs tells all that is known, the stack too.
func faultAttrs(of *fault.Fault) []slog.Attr {
	if of == nil {
		return nil
	}
	attrs := []slog.Attr{slog.String("fault", string(of.Source)+"/"+string(of.Code)), slog.String("error", of.Story())}
	if of.Step != "" {
		attrs = append(attrs, slog.String("step", of.Step))
	}
	if len(of.Stack) > 0 {
		stack := make([]string, len(of.Stack))
		for i, frame := range of.Stack {
			stack[i] = frame.String()
		}
		attrs = append(attrs, slog.Any("stack", stack))
	}
	return attrs
}

// Operators serves what operators and their tools ask: /healthz, /readyz, /metrics. Ready tells why requests are not served, nil if they are.
func Operators(metrics *Metrics, ready func(ctx context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(writer http.ResponseWriter, _ *http.Request) { say(writer, nil) })
	mux.HandleFunc("GET /readyz", func(writer http.ResponseWriter, request *http.Request) { say(writer, ready(request.Context())) })
	mux.Handle("GET /metrics", metrics.Handler())
	return mux
}

func say(writer http.ResponseWriter, ill error) {
	writer.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text := "ok\n"
	if ill != nil {
		writer.WriteHeader(http.StatusServiceUnavailable)
		text = "not ready: " + ill.Error() + "\n"
	}
	_, _ = writer.Write([]byte(text)) // a caller who is gone cannot be told
}
