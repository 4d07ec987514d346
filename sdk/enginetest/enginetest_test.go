package enginetest_test

import (
	"bytes"
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/enginetest"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// TestCasesAreWhole: every case has its code in the bundled languages, and every mark that it names is in that code.
func TestCasesAreWhole(t *testing.T) {
	t.Parallel()
	cases, err := enginetest.Cases(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) < 60 {
		t.Fatalf("%d cases", len(cases))
	}
	for _, each := range cases {
		for _, extension := range []string{".js", ".lua"} {
			for _, entry := range entries(each) {
				if each.Files[entry+extension] == nil {
					t.Errorf("%s/%s: no %s", each.Level, each.Name, entry+extension)
				}
			}
			for _, mark := range marks(each) {
				if !marked(each, extension, mark) {
					t.Errorf("%s/%s: no line with @%s in a %s file", each.Level, each.Name, mark, extension)
				}
			}
		}
	}
}

func entries(each enginetest.Case) []string {
	var out []string
	if each.Load != nil {
		out = each.Load.Entries
	}
	for _, exchange := range each.Runs {
		for _, step := range exchange.Run.Steps {
			out = append(out, step.Code)
		}
	}
	return out
}

func marks(each enginetest.Case) []string {
	var out []string
	if each.Load != nil {
		for _, finding := range each.Load.Diagnostics {
			out = append(out, finding.Mark)
		}
	}
	for _, exchange := range each.Runs {
		if exchange.Want.Fault != nil {
			out = append(out, exchange.Want.Fault.Stack...)
		}
	}
	return slices.DeleteFunc(out, func(mark string) bool { return mark == "" })
}

func marked(each enginetest.Case, extension, mark string) bool {
	for name, content := range each.Files {
		if path.Ext(name) == extension && slices.Contains(strings.Fields(string(content)), "@"+mark) {
			return true
		}
	}
	return false
}

// toy is an engine whose steps give what a function makes of the run.
type toy struct {
	answer func(run engine.Run, step engine.Step) engine.StepResult
}

func (toy) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "toy", Version: "1.0.0", Language: "Toy", Extensions: []string{".toy"}}, nil
}

func (toy) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	if len(source.Files) == 0 {
		return engine.Program{Diagnostics: []engine.Diagnostic{{Severity: engine.Error, Message: "no files"}}}, nil
	}
	return engine.Program{ID: "p"}, nil
}

func (t toy) Lane(context.Context) (engine.Lane, error) { return t, nil }
func (toy) Close() error                                { return nil }

func (t toy) Run(ctx context.Context, run engine.Run, _ hostapi.Host, done engine.StepDone) error {
	for _, step := range run.Steps {
		result := t.answer(run, step)
		result.Key = step.Key
		if err := done(ctx, result); err != nil {
			return err
		}
		if result.Fault != nil {
			return result.Fault
		}
	}
	return nil
}

func passing(run engine.Run, _ engine.Step) engine.StepResult {
	return engine.StepResult{Results: run.Results[0].Value}
}

// extra has code for one case of the suite in another language, and a case of its own.
func extra() fs.FS {
	return fstest.MapFS{
		"README.md":             {Data: []byte("Cases in Toy.")},
		"values/kinds/step.toy": {Data: []byte("pass")},
		"values/mine/case.json": {Data: []byte(`{"about": "mine", "runs": [{
			"run": {"results": [{"key": "input", "value": {"json": [1]}}], "steps": [{"key": "a", "code": "b"}]},
			"want": {"steps": [{"key": "a", "results": {"json": [1.0]}}]}
		}]}`)},
		"values/mine/b.toy":        {Data: []byte("pass")},
		"values/scalars/other.toy": {Data: []byte("not what the case runs")},
	}
}

func verdicts(t *testing.T, target toy, names ...string) map[string]enginetest.Verdict {
	t.Helper()
	out := map[string]enginetest.Verdict{}
	_, err := enginetest.Run(t.Context(), enginetest.Target{Engine: target}, enginetest.Options{
		Extra: extra(),
		Match: func(_ enginetest.Level, name string) bool { return slices.Contains(names, name) },
		Done:  func(result enginetest.Result) { out[result.Case] = result.Verdict },
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAnotherLanguage: code comes from the author's folder; what has none is counted and not passed.
func TestAnotherLanguage(t *testing.T) {
	t.Parallel()
	got := verdicts(t, toy{passing}, "kinds", "mine", "scalars", "bytes", "lifeline", "describe")
	want := map[string]enginetest.Verdict{
		"kinds": enginetest.OK, "mine": enginetest.OK, "scalars": enginetest.NoSource,
		"bytes": enginetest.NotOffered, "lifeline": enginetest.NotOffered, "describe": enginetest.OK,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFindsWrongAnswers: answers that are wrong in one way each fail the case.
func TestFindsWrongAnswers(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(engine.Run, engine.Step) engine.StepResult{
		"null":    func(engine.Run, engine.Step) engine.StepResult { return engine.StepResult{Results: value.Null()} },
		"nothing": func(engine.Run, engine.Step) engine.StepResult { return engine.StepResult{} },
		"another value": func(engine.Run, engine.Step) engine.StepResult {
			return engine.StepResult{Results: value.JSON([]byte("[2]"))}
		},
		"raw": func(engine.Run, engine.Step) engine.StepResult {
			return engine.StepResult{Results: value.Bytes([]byte("[1]"), "")}
		},
		"no JSON": func(engine.Run, engine.Step) engine.StepResult {
			return engine.StepResult{Results: value.JSON([]byte("[1"))}
		},
		"a response": func(run engine.Run, step engine.Step) engine.StepResult {
			return engine.StepResult{Results: passing(run, step).Results, Response: &engine.Response{Status: 200}}
		},
		"a changed state": func(run engine.Run, step engine.Step) engine.StepResult {
			return engine.StepResult{Results: passing(run, step).Results, Changed: engine.States{Instance: []byte(`{"a":1}`)}}
		},
		"a fault": func(engine.Run, engine.Step) engine.StepResult {
			return engine.StepResult{Fault: fault.New(fault.User, fault.Thrown, "no")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := verdicts(t, toy{answer}, "mine")["mine"]; got != enginetest.Fail {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestBadCases: a case file that says what the suite doesn't know is an error that names it.
func TestBadCases(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, content, says string }{
		"unknown key":   {"values/x/case.json", `{"about": "x", "wants": {}}`, `"wants"`},
		"no about":      {"values/x/case.json", `{}`, "about is missing"},
		"nothing to do": {"values/x/case.json", `{"about": "x"}`, "nothing to do"},
		"no such case":  {"values/x/step.toy", "code", "no case.json"},
		"no such level": {"vlaues/kinds/step.toy", "code", `no level "vlaues"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := enginetest.Cases(fstest.MapFS{test.file: {Data: []byte(test.content)}})
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path.Dir(test.file)[:8]) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	report := enginetest.Report{Results: []enginetest.Result{
		{Level: enginetest.Values, Case: "kinds", Verdict: enginetest.OK},
		{Level: enginetest.Values, Case: "bytes", Verdict: enginetest.Fail, Reason: "one\ntwo"},
		{Level: enginetest.Logs, Case: "cut", Verdict: enginetest.NoSource, Reason: "no file"},
	}}
	var out bytes.Buffer
	for _, result := range report.Results {
		result.Write(&out)
	}
	want := "ok          values/kinds\nFAIL        values/bytes\n            one\n            two\nno source   logs/cut\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if report.Passed() || (enginetest.Report{}).Passed() {
		t.Error("a report with a failure, or without a case, has not passed")
	}
	if got := report.Summary(); got != "1 ok, 1 failed, 1 without source, 0 not offered" {
		t.Error(got)
	}
}
