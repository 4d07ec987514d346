package pattern

import (
	"strings"

	"github.com/dop251/goja/parser"
)

// Backtracks tells whether the interpreter may give a pattern to its backtracking matcher, and whether that one can need
// time that grows out of proportion to the text. The matcher is used for patterns that the linear one does not have, and
// for matches that start within a text, as those of the flags g and y.
func Backtracks(pattern, flags string) bool {
	_, err := parser.TransformRegExp(pattern, strings.Contains(flags, "s"), strings.Contains(flags, "u"))
	quantifiers, groups := repetitions(pattern)
	return err != nil && quantifiers > 0 || groups > 0 && strings.ContainsAny(flags, "gy")
}

// repetitions counts the quantifiers of a pattern that have no small bound, and those of them that repeat a group.
func repetitions(pattern string) (quantifiers, groups int) {
	inClass, afterGroup := false, false
	for i := 0; i < len(pattern); i++ {
		escaped := pattern[i] == '\\'
		switch c := pattern[i]; {
		case escaped:
			i++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case !inClass && (c == '*' || c == '+' || c == '{'):
			quantifiers++
			if afterGroup {
				groups++
			}
		}
		afterGroup = !inClass && pattern[min(i, len(pattern)-1)] == ')' && !escaped
	}
	return quantifiers, groups
}
