package lua

import (
	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// isoTime is ISO 8601 in UTC with milliseconds, as JavaScript writes it.
const isoTime = "2006-01-02T15:04:05.000Z"

// constant is a lazy member that is there already.
func constant(v vm.LValue) func() (vm.LValue, error) {
	return func() (vm.LValue, error) { return v, nil }
}

// context makes the first argument of a step or trigger. Properties that are null are absent.
func (x *execution) context(step engine.Step, states *stateTables) *vm.LTable {
	s := x.sandbox
	lazy := &luajson.Lazy{}
	table := lazy.Table(s.state)
	lazy.Add("logger", constant(s.logger()))
	lazy.Add("invokeFlow", constant(s.invoker(table)))
	for _, name := range x.shared.names {
		if name != "debug" { // the host says whether it is on; its functions are made here
			lazy.Add(name, x.property(x.shared.texts[name]))
		}
	}
	lazy.Add("stepId", constant(vm.LString(step.Key)))
	lazy.Add("executionId", constant(vm.LString(x.run.Execution)))
	lazy.Add("idempotencyKey", func() (vm.LValue, error) { return vm.LString(x.run.IdempotencyKey(step.Key)), nil })
	lazy.Add("startedAt", constant(vm.LString(x.run.StartedAt.UTC().Format(isoTime))))
	lazy.Add("invokeUrl", constant(vm.LString(x.run.InvokeURL)))
	for i, name := range stateNames() {
		lazy.Add(name, func() (vm.LValue, error) { return x.state(i, states) })
	}
	lazy.Add("executionFrame", x.property(x.run.Frame))
	lazy.Add("debug", func() (vm.LValue, error) { return s.debug(x.debugEnabled()), nil })
	return table
}

// property decodes a member of the context when it is wanted.
func (x *execution) property(text []byte) func() (vm.LValue, error) {
	return func() (vm.LValue, error) {
		if len(text) == 0 {
			return nil, nil
		}
		item, err := x.sandbox.codec.Decode(text)
		if item == x.sandbox.codec.Null() {
			return nil, err
		}
		return item, err
	}
}

// stepResults makes the second argument of a step. Each entry is decoded when code looks at it.
func (x *execution) stepResults() *vm.LTable {
	lazy := &luajson.Lazy{}
	table := lazy.Table(x.sandbox.state)
	if x.run.Payload != nil && !x.startsWithTrigger() {
		lazy.Add(x.run.TriggerKey, x.entry(func() (vm.LValue, error) { return x.payload(), nil }))
	}
	for _, result := range x.results {
		lazy.Add(result.Key, x.entry(func() (vm.LValue, error) { return x.decoded(result) }))
	}
	return table
}

func (x *execution) startsWithTrigger() bool {
	return len(x.run.Steps) > 0 && x.run.Steps[0].Kind == engine.KindTrigger
}

// entry makes one { results = … }.
func (x *execution) entry(read func() (vm.LValue, error)) func() (vm.LValue, error) {
	return func() (vm.LValue, error) {
		lazy := &luajson.Lazy{}
		lazy.Add("results", read)
		return lazy.Table(x.sandbox.state), nil
	}
}

func (x *execution) decoded(result engine.Result) (vm.LValue, error) {
	if failed := result.Error; failed != nil {
		return x.failure(failed), nil
	}
	return x.sandbox.codec.Value(result.Value)
}

// failure is the results of a step whose error is ignored.
func (x *execution) failure(err *fault.Fault) vm.LValue {
	state := x.sandbox.state
	table, inner := state.CreateTable(0, 1), state.CreateTable(0, 2)
	name := err.Name
	if name == "" {
		name = "Error"
	}
	inner.RawSetString("name", vm.LString(name))
	inner.RawSetString("message", vm.LString(err.Message))
	table.RawSetString("error", inner)
	return table
}
