package codec

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string; lone surrogates become \ud800 escapes.
func AppendString(out []byte, s goja.String) []byte {
	text := s.String()
	if !strings.ContainsRune(text, utf8.RuneError) {
		return AppendText(out, text)
	}
	out = append(out, '"')
	for i, n := 0, s.Length(); i < n; i++ {
		unit := rune(s.CharAt(i))
		if utf16.IsSurrogate(unit) && i+1 < n {
			if pair := utf16.DecodeRune(unit, rune(s.CharAt(i+1))); pair != utf8.RuneError {
				out = utf8.AppendRune(out, pair)
				i++
				continue
			}
		}
		out = appendUnit(out, unit)
	}
	return append(out, '"')
}

func appendUnit(out []byte, unit rune) []byte {
	if utf16.IsSurrogate(unit) {
		return append(out, '\\', 'u', 'd', hexDigits[unit>>8&15], hexDigits[unit>>4&15], hexDigits[unit&15])
	}
	if unit < utf8.RuneSelf {
		return appendASCII(out, byte(unit)) //nolint:gosec // the low byte is meant
	}
	return utf8.AppendRune(out, unit)
}

// AppendText appends valid UTF-8 as a JSON string.
func AppendText(out []byte, text string) []byte {
	out = append(out, '"')
	start := 0
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			out = append(out, text[start:i]...)
			out = appendASCII(out, c)
			start = i + 1
		}
	}
	return append(append(out, text[start:]...), '"')
}

func appendASCII(out []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(out, '\\', c)
	case c >= ' ':
		return append(out, c)
	}
	if i := strings.IndexByte(escaped, c); i >= 0 {
		return append(out, '\\', escapes[i])
	}
	return append(out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
