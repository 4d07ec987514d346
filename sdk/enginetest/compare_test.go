package enginetest_test

import (
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// TestCompares: values are equal when they are the same JSON value, all digits and lone surrogates counted.
func TestCompares(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		want, got string
		ordered   bool
		same      bool
	}{
		{`1`, `1.0`, false, true},
		{`100`, `1e2`, false, true},
		{`9007199254740993`, `9007199254740992`, false, false},
		{`0.1`, `0.10000000000000001`, false, false},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, false, true},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true, false},
		{`{"a":1,"b":2}`, `{"a":1,"b":2}`, true, true},
		{`{"a":1}`, `{"a":1,"b":2}`, false, false},
		{`{"a":1,"b":2}`, `{"a":1,"a":2}`, false, false},
		{`[1,2]`, `[2,1]`, false, false},
		{`[]`, `{}`, false, false},
		{`null`, `false`, false, false},
		{`"1"`, `1`, false, false},
		{`"ü\n"`, `"\u00fc\u000a"`, false, true},
		{`"\ud83d\ude00"`, `"😀"`, false, true},
		{`"\ud800"`, `"\udc00"`, false, false},
		{`"\ud800"`, `"\uD800"`, false, true},
		{`"\ud800"`, `"\ufffd"`, false, false},
		{`"\\ud800"`, `"\ud800"`, false, false},
		{`"a\"b\\"`, `"a\u0022b\u005c"`, false, true},
		{` { "a" : [ 1 , true , null ] } `, `{"a":[1,true,null]}`, true, true},
		{`[[],{},[{}]]`, `[[],{},[{}]]`, true, true},
		{`[1]`, `[1`, false, false},
	} {
		t.Run(test.want+" "+test.got, func(t *testing.T) {
			t.Parallel()
			spec := fmt.Sprintf(`{"about": "x", "runs": [{"run": {"steps": [{"key": "a", "code": "a"}]},
				"want": {"steps": [{"key": "a", "results": {"json": %s, "ordered": %v}}]}}]}`, test.want, test.ordered)
			answer := func(engine.Run, engine.Step) engine.StepResult {
				return engine.StepResult{Results: value.JSON([]byte(test.got))}
			}
			report, err := enginetest.Run(t.Context(), enginetest.Target{Engine: toy{answer}}, enginetest.Options{
				Extra: fstest.MapFS{"values/compared/case.json": {Data: []byte(spec)}, "values/compared/a.toy": {}},
				Match: func(_ enginetest.Level, name string) bool { return name == "compared" },
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Results[0]; (got.Verdict == enginetest.OK) != test.same {
				t.Errorf("%s: %s", got.Verdict, got.Reason)
			}
		})
	}
}
