package javascript_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

const trivial = `module.exports = async () => ({ data: 1 })`

// The order flow of the integrations that are shipped with the program.
const orderFlow = "../../testdata/integrations/order-intake/"

func read(tb testing.TB, path string) string {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func orderBody(tb testing.TB) string {
	tb.Helper()
	_, body, _ := strings.Cut(read(tb, "../../testdata/webhooks/shop/order.http"), "\n\n")
	return body
}

func orderRun(tb testing.TB, e engine.Engine) engine.Run {
	tb.Helper()
	id := load(tb, e, files(map[string]string{
		"totals.js": read(tb, orderFlow+"totals.js"), "summary.js": read(tb, orderFlow+"summary.js"),
	}, "totals.js", "summary.js"))
	run := single(id, orderBody(tb))
	run.Context = []byte(`{"configVars":` + orderConfig + `}`)
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

// BenchmarkReference does the order job in one fresh goja runtime per run, JSON text between the steps and nothing else.
func BenchmarkReference(b *testing.B) {
	compile := func(text string) *goja.Program {
		return goja.MustCompile("", "(function () { var module = {};"+text+"; return module.exports })()", false)
	}
	totals, summary := compile(read(b, orderFlow+"totals.js")), compile(read(b, orderFlow+"summary.js"))
	body := orderBody(b)
	b.ReportAllocs()
	for b.Loop() {
		r := plain{b, goja.New()}
		results := r.call(r.json("parse"), r.runtime.ToValue(`{"trigger":{"results":{"body":{"data":`+body+`}}}}`)).(*goja.Object)
		about := r.runtime.NewObject()
		_ = about.Set("configVars", r.call(r.json("parse"), r.runtime.ToValue(orderConfig)))
		_ = about.Set("logger", r.logger())
		first := r.step(totals, about, results)
		_ = results.Set("computeTotals", r.call(r.json("parse"), r.runtime.ToValue(`{"results":`+first+`}`)))
		r.step(summary, about, results)
	}
}

const orderConfig = `{"Free Shipping From":10000,"Shipping Cents":590}`

// plain is a runtime without any of ours.
type plain struct {
	b       *testing.B
	runtime *goja.Runtime
}

func (p plain) json(name string) goja.Value { return p.runtime.Get("JSON").(*goja.Object).Get(name) }

func (p plain) logger() *goja.Object {
	logger := p.runtime.NewObject()
	_ = logger.Set("info", func(goja.FunctionCall) goja.Value { return goja.Undefined() })
	return logger
}

func (p plain) call(function goja.Value, arguments ...goja.Value) goja.Value {
	p.b.Helper()
	callable, _ := goja.AssertFunction(function)
	returned, err := callable(goja.Undefined(), arguments...)
	if err != nil {
		p.b.Fatal(err)
	}
	return returned
}

func (p plain) step(code *goja.Program, arguments ...goja.Value) string {
	p.b.Helper()
	function, err := p.runtime.RunProgram(code)
	if err != nil {
		p.b.Fatal(err)
	}
	promise := p.call(function, arguments...).Export().(*goja.Promise)
	return p.call(p.json("stringify"), promise.Result().(*goja.Object).Get("data")).String()
}
