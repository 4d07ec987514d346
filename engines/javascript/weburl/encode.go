package weburl

import "strings"

// set tells whether a byte is percent-encoded in one part of a URL.
type set func(c byte) bool

func inC0(c byte) bool       { return c < 0x20 || c > 0x7e }
func inFragment(c byte) bool { return inC0(c) || strings.IndexByte(" \"<>`", c) >= 0 }
func inQuery(c byte) bool    { return inC0(c) || strings.IndexByte(" \"#<>", c) >= 0 }
func inSpecialQuery(c byte) bool {
	return inQuery(c) || c == '\''
}
func inPath(c byte) bool     { return inQuery(c) || strings.IndexByte("?^`{}", c) >= 0 }
func inUserinfo(c byte) bool { return inPath(c) || strings.IndexByte("/:;=@[\\]|", c) >= 0 }

const hexDigits = "0123456789ABCDEF"

func encode(text string, in set) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	clean := true
	for i := range len(text) {
		if in(text[i]) {
			clean = false
			break
		}
	}
	if clean {
		return text
	}
	var out strings.Builder
	for i := range len(text) {
		if c := text[i]; in(c) {
			out.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// Decode turns percent-encoded bytes back; what is not valid stays.
func Decode(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if high >= 0 && low >= 0 {
				out.WriteByte(byte(high<<4 | low)) //nolint:gosec // the low byte is meant
				i += 2
				continue
			}
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
