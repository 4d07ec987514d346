package sdk_test //nolint:testableexamples // Serve does not return; TestExampleEngine runs the example

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"text/template"
	"time"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// A plugin that runs steps written as Go templates: the results of a step are the text that it gives.
func Example() {
	sdk.Serve(sdk.Plugin{Name: "template", Version: "1.0.0", Engine: &templates{}})
}

// templates is the engine: what it has loaded, by program id.
type templates struct{ programs sync.Map }

func (e *templates) Describe(context.Context) (engine.Description, error) {
	return engine.Description{
		Name: "template", Version: "1.0.0", Language: "Go templates", Extensions: []string{".tmpl"},
	}, nil
}

// Load parses all files. Its id derives from their content, so loading the same again changes nothing.
func (e *templates) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	program, sum := template.New(source.Name), sha256.New()
	var findings []engine.Diagnostic
	for _, file := range source.Files {
		sum.Write([]byte(file.Path + "\x00" + string(file.Content) + "\x00"))
		if _, err := program.New(file.Path).Parse(string(file.Content)); err != nil {
			findings = append(findings, engine.Diagnostic{
				Severity: engine.Error, Code: fault.Syntax, File: file.Path, Message: err.Error(),
			})
		}
	}
	if len(findings) > 0 {
		return engine.Program{Diagnostics: findings}, nil
	}
	id := hex.EncodeToString(sum.Sum(nil))
	e.programs.Store(id, program)
	return engine.Program{ID: id}, nil
}

func (e *templates) Lane(context.Context) (engine.Lane, error) { return lane{e}, nil }

// lane has nothing of its own: templates keep no state.
type lane struct{ engine *templates }

func (l lane) Close() error { return nil }

// Run renders one template after another.
func (l lane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	program, found := l.engine.programs.Load(run.Program)
	if !found {
		return fault.New(fault.Engine, fault.NotLoaded, "the program %s is not loaded", run.Program)
	}
	for _, step := range run.Steps {
		result := render(program.(*template.Template), step, run)
		host.Log(hostapi.Line{Step: step.Key, Level: hostapi.Debug, Text: "rendered " + step.Entry, At: time.Now()})
		if err := done(ctx, result); err != nil {
			return err
		}
		if result.Fault != nil {
			return result.Fault
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func render(program *template.Template, step engine.Step, run engine.Run) engine.StepResult {
	begun := time.Now()
	var body any
	if run.Payload != nil {
		_ = json.Unmarshal(run.Payload.RawBody, &body) // what is no JSON is no data
	}
	var text bytes.Buffer
	if err := program.ExecuteTemplate(&text, step.Entry, body); err != nil {
		failed := fault.New(fault.User, fault.Thrown, "%v", err).At(step.Key)
		return engine.StepResult{Key: step.Key, Fault: failed, Elapsed: time.Since(begun)}
	}
	results, err := json.Marshal(text.String())
	if err != nil {
		return engine.StepResult{Key: step.Key, Fault: fault.As(err, fault.Engine).At(step.Key), Elapsed: time.Since(begun)}
	}
	return engine.StepResult{Key: step.Key, Results: value.JSON(results), Elapsed: time.Since(begun)}
}
