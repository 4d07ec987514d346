package lua

import (
	"strconv"
	"strings"
	"time"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// raise is what the interpreter calls for an error that nobody catches.
func raise(l *vm.LState) { panic(&vm.ApiError{Type: vm.ApiErrorRun, Object: l.Get(-1)}) }

// translate turns what code's end panicked with into a fault. The state still stands as it was then.
func (s *sandbox) translate(problem any) error {
	var out *fault.Fault
	switch problem := problem.(type) {
	case *vm.ApiError:
		out = s.thrown(problem.Object)
	case string:
		out = fault.New(fault.Engine, fault.Internal, "%s", problem)
	default:
		return fault.New(fault.Engine, fault.Internal, "the interpreter failed: %v", problem)
	}
	out.Stack = s.frames()
	if message, origin, found := s.cutPosition(out.Message); found {
		out.Message = message
		if len(out.Stack) == 0 || out.Stack[0].File != origin.File || out.Stack[0].Line != origin.Line {
			out.Stack = append([]fault.Frame{origin}, out.Stack...)
		}
	}
	if isOverflow(out.Message) {
		out.Source, out.Code, out.Name = fault.Limit, fault.Stack, ""
		out.Message = "recursion too deep: " + out.Message
	}
	return out
}

// thrown reads the value that was raised.
func (s *sandbox) thrown(object vm.LValue) *fault.Fault {
	switch object := object.(type) {
	case *vm.LUserData:
		if carried, ok := object.Value.(*fault.Fault); ok {
			out := *carried
			return &out
		}
	case *vm.LTable:
		out := fault.New(fault.User, fault.Thrown, "%s", s.describe(object))
		if name, ok := object.RawGetString("name").(vm.LString); ok {
			out.Name = string(name)
		}
		out.RetryAfter = retryAfter(object.RawGetString("retryAfter"))
		return out
	}
	return fault.New(fault.User, fault.Thrown, "%s", object.String())
}

// retryAfter reads the member of that name of an error table.
func retryAfter(given vm.LValue) time.Duration {
	switch given := given.(type) {
	case vm.LNumber:
		return fault.RetryAfterSeconds(float64(given))
	case vm.LString:
		return fault.RetryAfterText(string(given), time.Now())
	}
	return 0
}

// describe gives the words of an error table: its message, or the table as it looks. No code of the table runs.
func (s *sandbox) describe(table *vm.LTable) string {
	if message := table.RawGetString("message"); vm.LVCanConvToString(message) {
		return vm.LVAsString(message)
	}
	r := renderer{null: s.codec.Null()}
	r.value(table)
	return r.out.String()
}

func isOverflow(message string) bool {
	for _, sign := range []string{"callstack overflow", "stack overflow", "registry overflow"} {
		if strings.HasPrefix(message, sign) || strings.HasSuffix(message, sign) {
			return true
		}
	}
	return false
}

// cutPosition takes "file:line:" of a file of the program from the front of a message.
func (s *sandbox) cutPosition(message string) (string, fault.Frame, bool) {
	head, rest, found := strings.Cut(message, ": ")
	frame, ok := s.position(head)
	if !found || !ok {
		return message, fault.Frame{}, false
	}
	return rest, frame, true
}

// position reads "file:line".
func (s *sandbox) position(text string) (fault.Frame, bool) {
	at := strings.LastIndexByte(text, ':')
	if at < 0 || s.program.files[text[:at]] == nil {
		return fault.Frame{}, false
	}
	line, err := strconv.Atoi(text[at+1:])
	if err != nil {
		return fault.Frame{}, false
	}
	return fault.Frame{File: text[:at], Line: line}, true
}

// Frames of a stack that are looked at, and kept.
const (
	maxLevels = 64
	maxFrames = 16
)

// frames gives the innermost functions of the program's files that run now.
func (s *sandbox) frames() (out []fault.Frame) {
	defer func() { _ = recover() }() // a frame that was half made must not cost the process
	for level := 0; level < maxLevels && len(out) < maxFrames; level++ {
		at, ok := s.state.GetStack(level)
		if !ok {
			break
		}
		if _, err := s.state.GetInfo("Sln", at, vm.LNil); err != nil {
			break
		}
		if s.program.files[at.Source] != nil {
			out = append(out, fault.Frame{Function: functionName(at), File: at.Source, Line: at.CurrentLine})
		}
		if at.What == "main" {
			break
		}
	}
	return out
}

// functionName is the name by which a function was called; empty for a file's own code.
func functionName(at *vm.Debug) string {
	switch {
	case at.LineDefined == 0:
		return ""
	case at.Name == "" || at.Name == "?" || strings.ContainsAny(at.Name[:1], "<("):
		return "anonymous"
	}
	return at.Name
}
