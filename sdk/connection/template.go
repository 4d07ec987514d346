package connection

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Template is a value of Send, read: text with places for inputs and members of the token. {{ and }} stand for braces.
type Template struct {
	parts []part
}

// part is text, or a place for what its names name.
type part struct {
	text  string
	names []name // none: the text; one: its value; two: the Base64 form of HTTP's Basic scheme
}

// name is of an input, or of a member of the token.
type name struct {
	input string
	token []string // the way to the member
}

var errBrace = errors.New("a brace is open: a place is as {apiKey}, {token.access_token} or {basic username password}; {{ and }} stand for braces")

// ParseTemplate reads a value of Send.
func ParseTemplate(text string) (Template, error) {
	var read Template
	for text != "" {
		plain, rest := cutPlain(text)
		if plain != "" {
			read.parts = append(read.parts, part{text: plain})
		}
		if rest == "" {
			break
		}
		inside, after, closed := strings.Cut(rest[1:], "}")
		if rest[0] == '}' || !closed {
			return Template{}, errBrace
		}
		names, err := parsePlace(inside)
		if err != nil {
			return Template{}, err
		}
		read.parts = append(read.parts, part{names: names})
		text = after
	}
	return read, nil
}

// cutPlain gives the text before the first brace that stands alone, and what begins with it.
func cutPlain(text string) (plain, rest string) {
	var before strings.Builder
	for {
		at := strings.IndexAny(text, "{}")
		if at < 0 {
			before.WriteString(text)
			return before.String(), ""
		}
		before.WriteString(text[:at])
		if at+1 == len(text) || text[at+1] != text[at] {
			return before.String(), text[at:]
		}
		before.WriteByte(text[at])
		text = text[at+2:]
	}
}

func parsePlace(inside string) ([]name, error) {
	words := strings.Fields(inside)
	if len(words) == 3 && words[0] == "basic" {
		return []name{parseName(words[1]), parseName(words[2])}, nil
	}
	if len(words) != 1 || strings.ContainsRune(inside, '{') || strings.HasSuffix(inside, ".") {
		return nil, fmt.Errorf("{%s} is no place: it is as {apiKey}, {token.access_token} or {basic username password}", inside)
	}
	return []name{parseName(words[0])}, nil
}

func parseName(word string) name {
	if member, ok := strings.CutPrefix(word, "token."); ok {
		return name{token: strings.Split(member, ".")}
	}
	return name{input: word}
}

// Inputs lists the inputs that it needs, each once.
func (t Template) Inputs() []string {
	var inputs []string
	for _, part := range t.parts {
		for _, name := range part.names {
			if name.token == nil && !slices.Contains(inputs, name.input) {
				inputs = append(inputs, name.input)
			}
		}
	}
	return inputs
}

// NeedsToken tells whether it needs something of the token.
func (t Template) NeedsToken() bool {
	return slices.ContainsFunc(t.parts, func(part part) bool {
		return slices.ContainsFunc(part.names, func(name name) bool { return name.token != nil })
	})
}

// Fill puts inputs and members of a token, which is a JSON object or nil, in their places. It is false when one of them is not
// there, or is no text or number. The text then is empty.
func (t Template) Fill(fields Values, token []byte) (string, bool) {
	var filled strings.Builder
	for _, part := range t.parts {
		values := make([]string, len(part.names))
		for i, name := range part.names {
			if values[i] = name.find(fields, token); values[i] == "" {
				return "", false
			}
		}
		switch len(values) {
		case 0:
			filled.WriteString(part.text)
		case 1:
			filled.WriteString(values[0])
		default:
			filled.WriteString(base64.StdEncoding.EncodeToString([]byte(values[0] + ":" + values[1])))
		}
	}
	return filled.String(), true
}

// find gives "" for what is not there.
func (n name) find(fields Values, token []byte) string {
	if n.token == nil {
		return fields[n.input]
	}
	for _, key := range n.token {
		var members map[string]json.RawMessage
		if json.Unmarshal(token, &members) != nil {
			return ""
		}
		token = members[key]
	}
	var text string
	if json.Unmarshal(token, &text) == nil {
		return text
	}
	var number json.Number
	if json.Unmarshal(token, &number) == nil {
		return number.String()
	}
	return ""
}
