package javascript_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestStepsInOrder(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	id := load(t, e, files(map[string]string{
		"hook.js": `module.exports = async (context, payload) => { context.executionState.n = 1; return { payload: { ...payload, extra: true } } }`,
		"one.js":  `let calls = 0; module.exports = async ({ executionState }, steps) => { steps.hook.results.extra = 'changed'; executionState.n++; return { data: { calls: ++calls, header: steps.hook.results.headers['X-GITHUB-event'] } } }`,
		"two.js":  `module.exports = async ({ executionState }, steps) => ({ data: [executionState, steps.hook.results.extra, steps.one.results, steps.before.results, steps.failed.results.error.message, 'absent' in steps, Object.keys(steps)] })`,
	}, "hook.js", "one.js", "two.js"))
	run := single(id, `{"n":1}`)
	run.TriggerKey = "hook"
	run.Results = []engine.Result{
		{Key: "before", Value: value.JSON([]byte(`[1]`))},
		{Key: "failed", Error: &fault.Fault{Name: "Error", Message: "was ignored"}},
	}
	run.Steps = []engine.Step{
		{Key: "hook", Entry: "hook.js", Kind: engine.KindTrigger}, {Key: "one", Entry: "one.js", Kind: engine.KindStep}, {Key: "two", Entry: "two.js", Kind: engine.KindStep},
	}
	results, err := execute(t, e, run, &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"n":2},true,{"calls":1,"header":"push"},[1],"was ignored",false,["before","failed","hook","one"]]`
	if diff := cmp.Diff(want, string(results[2].Results.JSON)); diff != "" {
		t.Error(diff)
	}
	if got := string(results[1].Changed.Execution); got != `{"n":2}` {
		t.Errorf("changed %s", got)
	}
}

func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	id := load(t, e, files(map[string]string{"step.js": `
		globalThis.count = (globalThis.count || 0) + 1; leaked = typeof leaked;
		Array.prototype.mine = (Array.prototype.mine || 0) + 1; JSON.tag = (JSON.tag || 0) + 1; Buffer.own = (Buffer.own || 0) + 1;
		module.exports = () => ({ data: [count, leaked, [].mine, JSON.tag, Buffer.own] })`}, "step.js"))
	lane, err := e.Lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		err := lane.Run(t.Context(), single(id, "{}"), &recorder{}, func(_ context.Context, result engine.StepResult) error {
			if diff := cmp.Diff(`[1,"undefined",1,1,1]`, string(result.Results.JSON)); diff != "" {
				t.Error(diff)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	id := load(t, e, files(map[string]string{
		"reject.js": `module.exports = () => ({ payload: 1, response: { statusCode: 401, body: 'no' } })`,
		"step.js":   `module.exports = () => { throw new Error('x') }`,
		"after.js":  `module.exports = () => ({ data: 1 })`,
	}, "reject.js", "step.js", "after.js"))
	run := single(id, "{}")
	after := engine.Step{Key: "after", Entry: "after.js", Kind: engine.KindStep}
	t.Run("a trigger that rejects", func(t *testing.T) {
		t.Parallel()
		run := run
		run.Steps = []engine.Step{{Key: "trigger", Entry: "reject.js", Kind: engine.KindTrigger}, after}
		results, err := execute(t, e, run, &recorder{})
		if err != nil || len(results) != 1 || results[0].Response.Status != 401 {
			t.Errorf("%v %+v", err, results)
		}
	})
	t.Run("a step that fails", func(t *testing.T) {
		t.Parallel()
		run := run
		run.Steps = []engine.Step{run.Steps[0], after}
		results, err := execute(t, e, run, &recorder{})
		if !fault.Is(err, fault.Thrown) || len(results) != 1 || results[0].Fault == nil || results[0].Fault.Step != "step" {
			t.Errorf("%v %+v", err, results)
		}
	})
	t.Run("a done that refuses", func(t *testing.T) {
		t.Parallel()
		lane, err := e.Lane(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		refused := errors.New("refused")
		run := run
		run.Steps = []engine.Step{after, after}
		calls := 0
		err = lane.Run(t.Context(), run, &recorder{}, func(context.Context, engine.StepResult) error { calls++; return refused })
		if !errors.Is(err, refused) || calls != 1 {
			t.Errorf("%v after %d calls", err, calls)
		}
	})
	t.Run("an unknown program", func(t *testing.T) {
		t.Parallel()
		if _, err := execute(t, e, engine.Run{Program: "none"}, &recorder{}); !fault.Is(err, fault.NotLoaded) {
			t.Error(err)
		}
	})
	t.Run("a run that is cancelled", func(t *testing.T) {
		t.Parallel()
		lane, err := e.Lane(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := fault.New(fault.Host, fault.Canceled, "the caller went away")
		started := &recorder{first: make(chan struct{})}
		go func() {
			<-started.first
			cancel(gone)
		}()
		run := single(load(t, e, files(map[string]string{"step.js": `module.exports = () => { console.log('on'); for (;;) {} }`}, "step.js")), "{}")
		run.Steps[0].Timeout = 0
		err = lane.Run(ctx, run, started, func(context.Context, engine.StepResult) error { return nil })
		if !fault.Is(err, fault.Canceled) {
			t.Error(err)
		}
	})
}

func TestLogLimit(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	run := single(load(t, e, files(map[string]string{"step.js": `module.exports = ({ logger }) => { for (let i = 0; i < 10; i++) logger.info('line ' + i, 'x'.repeat(5000)); return { data: 1 } }`}, "step.js")), "{}")
	run.Limits.LogLines = 3
	host := &recorder{}
	if _, err := execute(t, e, run, host); err != nil {
		t.Fatal(err)
	}
	lines := host.texts()
	if len(lines) != 4 || len(lines[0]) != len("info: ")+hostapi.MaxLine || lines[3] != "warn: 7 more log lines were dropped: an execution keeps 3" {
		t.Errorf("%d lines, %q", len(lines), lines[len(lines)-1])
	}
}

func TestLoadAgain(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	source := files(map[string]string{"step.js": trivial}, "step.js")
	if one, two := load(t, e, source), load(t, e, source); one != two || one == "" {
		t.Errorf("%q and %q", one, two)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	id := load(t, e, files(map[string]string{"step.js": `module.exports = (context, steps) => { const { body, queryParameters } = steps.trigger.results; return { data: [Buffer.isBuffer(body.data) ? 'bytes:' + body.data.toString() : body.data, queryParameters] } }`}, "step.js"))
	for _, c := range []struct {
		form  engine.BodyForm
		raw   string
		parts value.Value
		want  string
	}{
		{engine.BodyNone, "", value.Value{}, `[null,null]`},
		{engine.BodyJSON, ` [1, "é"]`, value.Value{}, `[[1,"é"],null]`},
		{engine.BodyText, "a,b\n1,2\n", value.Value{}, `["a,b\n1,2\n",null]`},
		{engine.BodyBytes, "raw", value.Value{}, `["bytes:raw",null]`},
		{
			engine.BodyParts, "",
			value.Value{JSON: []byte(`{"f":{"data":null,"contentType":"x/y","fileName":"f.bin"},"t":{"data":"text"}}`), Blobs: []value.Blob{{Pointer: "/f/data", Bytes: []byte("hi")}}},
			`[{"f":{"data":null,"contentType":"x/y","fileName":"f.bin"},"t":{"data":"text"}},null]`,
		},
	} {
		run := single(id, c.raw)
		run.Payload.Body, run.Payload.Parts, run.Payload.QueryParameters = c.form, c.parts, nil
		results, err := execute(t, e, run, &recorder{})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, string(results[0].Results.JSON)); diff != "" {
			t.Errorf("%s: %s", c.form, diff)
		}
		if diff := cmp.Diff(c.parts.Blobs, results[0].Results.Blobs); (diff != "") != (c.form == engine.BodyParts) {
			t.Errorf("%s: blobs %s", c.form, diff)
		}
	}
}
