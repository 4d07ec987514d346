package lua_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// recorder is a host that keeps log lines and answers from functions.
type recorder struct {
	mu     sync.Mutex
	lines  []string
	fetch  func(context.Context, hostapi.FetchRequest) (hostapi.FetchResponse, error)
	invoke func(context.Context, hostapi.InvokeRequest) (hostapi.InvokeResponse, error)
}

func (r *recorder) Log(line hostapi.Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = append(r.lines, fmt.Sprintf("%s %s: %s\n", line.Step, line.Level, line.Text))
}

func (r *recorder) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	if r.fetch == nil {
		return hostapi.FetchResponse{}, fault.New(fault.Downstream, fault.Unreachable, "no route to %s", request.URL)
	}
	return r.fetch(ctx, request)
}

func (r *recorder) InvokeFlow(ctx context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	if r.invoke == nil {
		return hostapi.InvokeResponse{}, fault.New(fault.Host, fault.Refused, "no flow %q", request.Flow)
	}
	return r.invoke(ctx, request)
}

// load makes a program of files; those named step… are its entries.
func load(t *testing.T, e *lua.Engine, files ...engine.File) engine.Program {
	t.Helper()
	program, err := e.Load(t.Context(), source(files))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func source(files []engine.File) engine.Source {
	out := engine.Source{Name: "test", Files: files}
	for _, file := range files {
		if strings.HasPrefix(file.Path, "step") {
			out.Entries = append(out.Entries, file.Path)
		}
	}
	return out
}

// run loads files and runs the entries in order. It gives the step results and what Run returned.
func run(ctx context.Context, t *testing.T, host hostapi.Host, r engine.Run, files ...engine.File) ([]engine.StepResult, error) {
	t.Helper()
	e := lua.New()
	program := load(t, e, files...)
	if program.Failed() {
		t.Fatalf("does not load: %+v", program.Diagnostics)
	}
	lane, err := e.Lane(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	r.Program = program.ID
	if r.Steps == nil {
		for _, entry := range source(files).Entries {
			r.Steps = append(r.Steps, engine.Step{Key: strings.TrimSuffix(entry, ".lua"), Entry: entry, Kind: engine.KindStep})
		}
	}
	var out []engine.StepResult
	err = lane.Run(ctx, r, host, func(_ context.Context, result engine.StepResult) error {
		out = append(out, result)
		return nil
	})
	return out, err
}

func script(code string) engine.File { return engine.File{Path: "step.lua", Content: []byte(code)} }

// TestScripts runs testdata/*.txtar. Files of a script are loaded as they are; "results", "fault", "log" and
// "diagnostics" say what must come of it.
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, path := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			checkScript(t, path, archive)
		})
	}
}

func checkScript(t *testing.T, path string, archive *txtar.Archive) {
	t.Helper()
	var files []engine.File
	want := map[string]string{}
	for _, file := range archive.Files {
		if filepath.Ext(file.Name) == "" {
			want[file.Name] = string(file.Data)
			continue
		}
		files = append(files, engine.File{Path: file.Name, Content: bytes.TrimSuffix(file.Data, []byte("\n"))})
	}
	got := outcome(t, files)
	if os.Getenv("UPDATE") != "" {
		update(t, path, archive, got)
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// outcome loads and runs files and renders what came of it.
func outcome(t *testing.T, files []engine.File) map[string]string {
	t.Helper()
	got := map[string]string{}
	put := func(name, text string) {
		if text != "" {
			got[name] = text
		}
	}
	var text strings.Builder
	program := load(t, lua.New(), files...)
	for _, d := range program.Diagnostics {
		fmt.Fprintf(&text, "%s:%d:%d: %s %s: %s\n", d.File, d.Line, d.Column, d.Severity, d.Code, d.Message)
	}
	put("diagnostics", text.String())
	if program.Failed() {
		return got
	}
	host := &recorder{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	results, err := run(ctx, t, host, engine.Run{Execution: "e1"}, files...)
	text.Reset()
	for _, result := range results {
		if result.Fault == nil {
			text.WriteString(show(result))
		}
	}
	put("results", text.String())
	put("fault", showFault(err))
	put("log", strings.Join(host.lines, ""))
	return got
}

func show(result engine.StepResult) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s", result.Key, result.Results.JSON)
	if result.Results.IsRaw() {
		fmt.Fprintf(&text, "raw %q", result.Results.Raw)
	}
	for _, blob := range result.Results.Blobs {
		fmt.Fprintf(&text, " %s=%q", blob.Pointer, blob.Bytes)
	}
	return text.String() + "\n"
}

func showFault(err error) string {
	found, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		if err != nil {
			return err.Error() + "\n"
		}
		return ""
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s/%s %s\n", found.Source, found.Code, found.Error())
	for _, frame := range found.Stack[:min(len(found.Stack), 4)] {
		fmt.Fprintf(&text, "  %s\n", frame)
	}
	return text.String()
}

// update writes what came out into the script, for a person to look over.
func update(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	files := slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return filepath.Ext(f.Name) == "" })
	for _, name := range []string{"diagnostics", "results", "fault", "log"} {
		if text, ok := got[name]; ok {
			files = append(files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	archive.Files = files
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}
