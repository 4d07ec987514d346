package connection

import "strings"

// HasControl tells whether a text has a line break or another control character of ASCII, which no header takes.
func HasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
