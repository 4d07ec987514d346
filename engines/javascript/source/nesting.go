package source

import "strings"

// maxNesting is how deep brackets may nest: the parser is recursive, and a Go stack that overflows ends the process.
const maxNesting = 2000

// TooDeep tells whether brackets nest deeper than a parser should go.
func TooDeep(text string) bool {
	_, _, found := tooDeep(text)
	return found
}

// tooDeep finds the place where brackets nest too deep. It does not know strings and comments: honest code stays far
// below the bound with brackets in strings counted too.
func tooDeep(text string) (line, column int, found bool) {
	depth := 0
	for at := range len(text) {
		switch text[at] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(depth-1, 0)
		}
		if depth > maxNesting {
			before := text[:at]
			return strings.Count(before, "\n") + 1, at - strings.LastIndexByte(before, '\n'), true
		}
	}
	return 0, 0, false
}
