package scope_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	host := (&scope.Shared{Log: log, MaxLines: 3}).For(execution(0), true)
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
