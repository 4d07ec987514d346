package scope_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// TestMain has the fetchers trust the certificate of httptest's servers.
func TestMain(m *testing.M) {
	server := httptest.NewTLSServer(nil)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	server.Close()
	folder, err := os.MkdirTemp("", "scope")
	path := filepath.Join(folder, "roots.pem")
	if err := errors.Join(err, os.WriteFile(path, certificate, 0o600), os.Setenv("SSL_CERT_FILE", path)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(folder)
		os.Exit(code)
	}))
}

func execution(depth int) *integration.Execution {
	of := target("orders", "acme", "receive")
	of.Flow.Name = "Receive order"
	of.Flow.Steps = []integration.Step{{Name: "Compute totals", Key: "computeTotals"}}
	return &integration.Execution{ID: 1_234_567_890_123, Target: of, Depth: depth}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))
	host := (&scope.Shared{Log: log, MaxLines: 3, MaxHeld: 1 << 20}).For(execution(0), true)
	host.Log(hostapi.Line{Step: "computeTotals", Level: hostapi.Warn, Text: "careful"})
	host.Log(hostapi.Line{Step: "computeTotals", Level: hostapi.Debug, Text: "hidden"})
	host.Log(hostapi.Line{Step: "computeTotals", Level: hostapi.Metric, Text: strings.Repeat("ü", 5000), Dropped: 4})
	host.Log(hostapi.Line{Step: "computeTotals", Level: hostapi.Error, Text: "one too many"})
	if got := out.String(); !strings.Contains(got, `level=WARN msg=careful execution=000013xrzp16b instance=acme flow="Receive order" step="Compute totals"`) ||
		strings.Contains(got, "hidden") || strings.Contains(got, "too many") {
		t.Errorf("logged %s", got)
	}
	lines, dropped := host.Lines()
	if len(lines) != 3 || dropped != 5 || lines[0].Text != "careful" || lines[2].Text != strings.Repeat("ü", hostapi.MaxLine) {
		t.Errorf("kept %d lines, dropped %d", len(lines), dropped)
	}
}

func texts(lines []hostapi.Line) string {
	var texts []string
	for _, line := range lines {
		texts = append(texts, line.Text)
	}
	return strings.Join(texts, "|")
}

func TestDrain(t *testing.T) {
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	host := (&scope.Shared{Log: log, MaxLines: 7, MaxHeld: 10}).For(execution(0), true)
	write := func(lines ...string) {
		for _, line := range lines {
			host.Log(hostapi.Line{Text: line, At: time.UnixMilli(int64(len(line)))})
		}
	}
	if got := host.Drain(); got != nil {
		t.Errorf("before the first line: %v", got)
	}
	write("one", "two")
	if got := texts(host.Drain()); got != "one|two" {
		t.Errorf("got %s", got)
	}
	write("12345", "123456", "12345") // the second would be over 10 bytes
	got := host.Drain()
	if want := "12345|12345|lines beyond what an execution may log were dropped: 1"; texts(got) != want || got[2].Dropped != 1 || got[2].At.UnixMilli() != 6 {
		t.Errorf("got %+v", got)
	}
	write("6", "7", "8", "9") // two more than 7 lines, the dropped one among them
	if got := texts(host.Drain()); got != "6|7|lines beyond what an execution may log were dropped: 2" {
		t.Errorf("got %s", got)
	}
	if lines, dropped := host.Lines(); lines != nil || dropped != 3 {
		t.Errorf("left %v, dropped %d", lines, dropped)
	}
	if got := host.Drain(); got != nil {
		t.Errorf("after the last line: %v", got)
	}
}

func TestDrainOfWhatIsNotCollected(t *testing.T) {
	t.Parallel()
	host := (&scope.Shared{Log: slog.New(slog.DiscardHandler), MaxLines: 1, MaxHeld: 10}).For(execution(0), false)
	host.Log(hostapi.Line{Text: "one"})
	host.Log(hostapi.Line{Text: "two"})
	if got := host.Drain(); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestInvokeDepth(t *testing.T) {
	t.Parallel()
	asked := 0
	shared := &scope.Shared{MaxDepth: 2, Invoke: func(_ context.Context, parent *integration.Execution, _ hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
		asked++
		return hostapi.InvokeResponse{Status: 200 + parent.Depth}, nil
	}}
	if got, err := shared.For(execution(1), false).InvokeFlow(t.Context(), hostapi.InvokeRequest{Flow: "x"}); err != nil || got.Status != 201 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := shared.For(execution(2), false).InvokeFlow(t.Context(), hostapi.InvokeRequest{Flow: "x"}); !fault.Is(err, fault.Refused) || asked != 1 {
		t.Errorf("beyond the limit: %v, asked %d times", err, asked)
	}
}
