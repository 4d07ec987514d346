package integration_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

func read(t *testing.T, archive string, variables map[string]string) *integration.Integration {
	t.Helper()
	dir := unpack(t, txtar.Parse([]byte(archive)))
	read, err := integration.Read(dir, environment(variables))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func reference(t *testing.T, text string) integration.Reference {
	t.Helper()
	read, err := integration.ParseReference(text, "trigger")
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	t.Parallel()
	got := read(t, `
-- integration.yaml --
name: Order intake
description: Takes orders.
version: 1.2.3
memory: 256MB
flows:
  - name: Receive order
    description: One order.
    synchronous: true
    timeout: 20s
    trigger: {name: New order, file: lib/receive.js, apiKey: required, timeout: 1s, endpoint: unguessable}
    steps:
      - {name: Compute totals, file: ./totals.js, timeout: 2s}
      - {name: Tell, file: tell.lua, onError: ignore}
      - name: Reply
        onError: {do: retry, attempts: 3, delay: 2s, exponential: true}
        code: |
          module.exports = () => {
            return 1;
          };
  - name: Later
    retry: {attempts: 4, delay: 1h, exponential: true, cancelKey: body.data.id}
    steps: [{name: Trigger!, code: "x"}]
    trigger: {name: Start}
-- lib/receive.js --
-- lib/receive.test.js --
-- totals.js --
-- tell.lua --
-- data.json --
{}
-- notes.md --
-- .hidden.js --
-- .git/x.js --
-- node_modules/a/a.js --
-- instances/acme.yaml --
apiKeys: key
-- instances/readme.md --
`, nil)
	want := []integration.Flow{
		{
			Name: "Receive order", Slug: "receive-order", Description: "One order.", Synchronous: true, Timeout: 20 * time.Second, Line: 6,
			Trigger: integration.Trigger{
				Name: "New order", Key: "newOrder", Code: integration.Code{Entry: "lib/receive.js", Engine: "javascript"},
				APIKey: true, Secret: true, Timeout: time.Second, On: integration.OnWebhook, Line: 10,
			},
			Steps: []integration.Step{
				{Name: "Compute totals", Key: "computeTotals", Code: integration.Code{Entry: "totals.js", Engine: "javascript"}, Timeout: 2 * time.Second, Line: 12},
				{Name: "Tell", Key: "tell", Code: integration.Code{Entry: "tell.lua", Engine: "lua"}, OnError: integration.OnError{Do: integration.Ignore}, Line: 13},
				{
					Name: "Reply", Key: "reply", Code: integration.Code{Entry: "integration.yaml#receive-order/reply", Engine: "javascript"}, Line: 14,
					OnError: integration.OnError{Do: integration.Retry, Attempts: 3, Delay: 2 * time.Second, Exponential: true},
				},
			},
		},
		{
			Name: "Later", Slug: "later", Line: 20,
			Retry:   integration.FlowRetry{Attempts: 4, Delay: time.Hour, Exponential: true, CancelKey: reference(t, "body.data.id")},
			Trigger: integration.Trigger{Name: "Start", Key: "start", On: integration.OnWebhook, Line: 23},
			Steps: []integration.Step{
				{Name: "Trigger!", Key: "trigger", Code: integration.Code{Entry: "integration.yaml#later/trigger", Engine: "javascript"}, Line: 22},
			},
		},
	}
	if diff := cmp.Diff(want, got.Flows); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
	if got.Name != "Order intake" || got.ID != "orders" || got.Description != "Takes orders." || got.Version != "1.2.3" || got.Memory != 256<<20 {
		t.Errorf("integration: %q %q %q %q %d", got.Name, got.ID, got.Description, got.Version, got.Memory)
	}
	if !filepath.IsAbs(got.Dir) || got.File != filepath.Join(got.Dir, "integration.yaml") {
		t.Errorf("dir %q, file %q", got.Dir, got.File)
	}
	testPrograms(t, got)
}

func testPrograms(t *testing.T, got *integration.Integration) {
	t.Helper()
	programs := map[string]string{}
	for _, name := range got.Engines() {
		program := got.Program(name)
		var files []string
		for _, file := range program.Files {
			files = append(files, file.Path)
		}
		programs[name] = strings.Join(files, " ") + " | " + strings.Join(program.Entries, " ")
	}
	want := map[string]string{
		"javascript": "data.json lib/receive.js totals.js integration.yaml#receive-order/reply integration.yaml#later/trigger | " +
			"integration.yaml#later/trigger integration.yaml#receive-order/reply lib/receive.js totals.js",
		"lua": "data.json tell.lua | tell.lua",
	}
	if diff := cmp.Diff(want, programs); diff != "" {
		t.Errorf("programs (-want +got):\n%s", diff)
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	got := read(t, `
-- integration.yaml --
name: X
flows:
  - name: F
    steps:
      - name: Block
        code: |
          first
            second
      - {name: Plain, code: plain text}
      - {name: Quoted, code: "one\ntwo"}
      - {name: File, file: a.js}
-- a.js --
`, nil)
	for _, test := range []struct {
		file         string
		line, column int
		want         string
	}{
		{"a.js", 3, 4, "a.js:3:4"},
		{"a.js", 3, 0, "a.js:3:0"},
		{"a.js", 0, 0, "a.js:0:0"},
		{"integration.yaml#f/block", 1, 1, "integration.yaml:7:11"},
		{"integration.yaml#f/block", 2, 3, "integration.yaml:8:13"},
		{"integration.yaml#f/block", 2, 0, "integration.yaml:8:0"},
		{"integration.yaml#f/block", 0, 0, "integration.yaml:0:0"},
		{"integration.yaml#f/plain", 1, 7, "integration.yaml:9:35"},
		{"integration.yaml#f/quoted", 1, 2, "integration.yaml:10:32"},
		{"integration.yaml#f/quoted", 2, 2, "integration.yaml:10:31"},
		{"node:internal", 7, 8, "node:internal:7:8"},
	} {
		file, line, column := got.Position(test.file, test.line, test.column)
		shown := fmt.Sprintf("%s:%d:%d", strings.TrimPrefix(file, got.Dir+"/"), line, column)
		if shown != test.want {
			t.Errorf("%s:%d:%d is shown as %s, want %s", test.file, test.line, test.column, shown, test.want)
		}
	}
}

const allTypes = `
-- integration.yaml --
name: X
configVars:
  B string: {type: string, default: "5"}
  Number: {type: number, default: 9007199254740993}
  Decimal: {type: number}
  Boolean: {type: boolean, default: false}
  Date: {type: date, default: 2026-02-28}
  Timestamp: {type: timestamp, default: "2026-02-28T23:59:59+01:00"}
  Picklist: {type: picklist, options: [a, b], default: b}
  Free picklist: {type: picklist, default: anything}
  Code: {type: code, default: "<x>&"}
  List: {type: list, default: [a, b]}
  Pairs: {type: keyValueList, default: {z: "1", a: ""}}
  JSON: {type: json, default: {z: [1.50, null, true], a: {}}}
  Schedule: {type: schedule, default: {value: "0 7 * * *", schedule_type: custom_cron, time_zone: Europe/Berlin}}
  Shop: {type: connection, connection: basic}
  OAuth: {type: connection, connection: clientCredentials}
  Not set: {type: string}
flows:
  - name: F
    steps: [{name: A, code: x}]
`

func TestConfigValues(t *testing.T) {
	t.Parallel()
	defaults := `{"B string":"5","Number":9007199254740993,"Boolean":false,"Date":"2026-02-28",` +
		`"Timestamp":"2026-02-28T23:59:59+01:00","Picklist":"b","Free picklist":"anything","Code":"<x>&","List":["a","b"],` +
		`"Pairs":[{"key":"z","value":"1"},{"key":"a","value":""}],"JSON":{"z":[1.50,null,true],"a":{}},` +
		`"Schedule":{"value":"0 7 * * *","schedule_type":"custom_cron","time_zone":"Europe/Berlin"}}`
	got := read(t, allTypes, nil)
	if diff := cmp.Diff(defaults, string(got.Instances[0].ConfigVars)); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}

	set := read(t, allTypes+`
-- instances/acme.yaml --
configVars:
  B string: "${env:TEXT}"
  Number: 1e3
  Decimal: "${env:NUMBER}"
  Boolean: "${env:FLAG}"
  Picklist: a
  Code: |
    line 1
    line 2
  List: "${env:LIST}"
  Pairs: [{key: k, value: "${file:../secret.txt}"}, {key: k, value: v}]
  JSON: "${env:JSON}"
  Schedule: "${env:CRON}"
  Shop: {username: u, password: "${file:../secret.txt}"}
  OAuth: {tokenUrl: "https://t.example.com", clientId: c, clientSecret: s, headers: {X-A: "1"}}
-- secret.txt --
s3cret
`, map[string]string{
		"TEXT": "12", "NUMBER": "0.10", "FLAG": "true", "LIST": `["x", "y"]`, "JSON": `{"b": 1.0, "a": [9007199254740993]}`, "CRON": "* * * * *",
	})
	want := `{"B string":"12","Number":1e3,"Decimal":0.10,"Boolean":true,"Date":"2026-02-28",` +
		`"Timestamp":"2026-02-28T23:59:59+01:00","Picklist":"a","Free picklist":"anything","Code":"line 1\nline 2\n","List":["x","y"],` +
		`"Pairs":[{"key":"k","value":"s3cret"},{"key":"k","value":"v"}],"JSON":{"b":1.0,"a":[9007199254740993]},` +
		`"Schedule":{"value":"* * * * *","schedule_type":"custom_cron","time_zone":"UTC"}}`
	if diff := cmp.Diff(want, string(set.Instances[0].ConfigVars)); diff != "" {
		t.Errorf("set (-want +got):\n%s", diff)
	}
	connections := map[string]connection.Values{
		"Shop": {"username": "u", "password": "s3cret"},
		"OAuth": {
			"tokenUrl": "https://t.example.com", "clientId": "c", "clientSecret": "s", "headers": `[{"key":"X-A","value":"1"}]`,
		},
	}
	if diff := cmp.Diff(connections, set.Instances[0].Connections); diff != "" {
		t.Errorf("connections (-want +got):\n%s", diff)
	}
}

func TestContextJSON(t *testing.T) {
	t.Parallel()
	got := read(t, `
-- integration.yaml --
name: Order intake
version: 1.2.3
configVars: {Limit: {type: number, default: 9007199254740993}}
flows:
  - name: Receive order
    trigger: {apiKey: required}
    steps: [{name: A, code: x}]
  - name: Größe prüfen
    steps: [{name: A, code: x}]
-- instances/acme.yaml --
id: inst-7
name: Acme Corp.
customer: {id: c1, externalId: ext-1, name: Acme}
apiKeys: {Receive order: [k1, k2]}
-- instances/globex.yaml --
apiKeys: k3
`, nil)
	contexts := map[string]string{}
	for i := range got.Instances {
		text, err := integration.ContextJSON(got, &got.Instances[i], &got.Flows[0], "https://hooks.example.com/", nil)
		if err != nil {
			t.Fatal(err)
		}
		contexts[string(got.Instances[i].Name)] = strings.ReplaceAll(string(text), got.Digest[:16], "DIGEST")
	}
	want := map[string]string{
		"acme": `{"configVars":{"Limit":9007199254740993},` +
			`"webhookUrls":{"Größe prüfen":"https://hooks.example.com/hooks/acme/gr%C3%B6%C3%9Fe-pr%C3%BCfen",` +
			`"Receive order":"https://hooks.example.com/hooks/acme/receive-order"},` +
			`"webhookApiKeys":{"Größe prüfen":[],"Receive order":["k1","k2"]},` +
			`"customer":{"id":"c1","externalId":"ext-1","name":"Acme"},"instance":{"id":"inst-7","name":"Acme Corp."},"user":null,` +
			`"integration":{"id":"orders","name":"Order intake","versionSequenceId":"DIGEST","externalVersion":"1.2.3"},` +
			`"flow":{"id":"acme/receive-order","name":"Receive order","stableId":"orders/receive-order"},"debug":{"enabled":false}}`,
		"globex": `{"configVars":{"Limit":9007199254740993},` +
			`"webhookUrls":{"Größe prüfen":"https://hooks.example.com/hooks/globex/gr%C3%B6%C3%9Fe-pr%C3%BCfen",` +
			`"Receive order":"https://hooks.example.com/hooks/globex/receive-order"},` +
			`"webhookApiKeys":{"Größe prüfen":["k3"],"Receive order":["k3"]},` +
			`"customer":{"id":"","externalId":"","name":""},"instance":{"id":"globex","name":"globex"},"user":null,` +
			`"integration":{"id":"orders","name":"Order intake","versionSequenceId":"DIGEST","externalVersion":"1.2.3"},` +
			`"flow":{"id":"globex/receive-order","name":"Receive order","stableId":"orders/receive-order"},"debug":{"enabled":false}}`,
	}
	if diff := cmp.Diff(want, contexts); diff != "" {
		t.Errorf("contexts (-want +got):\n%s", diff)
	}
}

func TestUnguessableEndpoints(t *testing.T) {
	t.Parallel()
	dir := unpack(t, txtar.Parse([]byte(`
-- integration.yaml --
name: X
flows:
  - {name: A, trigger: {endpoint: unguessable}, steps: [{name: S, code: x}]}
  - {name: B, trigger: {endpoint: unguessable}, steps: [{name: S, code: x}]}
  - {name: C, trigger: {endpoint: named}, steps: [{name: S, code: x}]}
-- instances/one.yaml --
-- instances/two.yaml --
`)))
	paths := func(key string) map[string]bool {
		env := environment(nil)
		env.EndpointKey = []byte(key)
		got, err := integration.Read(dir, env)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]bool{}
		for _, instance := range got.Instances {
			for _, endpoint := range instance.Endpoints {
				all[endpoint.Path()] = true
			}
		}
		return all
	}
	first := paths("a key")
	if len(first) != 6 || !first["/hooks/one/c"] || !first["/hooks/two/c"] {
		t.Errorf("paths: %v", first)
	}
	if diff := cmp.Diff(first, paths("a key")); diff != "" {
		t.Errorf("the same key gives other paths:\n%s", diff)
	}
	for _, other := range []string{"another key", "", ""} {
		common := 0
		for path := range paths(other) {
			if first[path] {
				common++
			}
		}
		if common != 2 {
			t.Errorf("key %q has %d paths in common with the first key, want the two named ones", other, common)
		}
	}
}

func TestFindAndReadAll(t *testing.T) {
	t.Parallel()
	one := "name: X\nflows: [{name: A, steps: [{name: S, code: x}]}]\n"
	archive := txtar.Archive{Files: []txtar.File{
		{Name: "b/integration.yaml", Data: []byte(one)},
		{Name: "a/integration.yaml", Data: []byte(one)},
		{Name: "c/integration.yaml", Data: []byte(one + "bad: 1\n")},
		{Name: "c/instances/a.yaml"},
		{Name: "d/instances/a.yaml"},
		{Name: ".e/integration.yaml", Data: []byte(one)},
		{Name: "f/g/integration.yaml", Data: []byte(one)},
	}}
	dir := unpack(t, &archive)
	found, err := integration.Find([]string{dir, filepath.Join(dir, "b"), filepath.Join(dir, "f")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{dir + "/a", dir + "/b", dir + "/c", dir + "/f/g"}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	_, err = integration.ReadAll([]string{dir, dir + "/d", dir + "/gone"}, environment(nil))
	shown := strings.ReplaceAll(fmt.Sprint(err), dir+"/", "")
	if diff := cmp.Diff("c/integration.yaml:3:1: unknown key \"bad\"; known: name, description, version, memory, secrets, configVars, queue, flows\n"+
		"d: there is no integration.yaml in it, nor in a folder directly in it\ngone: there is no such file or folder", shown); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestConflicts(t *testing.T) {
	t.Parallel()
	flows := "name: X\nflows: [{name: A, steps: [{name: S, code: x}]}]\n"
	dir := unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "acme/integration.yaml", Data: []byte(flows)},
		{Name: "b/integration.yaml", Data: []byte(flows)},
		{Name: "b/instances/acme.yaml"},
		{Name: "b/instances/other.yaml"},
	}})
	_, err := integration.ReadAll([]string{dir}, environment(nil))
	shown := strings.ReplaceAll(fmt.Sprint(err), dir+"/", "")
	if diff := cmp.Diff("b/instances/acme.yaml: instance acme is in acme/integration.yaml already; rename one of the files or folders", shown); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestLinksStayInTheFolder(t *testing.T) {
	t.Parallel()
	dir := unpack(t, txtar.Parse([]byte("-- integration.yaml --\nname: X\nflows: [{name: A, steps: [{name: S, file: a.js}]}]\n")))
	link(t, "/etc/hostname", filepath.Join(dir, "a.js"))
	_, err := integration.Read(dir, environment(nil))
	if err == nil || !strings.Contains(err.Error(), "a.js: path escapes from parent") {
		t.Errorf("a link out of the folder gives %v", err)
	}
}

func TestTenThousandFlows(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	file.WriteString("name: Many\nflows:\n")
	for i := range 10_000 {
		fmt.Fprintf(&file, "  - {name: Flow %d, steps: [{name: A, file: a.js}, {name: B, code: \"x%d\"}]}\n", i, i)
	}
	dir := unpack(t, &txtar.Archive{Files: []txtar.File{{Name: "integration.yaml", Data: file.Bytes()}, {Name: "a.js"}}})
	got, err := integration.Read(dir, environment(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Flows) != 10_000 || len(got.Sources) != 10_001 || len(got.Instances[0].Endpoints) != 10_000 {
		t.Errorf("%d flows, %d sources, %d endpoints", len(got.Flows), len(got.Sources), len(got.Instances[0].Endpoints))
	}
}

func FuzzRead(f *testing.F) {
	f.Add("name: X\nflows:\n  - name: F\n    trigger: {apiKey: required}\n    steps: [{name: A, code: x, onError: {do: retry}}]\n",
		"apiKeys: [a]\nconfigVars: {A: 1}\n")
	f.Add(strings.TrimPrefix(allTypes, "\n-- integration.yaml --\n"), "configVars: {Shop: {username: u}, JSON: '${env:JSON}', Pairs: [{}], Schedule: x}")
	f.Fuzz(func(t *testing.T, file, instance string) {
		dir := unpack(t, &txtar.Archive{Files: []txtar.File{
			{Name: "integration.yaml", Data: []byte(file)}, {Name: "instances/a.yaml", Data: []byte(instance)}, {Name: "a.js"},
		}})
		got, err := integration.Read(dir, environment(map[string]string{"JSON": "[1"}))
		if err != nil {
			return
		}
		for i := range got.Instances {
			connections := map[string]json.RawMessage{}
			for j := range got.ConfigVars {
				if variable := &got.ConfigVars[j]; variable.Declaration != nil {
					fields := got.Instances[i].GivenInputs(variable)
					connections[variable.Name] = integration.Connected{Name: variable.Name, Inputs: variable.Declaration.Type.Inputs, Fields: fields}.JSON()
				}
			}
			text, err := integration.ContextJSON(got, &got.Instances[i], &got.Flows[0], "http://localhost", connections)
			if err != nil || !json.Valid(text) {
				t.Errorf("context %s: %v", text, err)
			}
		}
		for _, name := range got.Engines() {
			if program := got.Program(name); len(program.Entries) == 0 || !hasAll(program) {
				t.Errorf("program of %s: %v", name, program)
			}
		}
	})
}

func hasAll(program engine.Source) bool {
	paths := map[string]bool{}
	for _, file := range program.Files {
		paths[file.Path] = true
	}
	for _, entry := range program.Entries {
		if !paths[entry] {
			return false
		}
	}
	return true
}
