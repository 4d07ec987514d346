package lua

import vm "github.com/yuin/gopher-lua"

// openCoroutine opens the coroutine library. Coroutines that resume each other use native stack, so their nesting is
// bounded.
func (s *sandbox) openCoroutine() {
	s.open(vm.OpenCoroutine)
	module, ok := s.state.GetGlobal("coroutine").(*vm.LTable)
	if !ok {
		return
	}
	if resume, ok := module.RawGetString("resume").(*vm.LFunction); ok {
		resume.GFunction = s.counted(resume.GFunction)
	}
	if wrap, ok := module.RawGetString("wrap").(*vm.LFunction); ok {
		wrap.GFunction = s.wrapping(wrap.GFunction)
	}
}

// counted is a function that resumes a coroutine, with the depth guarded.
func (s *sandbox) counted(resume vm.LGFunction) vm.LGFunction {
	return func(l *vm.LState) int {
		if s.nested >= maxCoroutines {
			l.RaiseError("stack overflow: more than %d coroutines inside each other", maxCoroutines)
		}
		s.nested++
		defer func() { s.nested-- }()
		return resume(l)
	}
}

func (s *sandbox) wrapping(wrap vm.LGFunction) vm.LGFunction {
	return func(l *vm.LState) int {
		results := wrap(l)
		if resume, ok := l.Get(-1).(*vm.LFunction); ok {
			resume.GFunction = s.counted(resume.GFunction)
		}
		return results
	}
}
