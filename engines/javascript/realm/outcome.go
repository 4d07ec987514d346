package realm

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Defaults of engine.Limits.
const (
	DefaultResultBytes = 64 << 20
	DefaultResultDepth = 1000
	DefaultLogLines    = 10_000
)

func (r *Realm) budget() codec.Budget {
	budget := codec.Budget{Bytes: r.run.Limits.ResultBytes, Depth: r.run.Limits.ResultDepth, Stop: r.stopped, Warn: r.warn}
	if budget.Bytes <= 0 {
		budget.Bytes = DefaultResultBytes
	}
	if budget.Depth <= 0 {
		budget.Depth = DefaultResultDepth
	}
	return budget
}

func (r *Realm) warn(text string) { r.log(hostapi.Warn, text) }

// interpret reads what a step or trigger returned.
func (r *Realm) interpret(ctx context.Context, given *goja.Object, returned goja.Value, result *engine.StepResult) (err error) {
	object := r.returnedObject(returned)
	result.Results = value.Null()
	if object != nil {
		if err := r.readObject(object, result); err != nil {
			return err
		}
	}
	if result.Changed, err = r.states.collect(given, object); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (r *Realm) readObject(object *goja.Object, result *engine.StepResult) (err error) {
	if r.step.Kind == engine.KindTrigger {
		if result.Results, err = r.encodeMember(object, "payload"); err != nil {
			return err
		}
		response, ok := object.Get("response").(*goja.Object)
		if ok {
			result.Response, err = r.readResponse(response, "response.")
		}
		return err
	}
	if result.Results, err = r.encodeMember(object, "data"); err != nil {
		return err
	}
	result.Response, err = r.readResponse(object, "")
	if result.Response != nil && result.Results.IsRaw() {
		result.Results.ContentType = result.Response.ContentType
	}
	return err
}

func (r *Realm) encodeMember(object *goja.Object, name string) (value.Value, error) {
	member := object.Get(name)
	if member == nil || goja.IsUndefined(member) {
		return value.Null(), nil
	}
	return codec.Encode(r.runtime, member, name, r.budget())
}

var (
	stepKeys    = append([]string{"data", "contentType", "statusCode", "headers", "body"}, stateNames...)
	triggerKeys = append([]string{"payload", "response"}, stateNames...)
)

// returnedObject gives the object that code returned when it has a key of the contract, else nil with a warning.
func (r *Realm) returnedObject(returned goja.Value) *goja.Object {
	known, wanted := stepKeys, "data"
	if r.step.Kind == engine.KindTrigger {
		known, wanted = triggerKeys, "payload"
	}
	object, ok := returned.(*goja.Object)
	if !ok || isBytesOrArray(object) {
		r.warn(fmt.Sprintf("the code returned %s, so its results are null; did you mean return { %s: … }?", kindOf(returned), wanted))
		return nil
	}
	for _, key := range known {
		if object.Get(key) != nil {
			return object
		}
	}
	r.warn(forgotten(object.Keys(), wanted))
	return nil
}

func isBytesOrArray(object *goja.Object) bool {
	_, raw := codec.Bytes(object)
	return raw || object.ClassName() == "Array"
}

// forgotten says what a return value without a key of the contract probably meant.
func forgotten(keys []string, wanted string) string {
	found := "an object without keys"
	if len(keys) > 0 {
		shown := strings.Join(keys[:min(len(keys), 10)], ", ")
		found = "an object with the keys " + shown
		if len(keys) > 10 {
			found += ", …"
		}
	}
	text := fmt.Sprintf("the code returned %s but no %s, so its results are null; did you mean return { %s: { … } }?", found, wanted, wanted)
	for _, key := range keys {
		if strings.EqualFold(key, wanted) {
			return text + fmt.Sprintf(" (%s is spelled %s)", key, wanted)
		}
	}
	return text
}

// kindOf describes a value in a few words.
func kindOf(v goja.Value) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case goja.String:
		return "a string"
	case *goja.Symbol:
		return "a symbol"
	case *goja.Object:
		return kindOfObject(v)
	}
	switch {
	case goja.IsUndefined(v):
		return "nothing"
	case goja.IsNull(v):
		return "null"
	case goja.IsNumber(v):
		return "a number"
	case goja.IsBigInt(v):
		return "a BigInt"
	}
	return "a boolean"
}

func kindOfObject(object *goja.Object) string {
	if _, ok := codec.Bytes(object); ok {
		return "bytes"
	}
	if _, ok := goja.AssertFunction(object); ok {
		return "a function"
	}
	switch object.ClassName() {
	case "Array":
		return "an array"
	case "Error":
		return "an Error"
	}
	return "an object"
}

// readResponse reads the members that decide the HTTP answer; nil if there is none.
func (r *Realm) readResponse(object *goja.Object, prefix string) (*engine.Response, error) {
	var response engine.Response
	var err error
	set := false
	if status := object.Get("statusCode"); present(status) {
		set = true
		if response.Status, err = readStatus(status, prefix); err != nil {
			return nil, err
		}
	}
	if contentType := object.Get("contentType"); present(contentType) {
		set = true
		if _, ok := contentType.(goja.String); !ok {
			return nil, fault.New(fault.User, fault.BadResult, "%scontentType must be a string, not %s", prefix, kindOf(contentType))
		}
		response.ContentType = contentType.String()
	}
	if headers, ok := object.Get("headers").(*goja.Object); ok {
		set = true
		if response.Headers, err = readHeaders(r.byName(headers), prefix); err != nil {
			return nil, err
		}
	}
	if body := object.Get("body"); body != nil && !goja.IsUndefined(body) {
		set = true
		if response.Body, err = codec.Encode(r.runtime, body, prefix+"body", r.budget()); err != nil {
			return nil, err
		}
	}
	if !set {
		return nil, nil //nolint:nilnil // code said nothing of the answer
	}
	return &response, nil
}

func present(v goja.Value) bool { return v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) }

// readStatus takes whole numbers, and strings of one.
func readStatus(status goja.Value, prefix string) (int, error) {
	if _, ok := status.(*goja.Object); !ok {
		if number := status.ToFloat(); number == math.Trunc(number) && math.Abs(number) < math.MaxInt32 {
			return int(number), nil
		}
	}
	shown := kindOf(status)
	if _, ok := status.(*goja.Object); !ok {
		shown += ", " + strconv.Quote(cut(status.String()))
	}
	return 0, fault.New(fault.User, fault.BadResult, "%sstatusCode must be a whole number, not %s", prefix, shown)
}

// byName gives what an iterable of names and values holds, as Headers or a Map, as an object; another object as it is.
func (r *Realm) byName(object *goja.Object) *goja.Object {
	if iterator := object.GetSymbol(goja.SymIterator); iterator == nil || !present(iterator) {
		return object
	}
	values := map[string][]any{}
	plain := r.runtime.NewObject()
	r.runtime.ForOf(object, func(pair goja.Value) bool {
		entry, ok := pair.(*goja.Object)
		if !ok || entry.Get("0") == nil || entry.Get("1") == nil {
			return true
		}
		name := entry.Get("0").String()
		values[name] = append(values[name], entry.Get("1"))
		_ = plain.Set(name, r.runtime.NewArray(values[name]...))
		return true
	})
	return plain
}

// readHeaders turns an object of strings, numbers and arrays of them into header lines.
func readHeaders(object *goja.Object, prefix string) ([]hostapi.Header, error) {
	headers := []hostapi.Header{}
	for _, name := range object.Keys() {
		values := []goja.Value{object.Get(name)}
		if list, ok := values[0].(*goja.Object); ok && list.ClassName() == "Array" {
			values = values[:0]
			for _, index := range list.Keys() {
				values = append(values, list.Get(index))
			}
		}
		for _, v := range values {
			if !present(v) {
				continue
			}
			line := v.String() // an object may have words of its own, as a URL has
			if strings.HasPrefix(line, "[object ") {
				return nil, fault.New(fault.User, fault.BadResult, "%sheaders[%q] must be a string, not %s", prefix, name, kindOf(v))
			}
			headers = append(headers, hostapi.Header{Name: name, Value: line})
		}
	}
	return headers, nil
}

// tooDeep is the fault of a recursion without end.
func (r *Realm) tooDeep(overflow *goja.StackOverflowError) *fault.Fault {
	found := fault.New(fault.Limit, fault.Stack, "recursion is deeper than %d calls", maxCallStack)
	found.Name = "RangeError"
	found.Stack = r.frames(overflow.Stack())
	found.Stack = found.Stack[:min(len(found.Stack), maxFrames)]
	return found
}
