package javascript_test

import (
	"context"
	"os"
	"testing"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

const totals = `module.exports = async ({ logger }, stepResults) => {
  const order = stepResults.trigger.results.body.data;
  const lines = order.items.map((item) => ({ sku: item.sku, quantity: item.quantity, total: item.quantity * item.price }));
  const net = lines.reduce((sum, line) => sum + line.total, 0);
  return { data: { id: order.id, customer: order.customer.name, lines, net, tax: Math.round(net * 19) / 100 } };
};
`

const summary = `module.exports = async (context, stepResults) => {
  const t = stepResults.computeTotals.results;
  return { data: { text: t.customer + ': ' + t.lines.length + ' lines, ' + (t.net + t.tax).toFixed(2), gross: t.net + t.tax } };
};
`

const trivial = `module.exports = async () => ({ data: 1 })`

func orderRun(tb testing.TB, e engine.Engine) engine.Run {
	tb.Helper()
	body, err := os.ReadFile("testdata/order.json")
	if err != nil {
		tb.Fatal(err)
	}
	id := load(tb, e, files(map[string]string{"totals.js": totals, "summary.js": summary}, "totals.js", "summary.js"))
	run := single(id, string(body))
	run.Steps = []engine.Step{
		{Key: "computeTotals", Entry: "totals.js", Kind: engine.KindStep},
		{Key: "summarize", Entry: "summary.js", Kind: engine.KindStep},
	}
	return run
}

func bench(b *testing.B, e engine.Engine, run engine.Run) {
	b.Helper()
	lane, err := e.Lane(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	host := &recorder{}
	done := func(context.Context, engine.StepResult) error { return nil }
	b.ReportAllocs()
	for b.Loop() {
		if err := lane.Run(b.Context(), run, host, done); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOrder(b *testing.B) {
	e := newEngine(b)
	bench(b, e, orderRun(b, e))
}

func BenchmarkTrivial(b *testing.B) {
	e := newEngine(b)
	bench(b, e, single(load(b, e, files(map[string]string{"step.js": trivial}, "step.js")), "{}"))
}

// BenchmarkReference does the order job with one goja runtime per run, JSON text between the steps and nothing else.
func BenchmarkReference(b *testing.B) {
	body, err := os.ReadFile("testdata/order.json")
	if err != nil {
		b.Fatal(err)
	}
	first := goja.MustCompile("totals.js", "var module = {};"+totals+"; module.exports", false)
	second := goja.MustCompile("summary.js", "var module = {};"+summary+"; module.exports", false)
	call := func(code *goja.Program, input string) string {
		runtime := goja.New()
		function, err := runtime.RunProgram(code)
		if err != nil {
			b.Fatal(err)
		}
		parse, _ := goja.AssertFunction(runtime.Get("JSON").(*goja.Object).Get("parse"))
		stringify, _ := goja.AssertFunction(runtime.Get("JSON").(*goja.Object).Get("stringify"))
		results, err := parse(nil, runtime.ToValue(input))
		if err != nil {
			b.Fatal(err)
		}
		run, _ := goja.AssertFunction(function)
		promise, err := run(nil, runtime.NewObject(), results)
		if err != nil {
			b.Fatal(err)
		}
		text, err := stringify(nil, promise.Export().(*goja.Promise).Result().(*goja.Object).Get("data"))
		if err != nil {
			b.Fatal(err)
		}
		return text.String()
	}
	b.ReportAllocs()
	for b.Loop() {
		one := call(first, `{"trigger":{"results":{"body":{"data":`+string(body)+`}}}}`)
		call(second, `{"computeTotals":{"results":`+one+`}}`)
	}
}
