package lua

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"
)

// format is string.format: the conversions of C with at most two digits of width and of precision.
func (s *sandbox) format(l *vm.LState) int {
	template := text(l, 1)
	var out strings.Builder
	argument := 1
	for i := 0; i < len(template); i++ {
		if template[i] != '%' {
			out.WriteByte(template[i])
			continue
		}
		i++
		if i < len(template) && template[i] == '%' {
			out.WriteByte('%')
			continue
		}
		flags, end := directive(template, i)
		if end < 0 {
			l.RaiseError("invalid format (width or precision too long, or no conversion)")
		}
		argument++
		out.WriteString(s.convert(l, flags, template[end], argument))
		i = end
		if out.Len() > maxString {
			s.tooLong(l, "string.format")
		}
	}
	l.Push(vm.LString(out.String()))
	return 1
}

// directive reads flags, width and precision from an offset on and gives them with the offset of the conversion letter,
// or -1.
func directive(template string, from int) (flags string, end int) {
	i := from
	for i < len(template) && strings.IndexByte("-+ #0", template[i]) >= 0 && i-from < 5 {
		i++
	}
	i = twoDigits(template, i)
	if i < len(template) && template[i] == '.' {
		i = twoDigits(template, i+1)
	}
	if i >= len(template) || '0' <= template[i] && template[i] <= '9' {
		return "", -1
	}
	return template[from:i], i
}

func twoDigits(text string, at int) int {
	for end := at + 2; at < end && at < len(text) && '0' <= text[at] && text[at] <= '9'; at++ {
	}
	return at
}

func (s *sandbox) convert(l *vm.LState, flags string, letter byte, n int) string {
	switch letter {
	case 'd', 'i':
		return fmt.Sprintf("%"+flags+"d", integer(l, n))
	case 'u':
		return fmt.Sprintf("%"+flags+"d", unsigned(l, n))
	case 'c':
		return string([]byte{byte(unsigned(l, n) & 0xff)})
	case 'o', 'x', 'X':
		return fmt.Sprintf("%"+flags+string(letter), unsigned(l, n))
	case 'e', 'E', 'f', 'F', 'g', 'G':
		return float(flags, letter, float64(l.CheckNumber(n)))
	case 'q':
		return quoted(text(l, n))
	case 's':
		return fmt.Sprintf("%"+flags+"s", s.display(l, n))
	}
	l.RaiseError("invalid conversion '%%%s' to 'format'", flags+string(letter))
	return ""
}

// integer reads a number argument as an integer, as C's cast does for those that fit.
func integer(l *vm.LState, n int) int64 {
	number := float64(l.CheckNumber(n))
	if !(math.Abs(number) < 1<<63) {
		if number > 0 {
			return math.MaxInt64
		}
		return math.MinInt64
	}
	return int64(number)
}

// unsigned reads an integer as C reads it for %x: negative ones as their two's complement.
func unsigned(l *vm.LState, n int) uint64 {
	return uint64(integer(l, n)) //nolint:gosec // wrapping is what is wanted
}

// float formats as C does: g has six digits where no precision says otherwise.
func float(flags string, letter byte, number float64) string {
	if math.IsInf(number, 0) || math.IsNaN(number) {
		word := strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(number, 'g', -1, 64), "+"))
		return word
	}
	if letter|0x20 == 'g' && !strings.Contains(flags, ".") {
		flags += ".6"
	}
	return fmt.Sprintf("%"+flags+string(letter), number)
}

// quoted gives a string that the Lua parser reads back.
func quoted(content string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", "\\\n", "\r", `\r`, "\x00", `\000`).Replace(content) + `"`
}

// display is tostring for argument n.
func (s *sandbox) display(l *vm.LState, n int) string {
	return l.ToStringMeta(l.CheckAny(n)).String()
}
