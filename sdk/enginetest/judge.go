package enginetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
)

// judgeLoad compares the findings with those that are wanted. The order doesn't matter, and there may be more warnings.
func (p *production) judgeLoad(program engine.Program) string {
	if p.spec.Load == nil {
		if program.Failed() {
			return fmt.Sprintf("it does not load: %+v", program.Diagnostics)
		}
		if program.ID == "" {
			return "it loads without errors, but the program has no id"
		}
		return ""
	}
	left := slices.Clone(program.Diagnostics)
	for _, want := range p.spec.Load.Diagnostics {
		at := slices.IndexFunc(left, func(d engine.Diagnostic) bool { return p.finds(want, d) })
		if at < 0 {
			return fmt.Sprintf("no finding like %+v; there are: %+v", want, program.Diagnostics)
		}
		left = slices.Delete(left, at, at+1)
	}
	if at := slices.IndexFunc(left, func(d engine.Diagnostic) bool { return d.Severity == engine.Error }); at >= 0 {
		return fmt.Sprintf("one error more than wanted: %+v", left[at])
	}
	if program.Failed() && program.ID != "" {
		return "a program with errors must not have an id"
	}
	return ""
}

func (p *production) finds(want DiagnosticWant, got engine.Diagnostic) bool {
	severity := engine.Severity(want.Severity)
	if severity == "" {
		severity = engine.Error
	}
	file, line := p.marked(want.Mark)
	switch {
	case got.Severity != severity, want.Code != "" && string(got.Code) != want.Code,
		want.Mark != "" && (got.File != file || got.Line != line),
		want.File != "" && got.File != want.File+p.ext[want.File],
		want.Column && got.Column <= 0,
		got.Message == "", !strings.Contains(got.Message, want.Message):
		return false
	}
	return true
}

// judge compares what came of a run with what is wanted, and gives the first difference.
func (p *production) judge(want Want, results []engine.StepResult, err error, host *stage) string {
	if reason := p.judgeFault(want.Fault, err); reason != "" {
		return reason
	}
	for i, result := range results {
		if i >= len(want.Steps) {
			return fmt.Sprintf("step %s was reported, but it must not run", result.Key)
		}
		if reason := p.judgeStep(want.Steps[i], result); reason != "" {
			return fmt.Sprintf("step %s: %s", want.Steps[i].Key, reason)
		}
	}
	if len(results) < len(want.Steps) {
		return fmt.Sprintf("step %s was not reported", want.Steps[len(results)].Key)
	}
	lines, calls := host.heard()
	if want.Logs != nil {
		if reason := judgeLogs(*want.Logs, lines); reason != "" {
			return reason
		}
	}
	if want.Calls != nil {
		return judgeCalls(*want.Calls, calls)
	}
	return ""
}

func (p *production) judgeFault(want *FaultWant, err error) string {
	if want == nil {
		if err != nil {
			return fmt.Sprintf("it fails: %s", explain(err))
		}
		return ""
	}
	if err == nil {
		return fmt.Sprintf("it must fail with %s/%s, but comes to a regular end", want.Source, want.Code)
	}
	got, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return fmt.Sprintf("its error is not a fault: %v", err)
	}
	return p.differFault(want, got)
}

func explain(err error) string {
	found := fault.As(err, fault.Engine)
	return fmt.Sprintf("%s/%s %s %v", found.Source, found.Code, found.Error(), found.Stack)
}

func (p *production) differFault(want *FaultWant, got *fault.Fault) string {
	for _, field := range []struct{ name, want, got string }{
		{"source", want.Source, string(got.Source)},
		{"code", want.Code, string(got.Code)},
		{"name", want.Name, got.Name},
		{"step", want.Step, got.Step},
	} {
		if field.want != "" && field.want != field.got {
			return fmt.Sprintf("the fault's %s must be %q, but is %q: %s", field.name, field.want, field.got, explain(got))
		}
	}
	if !strings.Contains(got.Message, want.Message) {
		return fmt.Sprintf("the fault's message must contain %q: %s", want.Message, explain(got))
	}
	if got.Message == "" {
		return "the fault has no message"
	}
	if !inChain(want.Chain, got) {
		return fmt.Sprintf("neither the fault's message nor that of a cause contains %q: %s", want.Chain, explain(got))
	}
	if wait := got.RetryAfter.Milliseconds(); len(want.RetryMS) == 2 && (wait < want.RetryMS[0] || wait > want.RetryMS[1]) {
		return fmt.Sprintf("the fault must ask for a wait of %d to %d ms, but asks for %d", want.RetryMS[0], want.RetryMS[1], wait)
	}
	return p.differStack(want.Stack, got.Stack)
}

// inChain looks for words in the messages of a fault and its causes.
func inChain(words string, found *fault.Fault) bool {
	for ; found != nil; found = found.Cause {
		if strings.Contains(found.Message, words) {
			return true
		}
	}
	return false
}

// differStack looks for the marked lines in the stack, in order; the first one must be the innermost frame.
func (p *production) differStack(marks []string, stack []fault.Frame) string {
	at := 0
	for i, mark := range marks {
		file, line := p.marked(mark)
		for at < len(stack) && (stack[at].File != file || stack[at].Line != line) {
			at++
		}
		if at == len(stack) || i == 0 && at != 0 {
			return fmt.Sprintf("the stack must have %s:%d (@%s) as its frame %d or later, innermost first: %v", file, line, mark, i+1, stack)
		}
		at++
	}
	return ""
}

func (p *production) judgeStep(want StepWant, got engine.StepResult) string {
	if got.Key != want.Key {
		return fmt.Sprintf("step %s was reported in its place", got.Key)
	}
	if want.Fault != nil {
		if got.Fault == nil {
			return "it must fail, but succeeds"
		}
		if !got.Results.IsZero() {
			return "a failed step must not have results"
		}
		return p.differFault(want.Fault, got.Fault)
	}
	if got.Fault != nil {
		return "it fails: " + explain(got.Fault)
	}
	if got.Elapsed < 0 {
		return fmt.Sprintf("it took %s", got.Elapsed)
	}
	if want.Results != nil {
		if reason := want.Results.differs(got.Results); reason != "" {
			return "results: " + reason
		}
	}
	if reason := differResponse(want.Response, got.Response); reason != "" {
		return "response: " + reason
	}
	return differChanges(want, got.Changed)
}

func differResponse(want *ResponseWant, got *engine.Response) string {
	switch {
	case want == nil && got != nil:
		return fmt.Sprintf("the code said nothing of it, but there is %+v", *got)
	case want == nil:
		return ""
	case got == nil:
		return "there is none"
	case want.Status != got.Status:
		return fmt.Sprintf("want status %d, got %d", want.Status, got.Status)
	case want.ContentType != got.ContentType:
		return fmt.Sprintf("want content type %q, got %q", want.ContentType, got.ContentType)
	}
	if reason := lacks(want.Headers, got.Headers); reason != "" {
		return reason
	}
	if len(got.Headers) != len(want.Headers) {
		return fmt.Sprintf("want %d headers, got %v", len(want.Headers), got.Headers)
	}
	if want.Body == nil {
		if !got.Body.IsZero() {
			return "the code gave no body, but there is " + form(got.Body)
		}
		return ""
	}
	if reason := want.Body.differs(got.Body); reason != "" {
		return "body: " + reason
	}
	return ""
}

// lacks names a header that is not there.
func lacks(want [][2]string, got []hostapi.Header) string {
	for _, pair := range want {
		found := slices.ContainsFunc(got, func(h hostapi.Header) bool {
			return strings.EqualFold(h.Name, pair[0]) && h.Value == pair[1]
		})
		if !found {
			return fmt.Sprintf("no header %s: %s among %v", pair[0], pair[1], got)
		}
	}
	return ""
}

func differChanges(want StepWant, got engine.States) string {
	changed := map[string][]byte{
		"instanceState": got.Instance, "crossFlowState": got.CrossFlow,
		"integrationState": got.Integration, "executionState": got.Execution,
	}
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		wanted, change := want.Changed[name], changed[name]
		if len(wanted) == 0 {
			wanted = []byte("{}")
		}
		if len(change) == 0 {
			change = []byte("{}")
		}
		if reason := differJSON(wanted, change, false); reason != "" {
			return fmt.Sprintf("changes of %s: %s", name, reason)
		}
	}
	return ""
}

func judgeLogs(want []LogWant, got []hostapi.Line) string {
	for i, line := range got {
		if i >= len(want) {
			return fmt.Sprintf("log: %d lines more than wanted, the first is %s %q", len(got)-i, line.Level, conformance.Clip(line.Text))
		}
		if reason := differLine(want[i], line); reason != "" {
			return fmt.Sprintf("log line %d: %s", i+1, reason)
		}
	}
	if len(got) < len(want) {
		return fmt.Sprintf("log: want %d lines, got %d", len(want), len(got))
	}
	return ""
}

func differLine(want LogWant, got hostapi.Line) string {
	switch {
	case got.Step != want.Step:
		return fmt.Sprintf("want it from step %q, got %q: %s", want.Step, got.Step, conformance.Clip(got.Text))
	case string(got.Level) != want.Level:
		return fmt.Sprintf("want level %s, got %s: %s", want.Level, got.Level, conformance.Clip(got.Text))
	case want.Text != "" && got.Text != want.Text:
		return fmt.Sprintf("want %q, got %q", conformance.Clip(want.Text), conformance.Clip(got.Text))
	case !strings.Contains(got.Text, want.Contains):
		return fmt.Sprintf("want %q in it, got %q", want.Contains, conformance.Clip(got.Text))
	case want.Length > 0 && utf8.RuneCountInString(got.Text) != want.Length:
		return fmt.Sprintf("want %d characters, got %d", want.Length, utf8.RuneCountInString(got.Text))
	case got.Dropped != want.Dropped:
		return fmt.Sprintf("want it to tell of %d dropped lines, got %d", want.Dropped, got.Dropped)
	case got.At.IsZero():
		return "it has no time"
	}
	return ""
}

func judgeCalls(want []CallWant, got []call) string {
	if len(want) != len(got) {
		return fmt.Sprintf("want %d calls of the host, got %d", len(want), len(got))
	}
	for i := range want {
		if reason := want[i].differs(got[i]); reason != "" {
			return fmt.Sprintf("call %d: %s", i+1, reason)
		}
	}
	return ""
}

func (w CallWant) differs(got call) string {
	if (w.Flow != "") != (got.invoke != nil) {
		return "fetch in place of invokeFlow, or the other way round"
	}
	if got.invoke != nil {
		return w.differsInvoke(got)
	}
	request := got.fetch
	switch {
	case w.Step != "" && w.Step != request.Step:
		return fmt.Sprintf("want it from step %q, got %q", w.Step, request.Step)
	case w.Method != "" && w.Method != request.Method:
		return fmt.Sprintf("want method %s, got %s", w.Method, request.Method)
	case w.URL != "" && w.URL != request.URL:
		return fmt.Sprintf("want URL %s, got %s", w.URL, request.URL)
	case w.Whose != request.Connection:
		return fmt.Sprintf("want the credential of connection %q, got %q", w.Whose, request.Connection)
	case w.Body != nil && *w.Body != string(request.Body):
		return fmt.Sprintf("want body %q, got %q", *w.Body, conformance.Clip(string(request.Body)))
	}
	return lacks(w.Headers, request.Headers)
}

func (w CallWant) differsInvoke(got call) string {
	request := got.invoke
	switch {
	case w.Step != "" && w.Step != request.Step:
		return fmt.Sprintf("want it from step %q, got %q", w.Step, request.Step)
	case w.Flow != request.Flow:
		return fmt.Sprintf("want flow %q, got %q", w.Flow, request.Flow)
	}
	if w.Data != nil {
		if reason := w.Data.differs(got.data()); reason != "" {
			return "data: " + reason
		}
	}
	if len(w.Options) > 0 {
		if reason := differJSON(w.Options, request.Options, false); reason != "" {
			return "options: " + reason
		}
	}
	return ""
}
