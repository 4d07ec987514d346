package lua

import (
	"errors"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// translate turns an error of the interpreter into a fault.
func (s *sandbox) translate(err error) error {
	raised, ok := errors.AsType[*vm.ApiError](err)
	if !ok {
		return fault.New(fault.Engine, fault.Internal, "%s", err)
	}
	out := s.thrown(raised.Object)
	stack := s.frames(raised.StackTrace)
	message, origin, found := s.cutPosition(out.Message)
	if found {
		out.Message = message
		if len(stack) == 0 || stack[0].File != origin.File || stack[0].Line != origin.Line {
			stack = append([]fault.Frame{origin}, stack...)
		}
	}
	out.Stack = stack
	if isOverflow(out.Message) {
		out.Source, out.Code, out.Name = fault.Limit, fault.Stack, ""
		out.Message = "recursion too deep: " + out.Message
	} else if raised.Type == vm.ApiErrorPanic {
		out.Source, out.Code = fault.Engine, fault.Internal
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
		return out
	}
	return fault.New(fault.User, fault.Thrown, "%s", object.String())
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

// frames reads the interpreter's stack trace and keeps what is in files of the program.
func (s *sandbox) frames(trace string) []fault.Frame {
	var out []fault.Frame
	for line := range strings.Lines(trace) {
		where, name, found := strings.Cut(strings.TrimSpace(line), ": in ")
		frame, ok := s.position(where)
		if !found || !ok {
			continue
		}
		frame.Function = functionName(name)
		out = append(out, frame)
	}
	return out
}

// functionName reads what the interpreter calls a function: 'name' when it knows one, <file:line> otherwise, line 0
// being the file itself.
func functionName(text string) string {
	name, found := strings.CutPrefix(text, "function ")
	switch {
	case !found || strings.HasSuffix(name, ":0>"):
		return ""
	case strings.HasPrefix(name, "'"):
		return strings.Trim(name, "'")
	}
	return "anonymous"
}
