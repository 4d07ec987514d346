package enginetest

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// How long the parts of a case may take.
const (
	loadTime = 10 * time.Second
	runTime  = 20 * time.Second // of a run without a limit of its own
	leeway   = time.Second      // what a run may take beyond its limit or after its cancellation
)

// production is a case in the language of an engine.
type production struct {
	spec   Case
	engine engine.Engine
	files  map[string][]byte
	ext    map[string]string // extension of each entry
}

// produce finds the case's code in the language; missing names an entry that has none.
func produce(spec Case, target engine.Engine, extensions []string) (p *production, missing string) {
	p = &production{spec: spec, engine: target, files: spec.sources(extensions), ext: map[string]string{}}
	for _, entry := range spec.entries() {
		for _, extension := range extensions {
			if _, found := p.files[entry+extension]; found {
				p.ext[entry] = extension
			}
		}
		if p.ext[entry] == "" {
			return nil, entry
		}
	}
	return p, ""
}

func (p *production) source() engine.Source {
	out := engine.Source{Name: p.spec.Name}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		out.Files = append(out.Files, engine.File{Path: name, Content: p.files[name]})
	}
	for _, entry := range p.spec.entries() {
		out.Entries = append(out.Entries, entry+p.ext[entry])
	}
	return out
}

// play loads the case and runs its executions on one lane. It gives what is not as it must be, or "".
func (p *production) play(ctx context.Context) string {
	loading, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	program, err := p.engine.Load(loading, p.source())
	if err != nil {
		return fmt.Sprintf("loading: %v", err)
	}
	if reason := p.judgeLoad(program); reason != "" || program.Failed() {
		return reason
	}
	lane, err := p.engine.Lane(ctx)
	if err != nil {
		return fmt.Sprintf("opening a lane: %v", err)
	}
	defer func() { _ = lane.Close() }() // the process may be gone by now, as the case wants
	for i, exchange := range p.spec.Runs {
		if reason := p.exchange(ctx, lane, program.ID, exchange); reason != "" {
			return fmt.Sprintf("run %d: %s", i+1, reason)
		}
	}
	return ""
}

// exchange runs one execution and judges it.
func (p *production) exchange(ctx context.Context, lane engine.Lane, program string, x Exchange) string {
	limit := runTime
	if x.Run.TimeoutMS > 0 {
		limit = time.Duration(x.Run.TimeoutMS) * time.Millisecond
	}
	ctx, stop := context.WithTimeoutCause(ctx, limit, fault.New(fault.Limit, fault.Deadline, "the run took longer than %s", limit))
	defer stop()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var canceled atomic.Pointer[time.Time]
	giveUp := func(when string) func() {
		return func() {
			now := time.Now()
			if x.Cancel == when && canceled.CompareAndSwap(nil, &now) {
				cancel(fault.New(fault.Host, fault.Canceled, "the case cancels the run"))
			}
		}
	}
	host := &stage{answers: x.Host.Answers, asked: giveUp("call"), logged: giveUp("log")}
	var results []engine.StepResult
	started := time.Now()
	err := lane.Run(ctx, p.run(program, x.Run), host, func(_ context.Context, result engine.StepResult) error {
		results = append(results, result)
		return nil
	})
	ended := time.Now()
	if late := ended.Sub(started) - limit; late > leeway {
		return fmt.Sprintf("the run ended %s after its limit of %s", late.Round(time.Millisecond), limit)
	}
	if at := canceled.Load(); at != nil && ended.Sub(*at) > leeway {
		return fmt.Sprintf("the run ended %s after it was canceled", ended.Sub(*at).Round(time.Millisecond))
	}
	return p.judge(x.Want, results, err, host)
}

func (p *production) run(program string, spec RunSpec) engine.Run {
	out := engine.Run{
		Program: program, Execution: spec.Execution, StartedAt: spec.StartedAt, InvokeURL: spec.InvokeURL,
		Context: compact(spec.Context), Frame: spec.Frame, TriggerKey: spec.TriggerKey,
		Limits: engine.Limits{
			ResultBytes: spec.Limits.ResultBytes, ResultDepth: spec.Limits.ResultDepth, LogLines: spec.Limits.LogLines,
		},
		States: engine.States{
			Instance: spec.States["instanceState"], CrossFlow: spec.States["crossFlowState"],
			Integration: spec.States["integrationState"], Execution: spec.States["executionState"],
		},
	}
	if len(out.Context) == 0 {
		out.Context = []byte("{}")
	}
	if spec.Payload != nil {
		out.Payload = spec.Payload.payload()
	}
	for _, result := range spec.Results {
		out.Results = append(out.Results, result.result())
	}
	for _, step := range spec.Steps {
		out.Steps = append(out.Steps, p.step(step))
	}
	return out
}

func (p *production) step(spec StepSpec) engine.Step {
	out := engine.Step{
		Key: spec.Key, Name: spec.Name, Entry: spec.Code + p.ext[spec.Code], Kind: engine.KindStep,
		Timeout: time.Duration(spec.TimeoutMS) * time.Millisecond,
	}
	if spec.Kind != "" {
		out.Kind = engine.Kind(spec.Kind)
	}
	if out.Name == "" {
		out.Name = spec.Key
	}
	return out
}

func (s ResultSpec) result() engine.Result {
	if s.Error != nil {
		return engine.Result{Key: s.Key, Error: s.Error.fault()}
	}
	return engine.Result{Key: s.Key, Value: s.Value.value()}
}

func (s *PayloadSpec) payload() *engine.Payload {
	out := &engine.Payload{
		Method: s.Method, PathFragment: s.PathFragment, QueryParameters: s.QueryParameters,
		RawBody: s.RawBase64, ContentType: s.ContentType, Body: engine.BodyForm(s.Body), Parts: value.Value{},
	}
	if out.RawBody == nil {
		out.RawBody = []byte(s.RawText)
	}
	for _, pair := range s.Headers {
		out.Headers = append(out.Headers, hostapi.Header{Name: pair[0], Value: pair[1]})
	}
	if s.Parts != nil {
		out.Parts = s.Parts.value()
	}
	return out
}

// marked finds the line that holds @ and the word, in a code file of the case.
func (p *production) marked(word string) (file string, line int) {
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		if path.Ext(name) == ".json" {
			continue
		}
		for i, text := range bytes.Split(p.files[name], []byte("\n")) {
			if slices.Contains(strings.Fields(string(text)), "@"+word) {
				return name, i + 1
			}
		}
	}
	return "", 0
}
