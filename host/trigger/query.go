package trigger

import (
	"net/url"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

// query gives a raw query as a JSON object of strings, a repeated name as an array of them, names in the order they
// first came; nil for an empty query. What is not valid percent-encoding is kept as it is written.
func query(raw string) []byte {
	if raw == "" {
		return nil
	}
	var names []string
	values := make(map[string][]string)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, text, _ := strings.Cut(pair, "=")
		name = unescape(name)
		if _, known := values[name]; !known {
			names = append(names, name)
		}
		values[name] = append(values[name], unescape(text))
	}
	return appendQuery(make([]byte, 0, len(raw)+16), names, values)
}

func appendQuery(dst []byte, names []string, values map[string][]string) []byte {
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.AppendText(dst, name), ':')
		dst = appendOneOrMore(dst, values[name])
	}
	return append(dst, '}')
}

func appendOneOrMore(dst []byte, texts []string) []byte {
	if len(texts) == 1 {
		return value.AppendText(dst, texts[0])
	}
	dst = append(dst, '[')
	for i, text := range texts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = value.AppendText(dst, text)
	}
	return append(dst, ']')
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}
