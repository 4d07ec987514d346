// Package pattern writes regular expressions without the property escapes that the interpreter lacks.
//
// The interpreter takes \p{L} for the letter p, so that a pattern with it never matches what it should. Here it becomes
// the class of its characters.
package pattern

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Mentions finds text that can hold a property escape, in a literal or in the string of one.
var Mentions = regexp.MustCompile(`\\[pP]\{`)

// Expand gives a pattern with the characters of its properties in the place of property escapes. Without the flag u, or
// without such an escape, it is the pattern itself. It fails for a property that is unknown here.
func Expand(pattern, flags string) (string, error) {
	if !strings.Contains(flags, "u") || !Mentions.MatchString(pattern) {
		return pattern, nil
	}
	var out strings.Builder
	inClass := false
	for rest := pattern; rest != ""; {
		switch {
		case strings.HasPrefix(rest, `\p{`), strings.HasPrefix(rest, `\P{`):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return "", fmt.Errorf("invalid property name: %s has no end", rest)
			}
			found, err := property(rest[3:end])
			if err != nil {
				return "", err
			}
			writeClass(&out, found, rest[1] == 'P', inClass)
			rest = rest[end+1:]
			continue
		case rest[0] == '\\' && len(rest) > 1:
			out.WriteByte('\\')
			rest = rest[1:]
		case rest[0] == '[':
			inClass = true
		case rest[0] == ']':
			inClass = false
		}
		out.WriteByte(rest[0])
		rest = rest[1:]
	}
	return out.String(), nil
}

func writeClass(out *strings.Builder, found set, negated, inClass bool) {
	if negated {
		found = found.complement()
	}
	if !inClass {
		out.WriteByte('[')
		defer out.WriteByte(']')
	}
	for _, one := range found {
		out.WriteString(`\u{` + strconv.FormatInt(int64(one.first), 16) + `}`)
		if one.last > one.first {
			out.WriteString(`-\u{` + strconv.FormatInt(int64(one.last), 16) + `}`)
		}
	}
}
