package lua

import (
	"context"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/pattern"
)

// matcher compiles the pattern, which is argument 2, for a subject. The search ends when the run does.
func matcher(l *vm.LState, subject string) (*pattern.Pattern, *pattern.Matcher) {
	compiled, err := pattern.Compile(text(l, 2))
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	return compiled, compiled.Matcher(subject, func() error {
		if ctx := l.Context(); ctx != nil && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	})
}

func search(l *vm.LState, m *pattern.Matcher, from int) (pattern.Match, bool) {
	match, found, err := m.Next(from)
	if err != nil {
		l.RaiseError("%s", err.Error())
	}
	return match, found
}

// captured is the Lua value of a capture.
func captured(subject string, capture pattern.Capture) vm.LValue {
	if capture.Position {
		return vm.LNumber(capture.Start + 1)
	}
	return vm.LString(subject[capture.Start:capture.End])
}

// pushCaptures pushes what a match captured; the whole match if the pattern has no captures.
func pushCaptures(l *vm.LState, subject string, match pattern.Match) int {
	if len(match.Captures) == 0 {
		l.Push(vm.LString(subject[match.Start:match.End]))
		return 1
	}
	for _, capture := range match.Captures {
		l.Push(captured(subject, capture))
	}
	return len(match.Captures)
}

// start reads the position of find and match, argument 3; ok is false when it is behind the end.
func start(l *vm.LState, subject string) (from int, ok bool) {
	from = l.OptInt(3, 1)
	if from < 0 {
		from = max(len(subject)+from+1, 1)
	}
	from = max(from, 1) - 1
	return from, from <= len(subject)
}

func (s *sandbox) find(l *vm.LState) int {
	subject := text(l, 1)
	from, ok := start(l, subject)
	if !ok {
		l.Push(vm.LNil)
		return 1
	}
	if l.ToBool(4) {
		wanted := text(l, 2)
		at := strings.Index(subject[from:], wanted)
		if at < 0 {
			l.Push(vm.LNil)
			return 1
		}
		l.Push(vm.LNumber(from + at + 1))
		l.Push(vm.LNumber(from + at + len(wanted)))
		return 2
	}
	_, m := matcher(l, subject)
	match, found := search(l, m, from)
	if !found {
		l.Push(vm.LNil)
		return 1
	}
	l.Push(vm.LNumber(match.Start + 1))
	l.Push(vm.LNumber(match.End))
	if len(match.Captures) == 0 {
		return 2
	}
	return 2 + pushCaptures(l, subject, match)
}

func (s *sandbox) match(l *vm.LState) int {
	subject := text(l, 1)
	if from, ok := start(l, subject); ok {
		_, m := matcher(l, subject)
		if match, found := search(l, m, from); found {
			return pushCaptures(l, subject, match)
		}
	}
	l.Push(vm.LNil)
	return 1
}

func (s *sandbox) gmatch(l *vm.LState) int {
	subject := text(l, 1)
	compiled, m := matcher(l, subject)
	at := 0
	l.Push(l.NewFunction(func(l *vm.LState) int {
		if at > len(subject) {
			return 0
		}
		match, found := search(l, m, at)
		if !found {
			at = len(subject) + 1
			return 0
		}
		at = match.End
		if match.End == match.Start || compiled.Anchored() {
			at++
		}
		return pushCaptures(l, subject, match)
	}))
	return 1
}

func (s *sandbox) gsub(l *vm.LState) int {
	subject := text(l, 1)
	compiled, m := matcher(l, subject)
	l.CheckTypes(3, vm.LTString, vm.LTNumber, vm.LTTable, vm.LTFunction)
	limit := l.OptInt(4, len(subject)+1)
	var out strings.Builder
	at, count := 0, 0
	for count < limit && at <= len(subject) {
		match, found := search(l, m, at)
		if !found {
			break
		}
		count++
		ended(l) // a replacement can be long
		out.WriteString(subject[at:match.Start])
		s.replace(l, &out, subject, match)
		at = match.End
		if match.End == match.Start {
			if at < len(subject) {
				out.WriteByte(subject[at])
			}
			at++
		}
		if compiled.Anchored() {
			break
		}
	}
	if at < len(subject) {
		out.WriteString(subject[at:])
	}
	l.Push(vm.LString(out.String()))
	l.Push(vm.LNumber(count))
	return 2
}

// replace writes what stands for one match: a template, a table's member or what a function gives. Nil and false keep
// the match as it is.
func (s *sandbox) replace(l *vm.LState, out *strings.Builder, subject string, match pattern.Match) {
	var by vm.LValue
	switch with := l.Get(3).(type) {
	case *vm.LTable:
		by = l.GetTable(with, first(subject, match))
	case *vm.LFunction:
		l.Push(with)
		l.Call(pushCaptures(l, subject, match), 1)
		by = l.Get(-1)
		l.Pop(1)
	default:
		fill(l, out, vm.LVAsString(with), subject, match)
		by = vm.LString("")
	}
	switch {
	case vm.LVIsFalse(by):
		out.WriteString(subject[match.Start:match.End])
	case vm.LVCanConvToString(by):
		out.WriteString(vm.LVAsString(by))
	default:
		l.RaiseError("invalid replacement value (a %s)", by.Type().String())
	}
	if out.Len() > maxString {
		s.tooLong(l, "string.gsub")
	}
}

func first(subject string, match pattern.Match) vm.LValue {
	if len(match.Captures) > 0 {
		return captured(subject, match.Captures[0])
	}
	return vm.LString(subject[match.Start:match.End])
}

// fill writes a template, in which %0 to %9 stand for captures and %% for a per cent sign.
func fill(l *vm.LState, out *strings.Builder, template, subject string, match pattern.Match) {
	for i := 0; i < len(template); i++ {
		plain := strings.IndexByte(template[i:], '%')
		if plain < 0 || i+plain+1 == len(template) {
			out.WriteString(template[i:])
			return
		}
		out.WriteString(template[i : i+plain])
		i += plain + 1
		index := int(template[i]) - '1'
		switch {
		case template[i] == '0' || template[i] == '1' && len(match.Captures) == 0:
			out.WriteString(subject[match.Start:match.End])
		case index < 0 || index > 8:
			out.WriteByte(template[i])
		case index >= len(match.Captures):
			l.RaiseError("invalid capture index")
		default:
			out.WriteString(vm.LVAsString(captured(subject, match.Captures[index])))
		}
	}
}
