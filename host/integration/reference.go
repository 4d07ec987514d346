package integration

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// Reference points at a value in the trigger's results. The zero Reference points at none: nothing was configured.
type Reference struct {
	Text string // as it was written
	Path []Part // below the results, at least one
}

// Part is one step of a path: into an object by name, or into an array by index.
type Part struct {
	Name  string
	Index int // -1 for a name
}

// IsZero tells that there is none.
func (r Reference) IsZero() bool { return r.Path == nil }

// Header gives the name, in lower case, of the header that the reference is for; false if it is for something else. Without trigger
// code, the request's headers are all that it needs.
func (r Reference) Header() (string, bool) {
	if len(r.Path) != 2 || r.Path[0].Name != headersKey || r.Path[1].Index >= 0 {
		return "", false
	}
	return strings.ToLower(r.Path[1].Name), true
}

const (
	headersKey = "headers"
	bodyKey    = "body"
)

// ParseReference reads a reference as code would write it after stepResults.<trigger>.results, as in body.data.lines[0].id or
// headers["X-Id"]; or with that before it, trigger being the trigger's key.
func ParseReference(text string, trigger StepKey) (Reference, error) {
	p := &pathParser{rest: text}
	path, err := p.path()
	if err != nil {
		return Reference{}, fmt.Errorf("%q is no reference into the trigger's results: %w", text, err)
	}
	if path[0].Name == "stepResults" {
		if path, err = below(path, trigger); err != nil {
			return Reference{}, fmt.Errorf("%q is no reference into the trigger's results: %w", text, err)
		}
	}
	return Reference{Text: text, Path: path}, nil
}

// below takes stepResults.<trigger>.results off a path.
func below(path []Part, trigger StepKey) ([]Part, error) {
	switch {
	case len(path) > 1 && path[1].Name != string(trigger):
		return nil, fmt.Errorf("the trigger's key is %q, not %q", trigger, path[1].Name)
	case len(path) < 3 || path[2].Name != "results":
		return nil, fmt.Errorf("it begins as stepResults.%s.results, which may be left out", trigger)
	case len(path) == 3:
		return nil, errors.New("it is all of the results; name something in them")
	}
	return path[3:], nil
}

// pathParser reads a path from its beginning.
type pathParser struct {
	rest string
}

func (p *pathParser) path() ([]Part, error) {
	first, err := p.name()
	if err != nil {
		return nil, err
	}
	path := []Part{first}
	for p.rest != "" {
		part, err := p.next()
		if err != nil {
			return nil, err
		}
		path = append(path, part)
	}
	return path, nil
}

func (p *pathParser) next() (Part, error) {
	if rest, ok := strings.CutPrefix(p.rest, "."); ok {
		p.rest = rest
		return p.name()
	}
	if rest, ok := strings.CutPrefix(p.rest, "["); ok {
		p.rest = rest
		return p.bracket()
	}
	char, _ := utf8.DecodeRuneInString(p.rest)
	return Part{}, fmt.Errorf(`%q cannot stand in a name: write the name as in ["a name"]`, char)
}

func (p *pathParser) name() (Part, error) {
	end := strings.IndexFunc(p.rest, func(char rune) bool {
		return !unicode.IsLetter(char) && !unicode.IsDigit(char) && !strings.ContainsRune("_-$", char)
	})
	if end < 0 {
		end = len(p.rest)
	}
	if end == 0 {
		return Part{}, errors.New("a name is missing; a path is as body.data.lines[0].id")
	}
	found := Part{Name: p.rest[:end], Index: -1}
	p.rest = p.rest[end:]
	return found, nil
}

// bracket reads what follows a [: an index, or a name in quotes.
func (p *pathParser) bracket() (Part, error) {
	if p.rest != "" && (p.rest[0] == '"' || p.rest[0] == '\'') {
		name, rest, closed := strings.Cut(p.rest[1:], p.rest[:1]+"]")
		p.rest = rest
		if !closed || name == "" || strings.Contains(name, `\`) {
			return Part{}, errors.New(`a name in brackets stands between quotes, without \ in it, as in ["a name"]`)
		}
		return Part{Name: name, Index: -1}, nil
	}
	digits, rest, closed := strings.Cut(p.rest, "]")
	index, err := strconv.ParseUint(digits, 10, 31)
	if !closed || err != nil {
		return Part{}, errors.New(`brackets hold an index as in [0], or a name as in ["a name"]`)
	}
	p.rest = rest
	return Part{Index: int(index)}, nil
}

// reference reads one of a flow. Without trigger code, the results are the payload, whose names are known.
func (r *reader) reference(from *document.Node, flow *Flow) Reference {
	if from.String() == "" {
		return Reference{}
	}
	read, err := ParseReference(from.Text, flow.Trigger.Key)
	if err != nil {
		r.file.Errorf(from, "%s", err)
		return Reference{}
	}
	if flow.Trigger.Code.IsZero() {
		r.inPayload(from, read)
	}
	return read
}

func (r *reader) inPayload(from *document.Node, read Reference) {
	known := []string{headersKey, "queryParameters", bodyKey, "pathFragment", "method"}
	first := read.Path[0].Name
	if !slices.Contains(known, first) {
		r.file.Errorf(from, "a trigger without code has no results.%s%s", first, document.DidYouMean(first, known))
		return
	}
	if len(read.Path) == 1 && (first == bodyKey || first == headersKey) {
		r.file.Errorf(from, "%q is more than a value to compare: name something in it", read.Text)
		return
	}
	inBody := []string{"data", "contentType"}
	if first == bodyKey && !slices.Contains(inBody, read.Path[1].Name) {
		r.file.Errorf(from, "a trigger without code has no results.body.%s%s", read.Path[1].Name, document.DidYouMean(read.Path[1].Name, inBody))
	}
}
