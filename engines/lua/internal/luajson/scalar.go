package luajson

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	vm "github.com/yuin/gopher-lua"
)

// exactDigits is how many decimal digits a float64 holds without loss.
const exactDigits = 15

func (r *reader) number() (vm.LValue, error) {
	start := r.at
	whole := r.digits()
	if whole && r.at-start <= exactDigits {
		return vm.LNumber(small(r.text[start:r.at])), nil
	}
	for r.at < len(r.text) && strings.IndexByte("+-.eE0123456789", r.text[r.at]) >= 0 {
		r.at++
	}
	text := r.text[start:r.at]
	if !validNumber(text) {
		r.at = start
		return nil, r.fail("not a number")
	}
	number, err := strconv.ParseFloat(string(text), 64)
	if err != nil && number == 0 {
		return nil, r.fail("not a number")
	}
	return vm.LNumber(number), nil
}

// digits reads "0" or digits without a leading zero, and tells whether the number ends there.
func (r *reader) digits() bool {
	start := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		r.at++
	}
	if r.at == start || r.text[start] == '0' && r.at > start+1 {
		return false
	}
	return r.at == len(r.text) || strings.IndexByte(".eE+-", r.text[r.at]) < 0
}

func small(digits []byte) int64 {
	var out int64
	for _, digit := range digits {
		out = out*10 + int64(digit-'0')
	}
	return out
}

// validNumber follows the grammar of RFC 8259, which is narrower than Go's.
func validNumber(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("-"))
	whole, rest := run(text)
	if whole == 0 || text[0] == '0' && whole > 1 {
		return false
	}
	if len(rest) > 0 && rest[0] == '.' {
		fraction, after := run(rest[1:])
		if fraction == 0 {
			return false
		}
		rest = after
	}
	if len(rest) == 0 {
		return true
	}
	if rest[0]|0x20 != 'e' {
		return false
	}
	rest = rest[1:]
	if len(rest) > 0 && (rest[0] == '+' || rest[0] == '-') {
		rest = rest[1:]
	}
	exponent, after := run(rest)
	return exponent > 0 && len(after) == 0
}

func run(text []byte) (count int, rest []byte) {
	for count < len(text) && '0' <= text[count] && text[count] <= '9' {
		count++
	}
	return count, text[count:]
}

func (r *reader) string() (string, error) {
	r.at++
	start := r.at
	for r.at < len(r.text) {
		switch char := r.text[r.at]; {
		case char == '"':
			text := string(r.text[start:r.at])
			r.at++
			return text, r.text8(text)
		case char == '\\':
			return r.escaped(start)
		case char < ' ':
			return "", r.fail("a control character stands in a string")
		}
		r.at++
	}
	return "", r.fail("a string has no end")
}

func (r *reader) text8(text string) error {
	if !utf8.ValidString(text) {
		return r.fail("a string is not valid UTF-8")
	}
	return nil
}

// escaped goes on with a string that has escapes. r.at is at the first backslash.
func (r *reader) escaped(start int) (string, error) {
	out := append(make([]byte, 0, 2*(r.at-start)+16), r.text[start:r.at]...)
	for r.at < len(r.text) {
		char := r.text[r.at]
		switch {
		case char == '"':
			r.at++
			return string(out), nil
		case char < ' ':
			return "", r.fail("a control character stands in a string")
		case char < utf8.RuneSelf && char != '\\':
			out = append(out, char)
			r.at++
		case char != '\\':
			size := r.rune()
			if size == 0 {
				return "", r.fail("a string is not valid UTF-8")
			}
			out = append(out, r.text[r.at:r.at+size]...)
			r.at += size
		default:
			var err error
			if out, err = r.escape(out); err != nil {
				return "", err
			}
		}
	}
	return "", r.fail("a string has no end")
}

// rune gives the size of the character at r.at, 0 if it is not valid.
func (r *reader) rune() int {
	char, size := utf8.DecodeRune(r.text[r.at:])
	if char == utf8.RuneError && size == 1 {
		return 0
	}
	return size
}

func (r *reader) escape(out []byte) ([]byte, error) {
	if r.at+1 >= len(r.text) {
		return nil, r.fail("a string has no end")
	}
	letter := r.text[r.at+1]
	if letter == 'u' {
		return r.unicode(out)
	}
	at := strings.IndexByte(`"\/bfnrt`, letter)
	if at < 0 {
		return nil, r.fail("no such escape")
	}
	r.at += 2
	return append(out, "\"\\/\b\f\n\r\t"[at]), nil
}

func (r *reader) unicode(out []byte) ([]byte, error) {
	first, ok := r.hex(r.at)
	if !ok {
		return nil, r.fail("no such escape")
	}
	r.at += 6
	if utf16.IsSurrogate(first) {
		if second, ok := r.hex(r.at); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				r.at += 6
				return utf8.AppendRune(out, pair), nil
			}
		}
		return appendSurrogate(out, first), nil
	}
	return utf8.AppendRune(out, first), nil
}

// hex reads \uXXXX at an offset.
func (r *reader) hex(at int) (rune, bool) {
	if at+6 > len(r.text) || r.text[at] != '\\' || r.text[at+1] != 'u' {
		return 0, false
	}
	var out rune
	for _, digit := range r.text[at+2 : at+6] {
		switch {
		case '0' <= digit && digit <= '9':
			out = out<<4 | rune(digit-'0')
		case 'a' <= digit|0x20 && digit|0x20 <= 'f':
			out = out<<4 | rune(digit|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return out, true
}

func appendSurrogate(out []byte, half rune) []byte {
	return append(out, 0xe0|byte(half>>12&0xf), 0x80|byte(half>>6&0x3f), 0x80|byte(half&0x3f))
}
