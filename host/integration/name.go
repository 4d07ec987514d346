package integration

import (
	"strings"
	"unicode"
)

// KeyOf gives the key under which a step of this name stands in the step results: "Get Data from API" is getDataFromApi.
// Runs of characters other than ASCII letters and digits part words; the first word is in lower case, of each later one
// only the first character is in upper case. A name without a letter or digit has no key: "".
func KeyOf(name string) StepKey {
	words := strings.FieldsFunc(name, func(r rune) bool { return !isPlain(r) })
	var key strings.Builder
	for i, word := range words {
		word = strings.ToLower(word)
		if i > 0 {
			word = strings.ToUpper(word[:1]) + word[1:]
		}
		key.WriteString(word)
	}
	return StepKey(key.String())
}

func isPlain(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// SlugOf gives a name as it stands in a URL: lower case, each run of characters other than letters and digits as one
// hyphen, none at the ends. "Receive order" is receive-order. A name without a letter or digit has no slug: "".
func SlugOf(name string) Slug {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return Slug(strings.ToLower(strings.Join(words, "-")))
}
