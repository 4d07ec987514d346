package value

import (
	"encoding/json"
	"unicode/utf8"
)

// AppendText appends text as a JSON string to dst. What is not valid UTF-8 becomes U+FFFD.
func AppendText(dst []byte, text string) []byte {
	dst = append(dst, '"')
	plain := 0
	for i := 0; i < len(text); {
		char, size := utf8.DecodeRuneInString(text[i:])
		if char >= ' ' && char != '"' && char != '\\' && (char != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = append(dst, text[plain:i]...)
		dst = appendEscaped(dst, char)
		i += size
		plain = i
	}
	return append(append(dst, text[plain:]...), '"')
}

func appendEscaped(dst []byte, char rune) []byte {
	const hex = "0123456789abcdef"
	switch char {
	case '"', '\\':
		return append(dst, '\\', byte(char))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	case utf8.RuneError:
		return utf8.AppendRune(dst, char)
	}
	return append(dst, '\\', 'u', '0', '0', hex[char>>4], hex[char&0xf])
}

// Text makes a value of one string.
func Text(text string) Value { return Value{JSON: AppendText(nil, text)} }

// AsText gives the string that the value is, with lone surrogates as U+FFFD, and whether it is one.
func (v Value) AsText() (string, bool) {
	if len(v.JSON) == 0 || len(v.Blobs) > 0 {
		return "", false
	}
	for _, char := range v.JSON {
		switch char {
		case ' ', '\t', '\n', '\r':
			continue
		case '"':
			var text string
			err := json.Unmarshal(v.JSON, &text)
			return text, err == nil
		}
		return "", false
	}
	return "", false
}
