package luajson

import (
	"strings"
	"unicode/utf8"
)

const digits = "0123456789abcdef"

// appendString writes a JSON string. ok is false for what is neither UTF-8 nor a surrogate's three bytes; then out holds
// a part that must be cut off again.
func appendString(out []byte, text string) (_ []byte, ok bool) {
	out = append(out, '"')
	plain := 0
	for i := 0; i < len(text); {
		char := text[i]
		if char >= ' ' && char < utf8.RuneSelf && char != '"' && char != '\\' {
			i++
			continue
		}
		if char < utf8.RuneSelf {
			out = appendEscape(append(out, text[plain:i]...), char)
			i++
			plain = i
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size > 1 {
			i += size
			continue
		}
		if !isSurrogate(text[i:]) {
			return out, false
		}
		out = append(out, text[plain:i]...)
		half := rune(0xd000) | rune(text[i+1]&0x3f)<<6 | rune(text[i+2]&0x3f)
		out = append(out, '\\', 'u', 'd', digits[half>>8&15], digits[half>>4&15], digits[half&15])
		i += 3
		plain = i
	}
	out = append(out, text[plain:]...)
	return append(out, '"'), true
}

func appendEscape(out []byte, char byte) []byte {
	switch char {
	case '"', '\\':
		return append(out, '\\', char)
	case '\b':
		return append(out, '\\', 'b')
	case '\f':
		return append(out, '\\', 'f')
	case '\n':
		return append(out, '\\', 'n')
	case '\r':
		return append(out, '\\', 'r')
	case '\t':
		return append(out, '\\', 't')
	}
	return append(out, '\\', 'u', '0', '0', digits[char>>4], digits[char&15])
}

// isSurrogate tells whether text begins with the three bytes of a surrogate, as a lone one comes out of JSON.
func isSurrogate(text string) bool {
	return len(text) >= 3 && text[0] == 0xed && text[1]&0xe0 == 0xa0 && text[2]&0xc0 == 0x80
}

// isText tells whether text is UTF-8, lone surrogates allowed.
func isText(text string) bool {
	for text != "" {
		char, size := utf8.DecodeRuneInString(text)
		switch {
		case char != utf8.RuneError || size > 1:
			text = text[size:]
		case isSurrogate(text):
			text = text[3:]
		default:
			return false
		}
	}
	return true
}

// AppendString writes text as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func AppendString(out []byte, text string) []byte {
	if quoted, ok := appendString(out, text); ok {
		return quoted
	}
	quoted, _ := appendString(out, strings.ToValidUTF8(text, "\uFFFD"))
	return quoted
}
