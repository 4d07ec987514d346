package lua

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	vm "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// maxChunk is the longest text that load and loadstring take.
const maxChunk = 1 << 20

// loadString compiles text; it gives nil and a message for what does not compile.
func (s *sandbox) loadString(l *vm.LState) int {
	return s.chunk(l, text(l, 1), l.OptString(2, "chunk"))
}

// load compiles the pieces that a function gives until it gives nil, or a text as later versions of Lua do.
func (s *sandbox) load(l *vm.LState) int {
	name := l.OptString(2, "chunk")
	reader, ok := l.Get(1).(*vm.LFunction)
	if !ok {
		return s.chunk(l, text(l, 1), name)
	}
	var source strings.Builder
	for source.Len() <= maxChunk {
		l.Push(reader)
		l.Call(0, 1)
		piece := l.Get(-1)
		l.Pop(1)
		if piece == vm.LNil || piece == vm.LString("") {
			break
		}
		if !vm.LVCanConvToString(piece) {
			return refuse(l, errors.New("reader function must return a string"))
		}
		source.WriteString(vm.LVAsString(piece))
	}
	return s.chunk(l, source.String(), name)
}

func refuse(l *vm.LState, err error) int {
	l.Push(vm.LNil)
	l.Push(vm.LString(err.Error()))
	return 2
}

func (s *sandbox) chunk(l *vm.LState, source, name string) int {
	name = strings.TrimLeft(name, "=@")
	proto, err := compileChunk(source, name)
	if err != nil {
		return refuse(l, err)
	}
	l.Push(l.NewFunctionFromProto(proto))
	return 1
}

func compileChunk(source, name string) (*vm.FunctionProto, error) {
	content := []byte(source)
	if len(content) > maxChunk {
		return nil, fmt.Errorf("%s: longer than %d bytes", name, maxChunk)
	}
	if bytes.HasPrefix(content, []byte("\x1b")) {
		return nil, fmt.Errorf("%s: compiled Lua is not accepted", name)
	}
	if _, err := scan(content, name); err != nil {
		return nil, located(err, content, name)
	}
	chunk, err := parse.Parse(bytes.NewReader(content), name)
	if err != nil {
		return nil, located(err, content, name)
	}
	proto, err := assemble(chunk, name)
	if err != nil {
		return nil, located(err, content, name)
	}
	return proto, nil
}

func located(err error, content []byte, name string) error {
	at, message := describe(err, content)
	return fmt.Errorf("%s:%d: %s", name, at.line, message)
}

// require gives what a module's file returned. A file runs once in a run.
func (s *sandbox) require(l *vm.LState) int {
	name := l.CheckString(1)
	file, err := resolve(name, callerFile(l), s.program.paths)
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	if file == "" {
		l.Push(l.GetGlobal(builtin))
		return 1
	}
	l.Push(s.module(l, file))
	return 1
}

// callerFile is the file of the Lua function that called the native function that runs now.
func callerFile(l *vm.LState) string {
	caller, ok := l.GetStack(1)
	if !ok {
		return ""
	}
	if _, err := l.GetInfo("S", caller, vm.LNil); err != nil {
		return ""
	}
	return caller.Source
}

// module runs a file once and gives what it returned, true if that is nothing.
func (s *sandbox) module(l *vm.LState, file string) vm.LValue {
	if known, ok := s.loaded[file]; ok {
		return known
	}
	for _, waiting := range s.loading {
		if waiting == file {
			l.RaiseError("files require each other: %s → %s", strings.Join(s.loading, " → "), file)
		}
	}
	s.loading = append(s.loading, file)
	defer func() { s.loading = s.loading[:len(s.loading)-1] }()
	result := s.execute(l, file)
	if result == vm.LNil {
		result = vm.LTrue
	}
	s.loaded[file] = result
	return result
}

func (s *sandbox) execute(l *vm.LState, file string) vm.LValue {
	if data, ok := s.program.data[file]; ok {
		result, err := s.codec.Decode(data)
		if err != nil {
			l.RaiseError("%s: %s", file, err.Error())
		}
		return result
	}
	l.Push(l.NewFunctionFromProto(s.program.files[file]))
	l.Push(vm.LString(file))
	l.Call(1, 1)
	result := l.Get(-1)
	l.Pop(1)
	return result
}
