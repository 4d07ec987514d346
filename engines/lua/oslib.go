package lua

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	vm "github.com/yuin/gopher-lua"
)

// openOS gives the part of the os library that tells time. Times are in UTC: an engine process has no place of its own.
func (s *sandbox) openOS() {
	started := time.Now()
	s.state.SetGlobal("os", s.functions(map[string]vm.LGFunction{
		"time": osTime,
		"date": osDate,
		"clock": func(l *vm.LState) int {
			l.Push(vm.LNumber(time.Since(started).Seconds()))
			return 1
		},
		"difftime": func(l *vm.LState) int {
			l.Push(l.CheckNumber(1) - l.CheckNumber(2))
			return 1
		},
	}))
}

func osTime(l *vm.LState) int {
	if l.GetTop() == 0 || l.Get(1) == vm.LNil {
		l.Push(vm.LNumber(time.Now().Unix()))
		return 1
	}
	table := l.CheckTable(1)
	field := func(name string, otherwise int) int {
		switch v := table.RawGetString(name); {
		case v != vm.LNil:
			return int(vm.LVAsNumber(v))
		case otherwise < 0:
			l.RaiseError("field '%s' missing in date table", name)
		}
		return otherwise
	}
	year, month, day := field("year", -1), field("month", -1), field("day", -1)
	at := time.Date(year, time.Month(month), day, field("hour", 12), field("min", 0), field("sec", 0), 0, time.UTC)
	l.Push(vm.LNumber(at.Unix()))
	return 1
}

func osDate(l *vm.LState) int {
	format := strings.TrimPrefix(l.OptString(1, "%c"), "!")
	at := time.Now().UTC()
	if l.Get(2) != vm.LNil {
		at = time.Unix(int64(l.CheckNumber(2)), 0).UTC()
	}
	if strings.HasPrefix(format, "*t") {
		l.Push(dateTable(l, at))
		return 1
	}
	l.Push(vm.LString(formatDate(at, format)))
	return 1
}

func dateTable(l *vm.LState, at time.Time) *vm.LTable {
	table := l.CreateTable(0, 9)
	for _, field := range []struct {
		name   string
		number int
	}{
		{"year", at.Year()},
		{"month", int(at.Month())},
		{"day", at.Day()},
		{"hour", at.Hour()},
		{"min", at.Minute()},
		{"sec", at.Second()},
		{"wday", int(at.Weekday()) + 1},
		{"yday", at.YearDay()},
	} {
		table.RawSetString(field.name, vm.LNumber(field.number))
	}
	table.RawSetString("isdst", vm.LFalse)
	return table
}

// formatDate renders the conversions of C's strftime in the C locale.
func formatDate(at time.Time, format string) string {
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		out.WriteString(dateField(at, format[i]))
	}
	return out.String()
}

func dateField(at time.Time, letter byte) string {
	switch letter {
	case 'j':
		return fmt.Sprintf("%03d", at.YearDay())
	case 'w':
		return strconv.Itoa(int(at.Weekday()))
	case '%':
		return "%"
	}
	layout := map[byte]string{
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
		'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM", 'S': "05", 'T': "15:04:05",
		'x': "01/02/06", 'X': "15:04:05", 'y': "06", 'Y': "2006", 'z': "-0700", 'Z': "MST",
	}[letter]
	if layout == "" {
		return "%" + string(letter)
	}
	return at.Format(layout)
}
