package lua

import (
	"context"
	"fmt"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// call runs the function that the step's file returns and gives what it returned.
func (x *execution) call(ctx context.Context, step engine.Step, states *stateTables) (result vm.LValue, err error) {
	s := x.sandbox
	defer func() { // the interpreter's own protected call writes a trace of the whole stack, in the square of its depth
		if problem := recover(); problem != nil {
			result, err = nil, s.translate(problem)
		}
	}()
	s.state.SetContext(ctx)
	s.state.Push(s.state.NewFunction(func(l *vm.LState) int { //nolint:contextcheck // the state carries it
		s.invoke(l, step, x.arguments(step, states))
		return 1
	}))
	s.state.Call(0, 1)
	result = s.state.Get(-1)
	s.state.Pop(1)
	return result, nil
}

// arguments makes what the function is called with. It gives fresh tables, so that a step can't see what another one
// did to its own.
func (x *execution) arguments(step engine.Step, states *stateTables) []vm.LValue {
	first := x.context(step, states)
	if step.Kind == engine.KindTrigger {
		return []vm.LValue{first, x.payload()}
	}
	return []vm.LValue{first, x.stepResults()}
}

func (s *sandbox) invoke(l *vm.LState, step engine.Step, arguments []vm.LValue) {
	function := s.module(l, step.Entry)
	if _, ok := function.(*vm.LFunction); !ok {
		what := "nothing"
		if function != vm.LTrue {
			what = "a " + function.Type().String()
		}
		s.throw(l, fault.New(fault.User, fault.NotCallable,
			"%s returns %s; it must end with return function(%s) … end", step.Entry, what, parameters(step.Kind)))
	}
	l.Push(function)
	for _, argument := range arguments {
		l.Push(argument)
	}
	l.Call(len(arguments), 1)
}

func parameters(kind engine.Kind) string {
	if kind == engine.KindTrigger {
		return "ctx, payload"
	}
	return "ctx, steps"
}

// unexpected names a value that code returned in place of a table.
func unexpected(v vm.LValue) string {
	if v == vm.LNil {
		return "nothing"
	}
	return fmt.Sprintf("a %s", v.Type())
}
