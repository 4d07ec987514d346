package integration_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
)

var update = flag.Bool("update", false, "write contrib/editor and testdata anew")

type description struct {
	shape  *document.Shape
	schema map[string]any
	file   string
}

func descriptions() map[string]description {
	return map[string]description{
		"integration": {integration.FileShape(), integration.FileSchema(), "integration.schema.json"},
		"instance":    {integration.InstanceShape(), integration.InstanceSchema(), "instance.schema.json"},
		"hookstep":    {config.Shape(), config.Schema(), "hookstep.schema.json"},
	}
}

func TestSchemaFilesAreWhatTheShapesGive(t *testing.T) {
	t.Parallel()
	for _, each := range descriptions() {
		want, err := document.SchemaText(each.schema)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("../../contrib/editor", each.file)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s is not up to date; go test ./host/integration -update (-want +got):\n%s", path, diff)
		}
	}
}

// TestSchemaAgreesWithCheck gives each example to the schema as an editor would, and to the shape as the program does.
func TestSchemaAgreesWithCheck(t *testing.T) {
	t.Parallel()
	const vars = "name: X\nflows: []\nconfigVars: {A: {type: connection, connection: basic, "
	const flow = "name: X\nflows:\n  - name: F\n    "
	examples := map[string]map[string]bool{
		"integration": {
			"name: X\nflows: []\n":                true,
			"name: X\n":                           false,
			"flows: []\n":                         false,
			"name: 5\nflows: []\n":                false,
			"name: ''\nflows: []":                 false,
			"name: X\nflows: {}\n":                false,
			"[]\n":                                false,
			"":                                    false,
			"name: X\nflows: []\nmemory: 256MB\n": true,
			"name: X\nflows: []\nmemory: 268435456\n":                                                                      true,
			"name: X\nflows: []\nmemory: lots\n":                                                                           false,
			"name: X\nflows: []\nmemory: true\n":                                                                           false,
			"name: X\nflows: []\nversion: 1.0\n":                                                                           false,
			"name: X\nflows: []\nversion: 1.0.0\ndescription: ''\n":                                                        true,
			"name: X\nflows: []\nextra: 1\n":                                                                               false,
			"name: X\nflows: []\nconfigVars: {A: {type: string, default: 5}}\n":                                            true,
			"name: X\nflows: []\nconfigVars: {A: {type: text}}\n":                                                          false,
			"name: X\nflows: []\nconfigVars: {A: {}}\n":                                                                    false,
			"name: X\nflows: []\nconfigVars: {A: {type: picklist, options: [a, b]}}\n":                                     true,
			"name: X\nflows: []\nconfigVars: {A: {type: picklist, options: a}}\n":                                          false,
			"name: X\nflows: []\nconfigVars: {A: {type: connection, connection: basic}}\n":                                 true,
			"name: X\nflows: []\nconfigVars: {A: {type: connection, connection: 5}}\n":                                     false,
			"name: X\nflows: []\nsecrets: hidden\n":                                                                        true,
			"name: X\nflows: []\nsecrets: true\n":                                                                          false,
			vars + "preset: shopify, options: {authStyle: header}, fields: {scopes: a, headers: {X-A: b}}, shared: true}}": true,
			vars + "fields: {headers: [{key: a, value: b}]}, hosts: [a.example], test: https://a.example, discover: x}}":   true,
			vars + "fields: {headers: [{key: a}]}}}":                                                                       false,
			vars + "fields: [a]}}":                                                                                         false,
			vars + "options: {a: 5}}}":                                                                                     false,
			vars + "hosts: a.example}}":                                                                                    false,
			vars + "send: {headers: {X-Key: '{apiKey}'}, query: {key: '{apiKey}'}}}}":                                      true,
			vars + "send: {headers: {X-Key: ''}}}}":                                                                        false,
			vars + "send: {body: x}}}":                                                                                     false,
			vars + "shared: always}}":                                                                                      false,
			"name: X\nflows: []\nconfigVars: {A: null}\n":                                                                  false,
			flow + "synchronous: true":                                                                                     true,
			flow + "synchronous: yes please":                                                                               false,
			flow + "synchronous: 1":                                                                                        false,
			flow + "timeout: 1m30s":                                                                                        true,
			flow + "timeout: 1.5h":                                                                                         true,
			flow + "timeout: -1s":                                                                                          false,
			flow + "timeout: 30":                                                                                           false,
			flow + "timeout: 1 s":                                                                                          false,
			flow + "retry: {attempts: 10, delay: 1s}":                                                                      true,
			flow + "retry: {attempts: 11}":                                                                                 false,
			flow + "retry: {attempts: 0}":                                                                                  false,
			flow + "retry: {attempts: 1.5}":                                                                                false,
			flow + "retry: {}":                                                                                             false,
			flow + "retry: {attempts: 1, cancelKey: body.data.id}":                                                         true,
			flow + "queue: sequential":                                                                                     true,
			flow + "queue: parallel":                                                                                       true,
			flow + "queue: serial":                                                                                         false,
			flow + "queue: {mode: throttled, limit: 3, key: body.data.id}":                                                 true,
			flow + "queue: {limit: 0}":                                                                                     false,
			flow + "queue: 5":                                                                                              false,
			flow + "dedupe: {key: headers.x-id, for: 2160h}":                                                               true,
			flow + "dedupe: {for: 1h}":                                                                                     false,
			flow + "dedupe: headers.x-id":                                                                                  false,
			flow + "trigger: {schedule: {cron: '0 9 * * 1-5', timeZone: Europe/Berlin}}":                                   true,
			flow + "trigger: {schedule: {every: 5m, missed: once, singleton: true}}":                                       true,
			flow + "trigger: {schedule: {every: 5, missed: once}}":                                                         false,
			flow + "trigger: {schedule: {at: '2026-12-24T18:00:00', missed: twice}}":                                       false,
			flow + "trigger: {schedule: daily}":                                                                            false,
			flow + "trigger: {on: deploy}":                                                                                 true,
			flow + "trigger: {on: start}":                                                                                  false,
			"name: X\nflows: []\nqueue: {limit: 5}\n":                                                                      true,
			"name: X\nflows: []\nqueue: sequential\n":                                                                      false,
			flow + "trigger: {file: a.js, apiKey: required, endpoint: unguessable}":                                        true,
			flow + "trigger: {apiKey: sometimes}":                                                                          false,
			flow + "trigger: {endpoint: secret}":                                                                           false,
			flow + "trigger: a.js":                                                                                         false,
			flow + "steps: [{name: A, code: x, onError: ignore}]":                                                          true,
			flow + "steps: [{name: A, onError: retry}]":                                                                    false,
			flow + "steps: [{name: A, onError: {do: retry, attempts: 5}}]":                                                 true,
			flow + "steps: [{name: A, onError: {do: retry, attempts: 6}}]":                                                 false,
			flow + "steps: [{name: A, onError: {attempts: 1}}]":                                                            false,
			flow + "steps: [{name: A, onError: 3}]":                                                                        false,
			flow + "steps: [{file: a.js}]":                                                                                 false,
			flow + "steps: [{name: A, onerror: fail}]":                                                                     false,
		},
		"instance": {
			"": true,
			"name: A\nid: b\ncustomer: {id: x, externalId: y, name: z}\n": true,
			"customer: {id: 5}\n":                      false,
			"customer: {email: a}\n":                   false,
			"apiKeys: key\n":                           true,
			"queue: {limit: 3}\n":                      true,
			"queue: {limit: 3, mode: throttled}\n":     false,
			"apiKeys: [a, b]\n":                        true,
			"apiKeys: {F: a, G: [b]}\n":                true,
			"apiKeys: {F: {}}\n":                       false,
			"apiKeys: [1]\n":                           false,
			"apiKeys: ['']\n":                          false,
			"configVars: {A: 1, B: [1], C: {d: null}}": true,
			"configVars: [A]\n":                        false,
		},
		"hookstep": {
			"": true,
			"listen: :8080\ntimeouts: {read: 5s}\nlimits: {body: 6MB, headers: 5}\n": true,
			"listen: 8080\n":            false,
			"timeouts: {red: 5s}\n":     false,
			"limits: {headers: -1}\n":   false,
			"log: {level: loud}\n":      false,
			"plugins: {py: /opt/py}\n":  true,
			"plugins: {py: 5}\n":        false,
			"fetch: {allow: [a.com]}\n": true,
			"fetch: {allow: a.com}\n":   false,
			"admins: x\n":               false,
		},
	}
	for name, each := range descriptions() {
		schema := compile(t, each)
		for text, valid := range examples[name] {
			report := &document.Report{File: name}
			node := document.Parse([]byte(text), report)
			each.shape.Check(node, report)
			if got := !report.Problems.Failed(); got != valid {
				t.Errorf("%s: Check of %q says %v: %v", name, text, got, report.Problems)
			}
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(node.AppendJSON(nil)))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(value); (err == nil) != valid {
				t.Errorf("%s: the schema says of %q: %v", name, text, err)
			}
		}
	}
}

func compile(t *testing.T, from description) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(from.schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(from.file, value); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(from.file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
