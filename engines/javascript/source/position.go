package source

import (
	"strings"
	"unicode/utf8"
)

// wrapHead and wrapTail make a CommonJS module out of a file without moving its lines.
const (
	wrapHead = "(function (exports, require, module, __filename, __dirname) {"
	wrapTail = "\n})"
)

// Place turns a position in the wrapped text, its column in bytes, into one of the author's text with the column in
// characters. Both count from 1.
func (u *Unit) Place(line, column int) (int, int) {
	if line == 1 {
		column -= len(wrapHead)
	}
	column = max(column, 1)
	if u.positions != nil {
		return u.original(line, column)
	}
	text := u.line(line)
	if column-1 > len(text) {
		return u.end(line, column)
	}
	return line, utf8.RuneCountInString(text[:column-1]) + 1
}

// end keeps positions within the text: what is missing at the end of a file is reported at its last character.
func (u *Unit) end(line, column int) (int, int) {
	lines := strings.Split(strings.TrimRight(u.Text, "\n"), "\n")
	if line <= len(lines) {
		return line, column
	}
	return len(lines), utf8.RuneCountInString(lines[len(lines)-1]) + 1
}

func (u *Unit) line(number int) string {
	rest := u.Text
	for range number - 1 {
		_, after, found := strings.Cut(rest, "\n")
		if !found {
			return ""
		}
		rest = after
	}
	text, _, _ := strings.Cut(rest, "\n")
	return text
}
