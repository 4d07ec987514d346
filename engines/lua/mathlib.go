package lua

import (
	"math"
	"math/rand/v2"

	vm "github.com/yuin/gopher-lua"
)

// openMath opens the math library with random numbers of the sandbox's own.
func (s *sandbox) openMath() {
	s.open(vm.OpenMath)
	module, ok := s.state.GetGlobal("math").(*vm.LTable)
	if !ok {
		return
	}
	source := rand.NewPCG(rand.Uint64(), rand.Uint64()) //nolint:gosec // Lua's random numbers can be seeded: nobody takes them for secret
	numbers := rand.New(source)                         //nolint:gosec // likewise
	module.RawSetString("huge", vm.LNumber(math.Inf(1)))
	module.RawSetString("random", s.state.NewFunction(func(l *vm.LState) int { return random(l, numbers) }))
	module.RawSetString("randomseed", s.state.NewFunction(func(l *vm.LState) int {
		source.Seed(math.Float64bits(float64(l.CheckNumber(1))), 0)
		return 0
	}))
}

// random gives a number in [0, 1), in 1 to m, or in m to n.
func random(l *vm.LState, numbers *rand.Rand) int {
	if l.GetTop() == 0 {
		l.Push(vm.LNumber(numbers.Float64()))
		return 1
	}
	low, high := 1.0, math.Floor(float64(l.CheckNumber(l.GetTop())))
	if l.GetTop() > 1 {
		low = math.Ceil(float64(l.CheckNumber(1)))
	}
	if !(low <= high) || high-low >= 1<<53 {
		l.ArgError(l.GetTop(), "interval is empty or too wide")
	}
	l.Push(vm.LNumber(low + float64(numbers.Int64N(int64(high-low)+1))))
	return 1
}
