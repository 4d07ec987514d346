package javascript_test

import (
	"context"
	"testing"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// TestNoStepSeesWhatAnotherWrote runs a first step that changes its input in each of the ways that the language has, and
// asks the second one what it got.
func TestNoStepSeesWhatAnotherWrote(t *testing.T) {
	t.Parallel()
	const input = `{"list":[3,1,2],"nested":{"n":1}}`
	const second = `module.exports = (context, stepResults) => ({ data: stepResults.trigger.results.body.data })`
	for name, change := range map[string]string{
		"nothing":              `data.list.map((n) => n + 1)`,
		"assignment":           `data.list = 1`,
		"computed":             `data['nested']['n'] = 2`,
		"compound":             `data.nested.n += 1`,
		"increment":            `data.nested.n++`,
		"decrement before":     `--data.nested.n`,
		"delete":               `delete data.nested`,
		"destructuring":        `[data.list, data.nested.n] = [1, 2]`,
		"object destructuring": `({ n: data.nested.n } = { n: 7 })`,
		"destructured default": `({ a: data.nested.n = 5 } = {})`,
		"loop target":          `for (data.nested.n of [8, 9]) { }`,
		"loop target in":       `for (data.nested['n'] in { x: 1 }) { }`,
		"with":                 `with (data.nested) { n = 5 }`,
		"push":                 `data.list.push(4)`,
		"optional call":        `data.list?.pop?.()`,
		"sort":                 `data.list.sort()`,
		"by quoted name":       `data.list['reverse']()`,
		"by a template's name": "data.list[`push`](9)",
		"borrowed":             `Array.prototype.splice.call(data.list, 0, 1)`,
		"assign":               `Object.assign(data.nested, { n: 3 })`,
		"define":               `Object.defineProperty(data, 'list', { value: 1 })`,
		"reflection":           `Reflect.set(data.nested, 'n', 4)`,
		"eval":                 `eval('data.nested.n = 9')`,
		"function":             `new Function('d', 'd.nested.n = 9')(data)`,
		"prototype":            `data.nested.__proto__ = { n: 3, m: 4 }`,
		"accessor":             `Object.defineProperties(data.nested, { n: { get: () => 7, enumerable: true } })`,
		"the step's entry":     `stepResults.trigger.results = { body: { data: 1 } }`,
		"logical":              `data.nested.x ??= 5`,
		"this":                 `(function () { this.n = 3 }).bind(data.nested)()`,
		"through a module":     `require('./change.js')(data)`,
		"in a timer":           `await new Promise((done) => setTimeout(() => { data.nested.n = 6; done() }, 1))`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t)
			first := "module.exports = async (context, stepResults) => { const data = stepResults.trigger.results.body.data;\n" +
				change + ";\nreturn { data: 1 } }"
			run := single(load(t, e, files(map[string]string{
				"first.js": first, "second.js": second, "change.js": "module.exports = (data) => { data.list.length = 0 }",
			}, "first.js", "second.js")), input)
			run.Steps = []engine.Step{{Key: "first", Entry: "first.js"}, {Key: "second", Entry: "second.js"}, {Key: "third", Entry: "second.js"}}
			lane, err := e.Lane(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			err = lane.Run(t.Context(), run, &recorder{}, func(_ context.Context, result engine.StepResult) error {
				if got := string(result.Results.JSON); result.Key != "first" && got != input {
					t.Errorf("the %s step got %s", result.Key, got)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
