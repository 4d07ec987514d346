package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/telemetry"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func executed() *integration.Execution {
	return &integration.Execution{ID: 1_234_567_890_123, Target: integration.Target{
		Instance: &integration.Instance{Name: "acme"}, Flow: &integration.Flow{Name: "Receive order", Slug: "receive-order"},
	}}
}

func get(t *testing.T, handler http.Handler, path string) (int, string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return recorder.Code, recorder.Body.String()
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics(func() []telemetry.Process {
		return []telemetry.Process{
			{Engine: "javascript", Integration: "orders", Running: true, RSS: 4096, LanesOpen: 3, Busy: 2, Starts: 5, Kills: 1},
			{Provider: "oauth2", Running: true, RSS: 2048, Busy: 4, Waiting: 6, Starts: 3, Crashes: 2},
		}
	})
	observer := &telemetry.Observer{Log: slog.New(slog.DiscardHandler), Metrics: metrics}
	observer.Answered(executed(), &integration.Outcome{
		Trigger: &engine.StepResult{Key: "receive", Elapsed: time.Second},
		Steps:   []engine.StepResult{{Key: "total", Elapsed: 2 * time.Second, Fault: fault.New(fault.User, fault.Thrown, "boom")}},
		Elapsed: 3 * time.Second,
		Fault:   fault.New(fault.User, fault.Thrown, "boom"),
	}, 500, true)
	observer.Answered(&integration.Execution{}, &integration.Outcome{Fault: fault.New(fault.Host, fault.NotFound, "nothing")}, 404, false)
	observer.Accepted(executed(), 2*time.Millisecond)
	observer.Tried(executed(), &integration.Outcome{Fault: fault.New(fault.User, fault.Thrown, "boom")}, store.Waiting)
	observer.Tried(&integration.Execution{}, &integration.Outcome{Fault: fault.New(fault.Host, fault.NotFound, "no flow")}, store.DeadLetter)
	metrics.Depths(func() map[store.Status]int { return map[store.Status]int{store.Held: 7} })
	metrics.History(func() telemetry.Recording {
		return telemetry.Recording{Kept: 8, Waiting: 9, Bytes: 10, Dropped: telemetry.Dropped{Contents: 11, Steps: 12, Executions: 13, Failures: 14}, Deleted: 15}
	})
	var ill error
	handler := telemetry.Operators(metrics, func(context.Context) error { return ill })
	status, body := get(t, handler, "/metrics")
	for _, line := range []string{
		`hookstep_requests_total{flow="receive-order",instance="acme",status="500"} 1`,
		`hookstep_requests_total{flow="",instance="",status="404"} 1`,
		`hookstep_execution_seconds_sum{flow="receive-order",instance="acme"} 3`,
		`hookstep_steps_total{fault="",flow="receive-order",instance="acme",step="receive"} 1`,
		`hookstep_steps_total{fault="thrown",flow="receive-order",instance="acme",step="total"} 1`,
		`hookstep_step_seconds_total{flow="receive-order",instance="acme",step="total"} 2`,
		`hookstep_executions_total{flow="receive-order",instance="acme",status="failed"} 1`,
		`hookstep_executions_total{flow="receive-order",instance="acme",status="waiting"} 1`,
		`hookstep_executions_total{flow="",instance="",status="dead-letter"} 1`,
		`hookstep_accept_seconds_sum{flow="receive-order",instance="acme"} 0.002`,
		`hookstep_executions_waiting{status="held"} 7`,
		`hookstep_executions_waiting{status="running"} 0`,
		`hookstep_engine_running{engine="javascript",integration="orders"} 1`,
		`hookstep_engine_resident_bytes{engine="javascript",integration="orders"} 4096`,
		`hookstep_engine_lanes_busy{engine="javascript",integration="orders"} 2`,
		`hookstep_provider_running{provider="oauth2"} 1`, `hookstep_provider_resident_bytes{provider="oauth2"} 2048`,
		`hookstep_provider_calls{provider="oauth2"} 4`, `hookstep_provider_waiting{provider="oauth2"} 6`,
		`hookstep_provider_starts_total{provider="oauth2"} 3`, `hookstep_provider_crashes_total{provider="oauth2"} 2`,
		`hookstep_engine_starts_total{engine="javascript",integration="orders"} 5`,
		`hookstep_history_recorded_total 8`, `hookstep_history_waiting 9`, `hookstep_history_waiting_bytes 10`, `hookstep_history_deleted_total 15`,
		`hookstep_history_dropped_total{what="contents"} 11`, `hookstep_history_dropped_total{what="steps"} 12`,
		`hookstep_history_dropped_total{what="executions"} 13`, `hookstep_history_dropped_total{what="failures"} 14`,
		`hookstep_engine_kills_total{engine="javascript",integration="orders"} 1`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	if strings.Contains(body, "hookstep_provider_lanes") {
		t.Error("a provider has lanes")
	}
	if status != 200 {
		t.Errorf("status %d:\n%s", status, body)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/other": 404} {
		if got, _ := get(t, handler, path); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
	ill = errors.New("the disk is full")
	if got, text := get(t, handler, "/readyz"); got != 503 || text != "not ready: the disk is full\n" {
		t.Errorf("not ready: %d %s", got, text)
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault *fault.Fault
		level string
	}{
		{nil, "DEBUG"},
		{fault.New(fault.Host, fault.NotFound, "x"), "INFO"},
		{fault.New(fault.User, fault.Malformed, "x"), "INFO"},
		{fault.New(fault.User, fault.Thrown, "x"), "WARN"},
		{fault.New(fault.Limit, fault.Deadline, "x"), "WARN"},
		{fault.New(fault.Engine, fault.WorkerLost, "x"), "ERROR"},
		{fault.New(fault.Host, fault.Internal, "x"), "ERROR"},
	} {
		var out bytes.Buffer
		log, err := telemetry.NewLogger(&out, "auto", "debug")
		if err != nil {
			t.Fatal(err)
		}
		observer := &telemetry.Observer{Log: log, Metrics: telemetry.NewMetrics(func() []telemetry.Process { return nil })}
		observer.Answered(executed(), &integration.Outcome{Fault: test.fault}, 200, true)
		var line map[string]any
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", out.Bytes(), err)
		}
		if line["level"] != test.level || line["execution"] != "000013xrzp16b" || line["flow"] != "Receive order" || line["instance"] != "acme" {
			t.Errorf("%v: logged %v", test.fault, line)
		}
	}
}

func TestTheLogHasTheCauses(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "text", "info")
	if err != nil {
		t.Fatal(err)
	}
	observer := &telemetry.Observer{Log: log, Metrics: telemetry.NewMetrics(func() []telemetry.Process { return nil })}
	observer.Answered(executed(), &integration.Outcome{Elapsed: 1500 * time.Microsecond, Fault: &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Name: "TypeError", Message: "fetch failed", Step: "ask",
		Cause: fault.New(fault.Downstream, fault.Unreachable, "api.example refused the connection"),
	}}, 500, true)
	for _, want := range []string{`error="step ask: TypeError: fetch failed: api.example refused the connection"`, "milliseconds=1.5"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}

func TestTheLogHasTheStack(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "text", "info")
	if err != nil {
		t.Fatal(err)
	}
	observer := &telemetry.Observer{Log: log, Metrics: telemetry.NewMetrics(func() []telemetry.Process { return nil })}
	observer.Answered(executed(), &integration.Outcome{Fault: &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Message: "boom", Step: "total", Stack: []fault.Frame{{Function: "sum", File: "total.js", Line: 3, Column: 7}},
	}}, 500, true)
	for _, want := range []string{"fault=user/thrown", `error="step total: boom"`, "step=total", "sum (total.js:3:7)", "status=500"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}

func TestNewLogger(t *testing.T) {
	t.Parallel()
	if _, err := telemetry.NewLogger(os.Stderr, "auto", "loud"); err == nil {
		t.Error("a level that does not exist was taken")
	}
	if _, err := telemetry.NewLogger(os.Stderr, "xml", "info"); err == nil {
		t.Error("a format that does not exist was taken")
	}
	var out bytes.Buffer
	log, err := telemetry.NewLogger(&out, "json", "warn")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	if out.Len() > 0 {
		t.Errorf("logged %s", out.String())
	}
}
