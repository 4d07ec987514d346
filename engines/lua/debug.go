package lua

import (
	"runtime/metrics"
	"time"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
)

// debugEnabled reads debug.enabled of the run's context.
func (x *execution) debugEnabled() bool {
	list, err := luajson.Members(x.shared.texts["debug"])
	if err != nil {
		return false
	}
	for _, member := range list {
		if member.Name == "enabled" {
			return string(member.Text) == "true"
		}
	}
	return false
}

// debug makes ctx.debug: code measures time between marks, and memory; results holds what it measured.
func (s *sandbox) debug(enabled bool) *vm.LTable {
	started := time.Now()
	marks, measurements, memory := s.state.NewTable(), s.state.NewTable(), s.state.NewTable()
	s.codec.List(memory)
	table, elapsed := s.state.CreateTable(0, 4), s.state.CreateTable(0, 2)
	results, times := s.state.CreateTable(0, 2), s.state.CreateTable(0, 2)
	times.RawSetString("marks", marks)
	times.RawSetString("measurements", measurements)
	results.RawSetString("timeElapsed", times)
	results.RawSetString("memoryUsage", memory)
	elapsed.RawSetString("mark", s.state.NewFunction(func(l *vm.LState) int {
		marks.RawSetString(label(l), milliseconds(time.Since(started)))
		return 0
	}))
	elapsed.RawSetString("measure", s.state.NewFunction(func(l *vm.LState) int {
		measurements.RawSetString(label(l), measure(l, marks, milliseconds(time.Since(started))))
		return 0
	}))
	table.RawSetString("enabled", vm.LBool(enabled))
	table.RawSetString("timeElapsed", elapsed)
	table.RawSetString("memoryUsage", s.state.NewFunction(func(l *vm.LState) int {
		sample := l.CreateTable(0, 2)
		sample.RawSetString("mark", vm.LString(label(l)))
		sample.RawSetString("rss", vm.LNumber(processMegabytes()))
		memory.Append(sample)
		return 0
	}))
	table.RawSetString("results", results)
	return table
}

// label is the label of a measurement. Code gives the context first, or leaves it out.
func label(l *vm.LState) string {
	if _, ok := l.Get(1).(*vm.LTable); ok {
		l.Remove(1)
	}
	return l.CheckString(1)
}

func milliseconds(d time.Duration) vm.LNumber { return vm.LNumber(d.Microseconds()) / 1000 }

// measure is the time between two marks; without them, from the start and to now.
func measure(l *vm.LState, marks *vm.LTable, now vm.LNumber) *vm.LTable {
	names := l.OptTable(2, l.NewTable())
	from, _ := marks.RawGet(names.RawGetString("start")).(vm.LNumber)
	to, ok := marks.RawGet(names.RawGetString("end")).(vm.LNumber)
	if !ok {
		to = now
	}
	out := l.CreateTable(0, 2)
	out.RawSetString("marks", names)
	out.RawSetString("duration", to-from)
	return out
}

// processMegabytes is the memory that the process has from the system.
func processMegabytes() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()) / (1 << 20)
}
