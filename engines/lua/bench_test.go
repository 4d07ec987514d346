package lua_test

import (
	"context"
	"testing"

	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// BenchmarkRun is one run of one step: all that a fresh state costs, and a small order.
func BenchmarkRun(b *testing.B) {
	e := lua.New()
	program, err := e.Load(b.Context(), engine.Source{
		Files: []engine.File{script(`return function(ctx, steps)
			local total = 0
			for _, line in ipairs(steps.input.results.lines) do total = total + line.price * line.quantity end
			return { data = { total = total, currency = "EUR" } }
		end`)},
		Entries: []string{"step.lua"},
	})
	if err != nil {
		b.Fatal(err)
	}
	lane, err := e.Lane(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer lane.Close()
	order := `{"id": 7, "lines": [{"price": 1.5, "quantity": 2}, {"price": 3, "quantity": 1}, {"price": 0.5, "quantity": 10}]}`
	run := engine.Run{
		Program: program.ID,
		Context: []byte(`{"configVars": {"App Base URL": "https://app.example.com"}}`),
		Results: []engine.Result{{Key: "input", Value: value.JSON([]byte(order))}},
		Steps:   []engine.Step{{Key: "step", Entry: "step.lua", Kind: engine.KindStep}},
	}
	host := &recorder{}
	b.ReportAllocs()
	for b.Loop() {
		if err := lane.Run(b.Context(), run, host, func(context.Context, engine.StepResult) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
