package document_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func parse(t *testing.T, text string) *document.Node {
	t.Helper()
	report := &document.Report{File: "f"}
	node := document.Parse([]byte(text), report)
	if len(report.Problems) > 0 {
		t.Fatal(report.Problems)
	}
	return node
}

func TestJSONKeepsWhatWasWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                     `{}`,
		"# only a comment\n":                   `{}`,
		"\ufeffa: 1":                           `{"a":1}`,
		"a: 1\r\nb: x\r\n":                     `{"a":1,"b":"x"}`,
		"z: 1\na: 2\n":                         `{"z":1,"a":2}`,
		"a: 9007199254740993":                  `{"a":9007199254740993}`,
		"a: 123456789012345678901234567890":    `{"a":123456789012345678901234567890}`,
		"a: 1.10":                              `{"a":1.10}`,
		"a: 1e3":                               `{"a":1e3}`,
		"a: -0":                                `{"a":-0}`,
		"a: 0x1F":                              `{"a":31}`,
		"a: 1_000":                             `{"a":1000}`,
		"a: 0o17":                              `{"a":15}`,
		"a: +5":                                `{"a":5}`,
		"a: .5":                                `{"a":0.5}`,
		"a: 5.":                                `{"a":5}`,
		"a: -0x1f":                             `{"a":-31}`,
		"a: 007":                               `{"a":7}`,
		"a: 1.2.3":                             `{"a":"1.2.3"}`,
		"a: '5'":                               `{"a":"5"}`,
		`a: "5e3"`:                             `{"a":"5e3"}`,
		"a: !!str 5":                           `{"a":"5"}`,
		"a: true\nb: 'true'\nc: yes":           `{"a":true,"b":"true","c":"yes"}`,
		"a: ~\nb:\nc: null":                    `{"a":null,"b":null,"c":null}`,
		"a: 2026-01-31":                        `{"a":"2026-01-31"}`,
		"a: <b> & \"c\"":                       `{"a":"<b> & \"c\""}`,
		"a: |\n  x\n   y\n\n  z\n":             `{"a":"x\n y\n\nz\n"}`,
		"a: >-\n  x\n  y\n":                    `{"a":"x y"}`,
		"a: &x [1, {b: c}]\nd: *x":             `{"a":[1,{"b":"c"}],"d":[1,{"b":"c"}]}`,
		"5: a\ntrue: b":                        `{"5":"a","true":"b"}`,
		"- 1\n- [2, [3]]\n-\n  a: b\n  c: d\n": `[1,[2,[3]],{"a":"b","c":"d"}]`,
	} {
		if got := string(parse(t, text).AppendJSON(nil)); got != want {
			t.Errorf("%q gives %s, want %s", text, got, want)
		}
	}
}

func TestParseProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a: [1":                     "f:1:4: not YAML: sequence end token ']' not found",
		"a: 1\na: 2":                `f:2:1: key "a" is already set in line 1`,
		"a: {b: 1, b: 2}":           `f:1:11: key "b" is already set in line 1`,
		"a: 1\n---\nb: 2":           "f:3:2: a second document; one file holds one",
		"a: *x":                     "f:1:4: alias *x has no anchor &x before it",
		"a: &x [*x]":                "f:1:8: alias *x has no anchor &x before it",
		"a: &x {b: 1}\n<<: *x":      "f:2:1: merge keys (<<) are not read; repeat the keys or use an alias for the whole value",
		"a: .inf":                   "f:1:4: Infinity has no place here",
		"a: !!binary aGk=":          "f:1:4: tag !!binary is not known",
		"a: !custom x":              "f:1:4: tag !custom is not known",
		"\ta: 1":                    "f:1:2: not YAML: tab character cannot use as a map key directly; indent with spaces",
		"a:\n\t- b":                 "f:2:1: not YAML: found character '\t' that cannot start any token; indent with spaces",
		bomb():                      "",
		strings.Repeat("a", 17<<20): "f: the file is larger than 16 MiB",
	} {
		report := &document.Report{File: "f"}
		document.Parse([]byte(text), report)
		got := report.Problems.Error()
		if want == "" && strings.Contains(got, "stand for more than 4194304 values") {
			continue
		}
		if got != want {
			t.Errorf("%.40q: got %s, want %s", text, got, want)
		}
	}
}

// bomb is small as text and ten thousand million values once its aliases are followed.
func bomb() string {
	var text strings.Builder
	text.WriteString("a0: &a0 x\n")
	for i := range 10 {
		fmt.Fprintf(&text, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i), 10), ", "))
	}
	return text.String()
}

func TestPositions(t *testing.T) {
	t.Parallel()
	node := parse(t, "name: x\nflows:\n  - name: 'y'\n    code: |\n\n      line\n        more\n  - {name: z, list: [a, b]}\n")
	flows := node.Get("flows")
	for what, at := range map[string]*document.Node{
		"1:1": node, "1:7": node.Get("name"), "3:3": flows, "3:5": flows.Items[0], "3:11": flows.Items[0].Get("name"),
		"5:7": flows.Items[0].Get("code"), "8:5": flows.Items[1], "8:21": flows.Items[1].Get("list"), "8:25": flows.Items[1].Get("list").Items[1],
	} {
		if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != what {
			t.Errorf("got %s, want %s (%s)", got, what, at.Kind)
		}
	}
	if code := flows.Items[0].Get("code"); code.Text != "\nline\n  more\n" || code.Block != document.Literal {
		t.Errorf("code is %q", code.Text)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	outside := document.Outside{
		LookupEnv: func(name string) (string, bool) {
			text, ok := map[string]string{"HOST": "h.example.com", "PORT": "80", "ON": "true", "EMPTY": "", "BAD": "\xff"}[name]
			return text, ok
		},
		ReadFile: func(path string) ([]byte, error) {
			text, ok := map[string]string{"key": "line 1\nline 2\n\n", "dos": "x\r\n", "bytes": "\xff"}[path]
			if !ok {
				return nil, errors.New("not there")
			}
			return []byte(text), nil
		},
	}
	for text, want := range map[string]string{
		"a: https://${env:HOST}:${env:PORT}/":     `{"a":"https://h.example.com:80/"}`,
		"a: ${file:key}":                          `{"a":"line 1\nline 2\n"}`,
		"a: ${file:dos}":                          `{"a":"x"}`,
		"a: $${env:HOST} ${HOST} ${other:x} $5":   `{"a":"${env:HOST} ${HOST} ${other:x} $5"}`,
		"a: ['${env:EMPTY}', {b: '${env:HOST}'}]": `{"a":["",{"b":"h.example.com"}]}`,
		"${env:HOST}: 1":                          `{"${env:HOST}":1}`,
		"a: ${env:GONE}":                          "f:1:4: ${env:GONE}: the environment variable is not set",
		"a: ${env:BAD}":                           "f:1:4: ${env:BAD}: the value is not UTF-8 text",
		"a: ${file:gone}":                         "f:1:4: ${file:gone}: not there",
		"a: ${file:bytes}":                        "f:1:4: ${file:bytes}: the file is not UTF-8 text",
	} {
		report := &document.Report{File: "f"}
		expanded := document.Expand(parse(t, text), outside, report)
		got := string(expanded.AppendJSON(nil))
		if len(report.Problems) > 0 {
			got = report.Problems.Error()
		}
		if got != want {
			t.Errorf("%q gives %s, want %s", text, got, want)
		}
	}
	values := document.Expand(parse(t, "a: ${env:PORT}\nb: ${env:ON}\nc: '80'"), outside, &document.Report{})
	if values.Get("a").Int() != 80 || !values.Get("b").True() || values.Get("c").Int() != 0 {
		t.Error("a number and a boolean from outside are not read as such, or a text in quotes is")
	}
	if shown := values.Get("a").Shown() + values.Get("c").Shown(); shown != `the value"80"` {
		t.Errorf("shown: %s", shown)
	}
}

func TestFromJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"b": [1.50, "x", true, null, {}], "a": 9007199254740993}`: `{"b":[1.50,"x",true,null,{}],"a":9007199254740993}`,
		` "x" `:   `"x"`,
		`[]`:      `[]`,
		`{"a": 1`: "not one JSON value",
		`1 2`:     "not one JSON value",
		`[1,]`:    "not one JSON value",
		``:        "not one JSON value",
		`{a: 1}`:  "not one JSON value",
	} {
		node, err := (&document.Node{Kind: document.Text, Text: text, Line: 3}).FromJSON()
		var got string
		if err != nil {
			got = err.Error()
		} else {
			got = string(node.AppendJSON(nil))
		}
		if got != want {
			t.Errorf("%s gives %s, want %s", text, got, want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"synchronous", "steps", "name", "file", "timeout", "onError"}
	for word, want := range map[string]string{
		"sinchronous": "synchronous", "step": "steps", "naem": "name", "fiel": "file", "time-out": "timeout", "onerror": "onError",
		"ONERROR": "onError", "x": "", "completely": "", "": "", "Synchron": "",
	} {
		if got := document.Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf("key%02d", i))
	}
	for word, want := range map[string]string{
		"key3":      `; did you mean "key03"?`,
		"unrelated": "; known: key00, key01, key02, key03, key04, key05, key06, key07, key08, key09, key10, key11 and 8 more",
	} {
		if got := document.DidYouMean(word, many); got != want {
			t.Errorf("for %q: %s", word, got)
		}
	}
	if got := document.DidYouMean("a", nil); got != "" {
		t.Errorf("without known words: %s", got)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"2s": 2 * time.Second, "1m30s": 90 * time.Second, "1.5h": 90 * time.Minute, "500ms": 500 * time.Millisecond, "0s": 0,
		"": -1, "5": -1, "-1s": -1, "1 s": -1, "1d": -1, "1us": -1, "s": -1, "99999999999h": -1,
	} {
		if got, ok := document.ParseDuration(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("ParseDuration(%q) = %s, %v", text, got, ok)
		}
	}
	for text, want := range map[string]int64{
		"256MB": 256 << 20, "256 MiB": 256 << 20, "1.5GB": 3 << 29, "64KB": 64 << 10, "100": 100, "7B": 7, "0": 0,
		"": -1, "MB": -1, "-1MB": -1, "1TB": -1, "1mb": -1, "99999999999GB": -1,
	} {
		if got, ok := document.ParseSize(text); ok != (want >= 0) || ok && got != want {
			t.Errorf("ParseSize(%q) = %d, %v", text, got, ok)
		}
	}
	for text, want := range map[string]int64{"5": 5, "-5": -5, "1e3": 1000, "5.0": 5} {
		if got, ok := document.Integer(text); !ok || got != want {
			t.Errorf("Integer(%q) = %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{"1.5", "9223372036854775808", "1e999999999", "1e-999999999", strings.Repeat("9", 100)} {
		if got, ok := document.Integer(text); ok {
			t.Errorf("Integer(%q) = %d", text, got)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	problems := document.Problems{
		{File: "b", Line: 2, Column: 1, Severity: document.Error, Message: "x"},
		{File: "b", Line: 1, Severity: document.Warning, Message: "y"},
		{File: "a", Severity: document.Error, Message: "z"},
		{File: "b", Line: 2, Column: 1, Severity: document.Error, Message: "x"},
	}
	if diff := cmp.Diff("a: z\nb:1: warning: y\nb:2:1: x", problems.Sorted().Error()); diff != "" {
		t.Errorf("sorted (-want +got):\n%s", diff)
	}
	if document.Problems(nil).Err() != nil || problems[1:2].Err() != nil || problems.Err() == nil {
		t.Error("Err is an error when one of the problems is, and only then")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"a: 1", "a: &x [1]\nb: *x", "a: |\n x\n", "a: >\n x\n", "- {a: 0x1, b: .nan}", "<<: {a: 1}",
		"? a\n: b", "a: ${env:X}", "!!str a: b", "%YAML 1.2\n---\na",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		report := &document.Report{File: "f"}
		node := document.Parse([]byte(text), report)
		if node == nil {
			if len(report.Problems) == 0 {
				t.Error("neither a value nor a problem")
			}
			return
		}
		expanded := document.Expand(node, document.Outside{
			LookupEnv: func(string) (string, bool) { return "x", true },
			ReadFile:  func(string) ([]byte, error) { return []byte("x"), nil },
		}, report)
		if _, err := (&document.Node{Kind: document.Text, Text: string(expanded.AppendJSON(nil))}).FromJSON(); err != nil {
			t.Errorf("%s is not JSON", expanded.AppendJSON(nil))
		}
	})
}
