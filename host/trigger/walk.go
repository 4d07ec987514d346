package trigger

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// walk gives the text of the value that a path leads to in a JSON text, nil if it leads nowhere, and the JSON Pointer of the
// place. It reads no more than it must: what is beside the way is passed over. Of members with one name, the last one counts.
func walk(path []integration.Part, text []byte) (found []byte, pointer string) {
	var place strings.Builder
	at := scanner{text: text}
	found = at.value()
	for i, part := range path {
		if found == nil {
			return nil, ""
		}
		in := scanner{text: found}
		name := part.Name
		switch {
		case part.Index >= 0:
			name, found = strconv.Itoa(part.Index), in.element(part.Index)
		case i > 0 && path[i-1].Name == "headers":
			name, found = in.member(func(key string) bool { return strings.EqualFold(key, part.Name) })
		default:
			_, found = in.member(func(key string) bool { return key == part.Name })
		}
		place.WriteByte('/')
		place.WriteString(strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1"))
	}
	return found, place.String()
}

// scanner goes through a JSON text that is valid. In one that is not, it may find nothing or what is none.
type scanner struct {
	text []byte
	at   int
}

// next gives the next character that is no blank, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
		default:
			return s.text[s.at]
		}
	}
	return 0
}

// value passes over a value and gives its text, nil at the end.
func (s *scanner) value() []byte {
	first := s.next()
	begin := s.at
	switch first {
	case 0:
		return nil
	case '"':
		s.quoted()
	case '{', '[':
		s.nested()
	default:
		for s.at < len(s.text) && strings.IndexByte(",:]} \t\n\r", s.text[s.at]) < 0 {
			s.at++
		}
	}
	return s.text[begin:s.at]
}

func (s *scanner) quoted() {
	for s.at++; s.at < len(s.text); s.at++ {
		switch s.text[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return
		}
	}
	s.at = min(s.at, len(s.text))
}

func (s *scanner) nested() {
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.at++
		if depth == 0 {
			return
		}
	}
}

// enter goes into an object or array; false if this is none, or it is empty.
func (s *scanner) enter(open, closing byte) bool {
	if s.next() != open {
		return false
	}
	s.at++
	return s.next() != closing
}

// more goes over a comma to what follows; false at the end.
func (s *scanner) more() bool {
	if s.next() != ',' {
		return false
	}
	s.at++
	return true
}

// member gives the name and the value of the last member that is wanted.
func (s *scanner) member(wanted func(key string) bool) (name string, found []byte) {
	for going := s.enter('{', '}'); going; going = s.more() {
		key := keyOf(s.value())
		if s.next() != ':' {
			return "", nil
		}
		s.at++
		if member := s.value(); wanted(key) {
			name, found = key, member
		}
	}
	return name, found
}

func keyOf(quoted []byte) string {
	if len(quoted) > 1 && !bytes.ContainsRune(quoted, '\\') {
		return string(quoted[1 : len(quoted)-1])
	}
	var key string
	if json.Unmarshal(quoted, &key) != nil {
		return ""
	}
	return key
}

func (s *scanner) element(index int) []byte {
	for going := s.enter('[', ']'); going; going = s.more() {
		element := s.value()
		if index == 0 {
			return element
		}
		index--
	}
	return nil
}
