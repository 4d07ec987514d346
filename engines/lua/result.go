package lua

import (
	"context"
	"fmt"
	"slices"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func (x *execution) writeLimits() luajson.Limits {
	return luajson.Limits{Bytes: x.limits.ResultBytes, Depth: x.limits.ResultDepth}
}

// read turns what a step returned into its result.
func (x *execution) read(ctx context.Context, step engine.Step, returned vm.LValue, states *stateTables, result *engine.StepResult) error {
	table, ok := returned.(*vm.LTable)
	if !ok {
		x.warnf("the code returned %s, so its results are null; return a table, as in return { %s = … }", unexpected(returned), mainKey(step.Kind))
		table = x.sandbox.state.CreateTable(0, 0)
	} else {
		x.advise(step.Kind, table)
	}
	var err error
	if result.Results, err = x.field(ctx, table, mainKey(step.Kind)); err != nil {
		return err
	}
	source, path := table, ""
	if step.Kind == engine.KindTrigger {
		source, _ = table.RawGetString("response").(*vm.LTable)
		path = "response."
	}
	if source != nil {
		if result.Response, err = x.answer(ctx, source, path); err != nil {
			return err
		}
	}
	if result.Results.IsRaw() && result.Response != nil {
		result.Results.ContentType = result.Response.ContentType
	}
	result.Changed, err = x.changes(ctx, states, table)
	return err
}

// mainKey is the key under which code returns its results.
func mainKey(kind engine.Kind) string {
	if kind == engine.KindTrigger {
		return "payload"
	}
	return "data"
}

// field encodes a member of what code returned; null if it is missing.
func (x *execution) field(ctx context.Context, table *vm.LTable, name string) (value.Value, error) {
	item := table.RawGetString(name)
	if item == vm.LNil {
		return value.Null(), nil
	}
	return x.sandbox.codec.Encode(ctx, item, name, x.writeLimits())
}

// answer reads what code said of the HTTP answer; nil if it said nothing.
//
//nolint:nilnil // nil is what a step result has in that case
func (x *execution) answer(ctx context.Context, table *vm.LTable, path string) (*engine.Response, error) {
	var out engine.Response
	said := false
	if status := table.RawGetString("statusCode"); status != vm.LNil {
		number, ok := status.(vm.LNumber)
		if !ok || float64(number) != float64(int32(number)) {
			return nil, fault.New(fault.User, fault.BadResult, "%sstatusCode must be a whole number, not %s", path, status.String())
		}
		out.Status, said = int(number), true
	}
	if kind := table.RawGetString("contentType"); kind != vm.LNil {
		out.ContentType, said = vm.LVAsString(kind), true
	}
	if headers, ok := table.RawGetString("headers").(*vm.LTable); ok {
		lines, err := headerLines(headers, path+"headers")
		if err != nil {
			return nil, err
		}
		out.Headers, said = lines, true
	}
	if body := table.RawGetString("body"); body != vm.LNil {
		encoded, err := x.sandbox.codec.Encode(ctx, body, path+"body", x.writeLimits())
		if err != nil {
			return nil, err
		}
		out.Body, said = encoded, true
	}
	if !said {
		return nil, nil
	}
	return &out, nil
}

// returnKeys are the keys of what code returns that mean something.
func returnKeys(kind engine.Kind) []string {
	keys := []string{"data", "contentType", "statusCode", "headers", "body"}
	if kind == engine.KindTrigger {
		keys = []string{"payload", "response"}
	}
	names := stateNames()
	return append(keys, names[:]...)
}

// advise warns of a table without any key that means something.
func (x *execution) advise(kind engine.Kind, table *vm.LTable) {
	known := returnKeys(kind)
	var found []string
	for key, _ := table.Next(vm.LNil); key != vm.LNil && len(found) < 5; key, _ = table.Next(key) {
		name, ok := key.(vm.LString)
		if ok && slices.Contains(known, string(name)) {
			return
		}
		found = append(found, key.String())
	}
	what := "an empty table"
	if len(found) > 0 {
		what = fmt.Sprintf("a table with %s but without %q", strings.Join(found, ", "), mainKey(kind))
	}
	x.warnf("the code returned %s, so its results are null; did you mean return { %s = … }?", what, mainKey(kind))
}

func (x *execution) warnf(format string, args ...any) {
	x.sandbox.write(hostapi.Warn, fmt.Sprintf(format, args...))
}
