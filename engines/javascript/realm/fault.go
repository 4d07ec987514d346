package realm

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	maxFrames    = 50       // stack lines of one fault
	maxCauses    = 8        // length of a cause chain
	maxMessage   = 16 << 10 // bytes of one message
	maxStackText = 1 << 20  // bytes of a message whose stack is read
	maxStackLine = 4096     // bytes of one line of a stack
)

// explain turns whatever ended a step into the fault that people see.
func (r *Realm) explain(ctx context.Context, err error) *fault.Fault {
	if cause := context.Cause(ctx); cause != nil {
		return fault.As(cause, fault.Host)
	}
	var described *fault.Fault
	if failed := r.protect(func() error { described = r.describe(err); return nil }); failed != nil {
		if cause := context.Cause(ctx); cause != nil {
			return fault.As(cause, fault.Host)
		}
		return fault.New(fault.User, fault.Thrown, "the code threw a value that cannot be read: %v", failed)
	}
	return described
}

func (r *Realm) describe(err error) *fault.Fault {
	if overflow, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return r.tooDeep(overflow)
	}
	if thrown, ok := errors.AsType[rejection](err); ok {
		return r.thrown(thrown.reason, nil, 0)
	}
	if exception, ok := errors.AsType[*goja.Exception](err); ok {
		return r.thrown(exception.Value(), exception.Stack(), 0)
	}
	return fault.As(err, fault.Engine)
}

// thrown describes a thrown value.
func (r *Realm) thrown(v goja.Value, stack []goja.StackFrame, depth int) *fault.Fault {
	object, ok := v.(*goja.Object)
	if !ok || !isError(object) {
		found := fault.New(fault.User, fault.Thrown, "the code threw %s", r.shownThrown(v))
		found.Message = cut(found.Message)
		found.Stack = r.frames(stack)
		found.RetryAfter = retryAfter(object)
		return found
	}
	message := text(object.Get("message"))
	found := &fault.Fault{Source: fault.User, Code: fault.Thrown, Name: text(object.Get("name")), Message: cut(message)}
	found.RetryAfter = retryAfter(object)
	if len(message) < maxStackText {
		found.Stack = r.parseStack(text(object.Get("stack")))
	}
	if len(found.Stack) == 0 {
		found.Stack = r.frames(stack)
	}
	if cause := object.Get("cause"); cause != nil && !goja.IsUndefined(cause) && depth < maxCauses {
		found.Cause = r.thrown(cause, nil, depth+1)
	}
	return found
}

// retryAfter reads the property of that name, if what was thrown is an object that has one.
func retryAfter(thrown *goja.Object) time.Duration {
	if thrown == nil {
		return 0
	}
	given := thrown.Get("retryAfter")
	if _, isObject := given.(*goja.Object); isObject || given == nil {
		return 0
	}
	switch given := given.Export().(type) {
	case string:
		return fault.RetryAfterText(given, time.Now())
	case int64:
		return fault.RetryAfterSeconds(float64(given))
	case float64:
		return fault.RetryAfterSeconds(given)
	}
	return 0
}

// isError tells errors, also those of classes of their own, from other objects.
func isError(object *goja.Object) bool {
	if object.ClassName() == "Error" {
		return true
	}
	_, named := object.Get("name").(goja.String)
	_, said := object.Get("message").(goja.String)
	_, traced := object.Get("stack").(goja.String)
	return named && said && traced
}

func text(v goja.Value) string {
	if v == nil || goja.IsUndefined(v) {
		return ""
	}
	return v.String()
}

func cut(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage], "") + "…"
}

func (r *Realm) shownThrown(v goja.Value) string {
	kind := kindOf(v)
	switch v := v.(type) {
	case goja.String:
		return kind + ": " + cut(v.String())
	case *goja.Object:
		return kind + ": " + r.inspect(v)
	}
	if v == nil || goja.IsUndefined(v) {
		return "undefined"
	}
	if goja.IsNull(v) {
		return kind
	}
	return kind + ": " + v.String()
}

// frames keeps the lines of the user's own files.
func (r *Realm) frames(stack []goja.StackFrame) []fault.Frame {
	var frames []fault.Frame
	for _, one := range stack {
		at := one.Position()
		if frame, ok := r.frame(one.FuncName(), one.SrcName(), at.Line, at.Column); ok {
			frames = append(frames, frame)
			if len(frames) == maxFrames {
				break
			}
		}
	}
	return frames
}

func (r *Realm) frame(function, file string, line, column int) (fault.Frame, bool) {
	unit := r.program.Units[file]
	if unit == nil {
		return fault.Frame{}, false
	}
	line, column = unit.Place(line, column)
	if function == "<anonymous>" {
		function = ""
	}
	return fault.Frame{Function: function, File: file, Line: line, Column: column}, true
}

var stackLine = regexp.MustCompile(`^\s*at (?:(.*) \()?(.*?):(\d+):(\d+)(?:\(\d+\))?\)?$`)

// parseStack reads the lines of a stack property.
func (r *Realm) parseStack(stack string) []fault.Frame {
	var frames []fault.Frame
	for line := range strings.Lines(stack) {
		if len(line) > maxStackLine {
			continue
		}
		found := stackLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if found == nil {
			continue
		}
		row, _ := strconv.Atoi(found[3])
		column, _ := strconv.Atoi(found[4])
		if frame, ok := r.frame(found[1], found[2], row, column); ok {
			frames = append(frames, frame)
			if len(frames) == maxFrames {
				break
			}
		}
	}
	return frames
}
