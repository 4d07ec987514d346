package lua

import (
	"slices"
	"strings"
	"time"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// maxRendered bounds the work on one log line; what is longer is cut by the host anyway.
const maxRendered = 4 * hostapi.MaxLine

// logger makes ctx.logger. Its functions may be called with a dot or a colon.
func (s *sandbox) logger() *vm.LTable {
	table := s.state.CreateTable(0, 7)
	for _, level := range []hostapi.Level{
		hostapi.Trace, hostapi.Debug, hostapi.Info, hostapi.Log, hostapi.Warn, hostapi.Error, hostapi.Metric,
	} {
		table.RawSetString(string(level), s.state.NewFunction(func(l *vm.LState) int {
			first := 1
			if l.Get(1) == vm.LValue(table) {
				first = 2
			}
			s.write(level, s.line(l, first, " "))
			return 0
		}))
	}
	return table
}

func (s *sandbox) print(l *vm.LState) int {
	s.write(hostapi.Log, s.line(l, 1, "\t"))
	return 0
}

func (s *sandbox) write(level hostapi.Level, line string) {
	s.host.Log(hostapi.Line{Step: s.step.Key, Level: level, Text: line, At: time.Now()})
}

// line renders the arguments from first on.
func (s *sandbox) line(l *vm.LState, first int, separator string) string {
	r := renderer{null: s.codec.Null()}
	for n := first; n <= l.GetTop() && !r.full(); n++ {
		if n > first {
			r.out.WriteString(separator)
		}
		switch argument := l.Get(n).(type) {
		case vm.LString:
			r.text(string(argument))
		case *vm.LTable:
			if l.GetMetaField(argument, "__tostring") != vm.LNil {
				r.text(l.ToStringMeta(argument).String())
			} else {
				r.value(argument)
			}
		default:
			r.text(l.ToStringMeta(argument).String())
		}
	}
	return strings.ToValidUTF8(r.out.String(), "\uFFFD")
}

// renderer writes values for people to read, as Lua source would look, up to maxRendered bytes.
type renderer struct {
	null vm.LValue
	out  strings.Builder
	open []*vm.LTable
}

func (r *renderer) full() bool { return r.out.Len() > maxRendered }

func (r *renderer) text(text string) {
	r.out.WriteString(text[:min(len(text), max(0, maxRendered+1-r.out.Len()))])
}

func (r *renderer) value(v vm.LValue) {
	switch v := v.(type) {
	case vm.LString:
		r.text(quoted(string(v)[:min(len(v), maxRendered)]))
	case *vm.LTable:
		r.table(v)
	case *vm.LFunction:
		r.text("function")
	case *vm.LUserData:
		if packed, ok := v.Value.(luajson.Packed); ok {
			r.text("bytes(" + quoted(string(packed)[:min(len(packed), maxRendered)]) + ")")
		} else if v == r.null {
			r.text("null")
		} else {
			r.text("userdata")
		}
	default:
		r.text(v.String())
	}
}

func (r *renderer) table(table *vm.LTable) {
	if slices.Contains(r.open, table) {
		r.text("<cycle>")
		return
	}
	if lazy, ok := luajson.LazyOf(table); ok && lazy.Force(table) != nil {
		r.text("<unreadable>")
		return
	}
	r.open = append(r.open, table)
	r.text("{")
	index := 0
	for key, item := table.Next(vm.LNil); key != vm.LNil && !r.full(); key, item = table.Next(key) {
		if index++; index > 1 {
			r.text(",")
		}
		r.text(" ")
		r.key(key, index)
		r.value(item)
	}
	if index > 0 {
		r.text(" ")
	}
	r.text("}")
	r.open = r.open[:len(r.open)-1]
}

// key writes a key unless it is the next list index.
func (r *renderer) key(key vm.LValue, index int) {
	switch name, isText := key.(vm.LString); {
	case key == vm.LNumber(index):
	case isText && luajson.IsName(string(name)):
		r.text(string(name) + " = ")
	default:
		r.text("[")
		r.value(key)
		r.text("] = ")
	}
}
