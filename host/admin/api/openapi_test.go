package api_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/hookstep-dev/hookstep/host/admin/api"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// description is openapi.yaml as the API gives it.
func description(t *testing.T) map[string]any {
	t.Helper()
	text, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	read, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return read.(map[string]any)
}

// at walks down members.
func at(of any, path ...string) any {
	for _, name := range path {
		object, _ := of.(map[string]any)
		of = object[name]
	}
	return of
}

// resolved follows a reference within the document.
func resolved(root map[string]any, of any) any {
	if ref, ok := at(of, "$ref").(string); ok {
		return at(root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
	}
	return of
}

// operations calls each for every operation, with the parameters of its path and its own.
func operations(root map[string]any, each func(path, method string, operation map[string]any, parameters []any)) {
	for path, item := range root["paths"].(map[string]any) {
		shared, _ := at(item, "parameters").([]any)
		for method, operation := range item.(map[string]any) {
			if operation, ok := operation.(map[string]any); ok {
				own, _ := operation["parameters"].([]any)
				each(path, strings.ToUpper(method), operation, append(slices.Clone(shared), own...))
			}
		}
	}
}

// Every route is described, with its scope and its parameters, and nothing else is.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	root := description(t)
	var routes, described []string
	for _, one := range api.Routes() {
		routes = append(routes, routeText(one.Method, one.Path, string(one.Scope), one.Query, braced(one.Path)))
	}
	operations(root, func(path, method string, operation map[string]any, parameters []any) {
		named := map[string][]string{}
		for _, parameter := range parameters {
			found := resolved(root, parameter)
			in := at(found, "in").(string)
			named[in] = append(named[in], at(found, "name").(string))
		}
		scope, _ := operation["x-scope"].(string)
		described = append(described, routeText(method, path, scope, named["query"], named["path"]))
	})
	slices.Sort(routes)
	slices.Sort(described)
	if diff := cmp.Diff(routes, described); diff != "" {
		t.Errorf("routes (-) and openapi.yaml (+) differ:\n%s", diff)
	}
}

func routeText(method, path, scope string, query, inPath []string) string {
	return fmt.Sprintf("%s %s %s %v %v", method, path, scope, slices.Sorted(slices.Values(query)), slices.Sorted(slices.Values(inPath)))
}

func braced(path string) []string {
	var names []string
	for _, found := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		names = append(names, found[1])
	}
	return names
}

// The schemas have the members of the documents that Go writes and reads, and no others.
func TestSchemasHaveTheMembersOfTheDocuments(t *testing.T) {
	t.Parallel()
	root := description(t)
	documents := []any{
		wire.Error{},
		wire.Execution{},
		wire.Fault{},
		wire.Page{},
		wire.Detail{},
		wire.Input{},
		wire.Header{},
		wire.Step{},
		wire.Response{},
		wire.States{},
		wire.Value{},
		wire.Blob{},
		wire.Log{},
		wire.Line{},
		wire.End{},
		wire.Replay{},
		wire.Replayed{},
		wire.Filter{},
		wire.ReplayMany{},
		wire.ReplayedMany{},
		wire.NotReplayed{},
		wire.StateOwners{},
		wire.StateOwner{},
		wire.Instances{},
		wire.Instance{},
		wire.Connections{},
		wire.Connection{},
		wire.ConnectionDetail{},
		wire.ConnectionInput{},
		wire.ConnectionEvent{},
		wire.ConnectionFields{},
		wire.ConnectionTested{},
		wire.Authorize{},
		wire.Authorization{},
		wire.Finding{},
		wire.Schedules{},
		wire.Schedule{},
		wire.Tokens{},
		wire.Token{},
		wire.NewToken{},
		wire.MadeToken{},
		wire.Keys{},
		wire.MasterKey{},
		wire.Key{},
		wire.Resealed{},
	}
	texts := []string{"ExecutionID", "Status", "ConnectionStatus", "Source", "Time", "Scope"}
	for _, document := range documents {
		kind := reflect.TypeOf(document)
		texts = append(texts, kind.Name())
		got, want := map[string]bool{}, map[string]bool{}
		goMembers(kind, want)
		schemaMembers(root, at(root, "components", "schemas", kind.Name()), got)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s: wire (-) and openapi.yaml (+) differ:\n%s", kind.Name(), diff)
		}
	}
	slices.Sort(texts)
	if diff := cmp.Diff(texts, slices.Sorted(maps.Keys(at(root, "components", "schemas").(map[string]any)))); diff != "" {
		t.Errorf("documents (-) and schemas (+) differ:\n%s", diff)
	}
}

func goMembers(kind reflect.Type, into map[string]bool) {
	for field := range kind.Fields() {
		if field.Anonymous {
			goMembers(field.Type, into)
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		into[name] = true
	}
}

func schemaMembers(root map[string]any, schema any, into map[string]bool) {
	properties, _ := at(schema, "properties").(map[string]any)
	for name := range properties {
		into[name] = true
	}
	parts, _ := at(schema, "allOf").([]any)
	for _, part := range parts {
		schemaMembers(root, resolved(root, part), into)
	}
}

// held gives a handler whose answers are held against the description.
func held(t *testing.T, handler http.Handler) http.Handler {
	t.Helper()
	root := description(t)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", root); err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*jsonschema.Schema{}
	operations(root, func(path, method string, operation map[string]any, _ []any) {
		for status, response := range operation["responses"].(map[string]any) {
			pointer := "/paths/" + escape(path) + "/" + strings.ToLower(method) + "/responses/" + status
			if ref, ok := at(response, "$ref").(string); ok {
				pointer = strings.TrimPrefix(ref, "#")
			}
			if at(resolved(root, response), "content", "application/json") != nil {
				schemas[method+" "+path+" "+status] = compiler.MustCompile("openapi.json#" + pointer + "/content/application~1json/schema")
			}
		}
	})
	mux := http.NewServeMux()
	for _, one := range api.Routes() {
		mux.HandleFunc(one.Method+" "+api.Prefix+one.Path, func(writer http.ResponseWriter, request *http.Request) {
			kept := &keptAnswer{ResponseWriter: writer, status: http.StatusOK}
			handler.ServeHTTP(kept, request)
			known := at(root, "paths", one.Path, strings.ToLower(one.Method), "responses", strconv.Itoa(kept.status)) != nil
			if !known && kept.status < 300 {
				t.Errorf("%s %s answered %d, which is not described", one.Method, one.Path, kept.status)
			}
			status := strconv.Itoa(kept.status)
			if !known {
				status = "default"
			}
			kept.check(t, schemas[one.Method+" "+one.Path+" "+status], one.Method+" "+one.Path+" "+status)
		})
	}
	mux.Handle("/", handler)
	return mux
}

func escape(pointer string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(pointer)
}

// keptAnswer is an answer that is read once more.
type keptAnswer struct {
	http.ResponseWriter

	status int
	text   bytes.Buffer
}

func (k *keptAnswer) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keptAnswer) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}

func (k *keptAnswer) Write(part []byte) (int, error) {
	k.text.Write(part)
	return k.ResponseWriter.Write(part)
}

func (k *keptAnswer) check(t *testing.T, schema *jsonschema.Schema, what string) {
	t.Helper()
	if k.Header().Get("Content-Type") == "text/event-stream" {
		return
	}
	if schema == nil {
		if k.text.Len() > 0 {
			t.Errorf("%s has a body, %s, and no schema", what, k.text.String())
		}
		return
	}
	document, err := jsonschema.UnmarshalJSON(&k.text)
	if err == nil {
		err = schema.Validate(document)
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}
