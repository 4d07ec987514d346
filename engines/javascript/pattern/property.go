package pattern

import (
	"fmt"
	"strings"
	"unicode"
)

// property gives the characters of what stands between the braces of a property escape.
func property(text string) (set, error) {
	name, value, paired := strings.Cut(text, "=")
	switch {
	case paired && (name == "Script" || name == "sc"):
		if table := unicode.Scripts[scriptName(value)]; table != nil {
			return union(table), nil
		}
	case paired && (name == "General_Category" || name == "gc"):
		if found := category(value); found != nil {
			return found, nil
		}
	case paired && (name == "Script_Extensions" || name == "scx"):
		return nil, fmt.Errorf(`invalid property name: \p{%s}: script extensions are not known here, write \p{Script=%s}`, text, value)
	case !paired:
		if found := category(text); found != nil {
			return found, nil
		}
		if found := binary(text); found != nil {
			return found, nil
		}
	}
	return nil, fmt.Errorf(`invalid property name: \p{%s} is not known here`, text)
}

// category gives a general category by its short or long name; nil for another name.
func category(name string) set {
	if short, ok := unicode.CategoryAliases[name]; ok {
		name = short
	}
	switch {
	case name == "Cn":
		return assigned().complement()
	case name == "C":
		return append(assigned().complement(), union(unicode.C)...).joined()
	case unicode.Categories[name] != nil:
		return union(unicode.Categories[name])
	}
	return nil
}

func assigned() set {
	return union(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
}

// binary gives the characters that have a property; nil for another name.
func binary(name string) set {
	switch name {
	case "Any":
		return set{{0, unicode.MaxRune}}
	case "ASCII":
		return set{{0, unicode.MaxASCII}}
	case "Assigned":
		return assigned()
	case "Alphabetic", "Alpha":
		return union(unicode.L, unicode.Nl, unicode.Other_Uppercase, unicode.Other_Lowercase, unicode.Other_Alphabetic)
	case "Uppercase", "Upper":
		return union(unicode.Lu, unicode.Other_Uppercase)
	case "Lowercase", "Lower":
		return union(unicode.Ll, unicode.Other_Lowercase)
	case "space":
		return union(unicode.White_Space)
	}
	if table := unicode.Properties[name]; table != nil && !strings.HasPrefix(name, "Other_") {
		return union(table)
	}
	return emoji(name)
}

// scriptName gives the long name of a script whose short one is in common use.
func scriptName(name string) string {
	switch name {
	case "Latn":
		return "Latin"
	case "Grek":
		return "Greek"
	case "Cyrl":
		return "Cyrillic"
	case "Arab":
		return "Arabic"
	case "Hebr":
		return "Hebrew"
	case "Hani":
		return "Han"
	case "Hira":
		return "Hiragana"
	case "Kana":
		return "Katakana"
	case "Hang":
		return "Hangul"
	case "Deva":
		return "Devanagari"
	}
	return name
}
