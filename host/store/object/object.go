// Package object takes JSON objects apart at top level, for states that are kept by key.
package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Member is one top-level key of an object.
type Member struct {
	Key  string
	Text json.RawMessage
}

// Merge gives text with the members of change in it; a null member deletes its key. Nil stands for an empty object.
func Merge(text, change []byte) ([]byte, error) {
	if len(change) == 0 {
		return text, nil
	}
	changes, err := Split(change)
	if err != nil {
		return nil, err
	}
	kept, err := Split(text)
	if err != nil {
		return nil, err
	}
	at := make(map[string]int, len(kept))
	for i, one := range kept {
		at[one.Key] = i
	}
	for _, one := range changes {
		if i, known := at[one.Key]; known {
			kept[i] = one
			continue
		}
		at[one.Key] = len(kept)
		kept = append(kept, one)
	}
	return Join(kept), nil
}

// Split reads a JSON object in its order; empty text is an empty object.
func Split(text []byte) ([]Member, error) {
	if len(text) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return nil, fault.New(fault.Engine, fault.Protocol, "a state is not a JSON object")
	}
	var read []Member
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
		}
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
		}
		read = append(read, Member{fmt.Sprint(key), text})
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fault.New(fault.Engine, fault.Protocol, "a state is not valid JSON: %v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fault.New(fault.Engine, fault.Protocol, "something follows the JSON object of a state")
	}
	return read, nil
}

// Join writes members as a JSON object, leaving out those that are null; nil when none is left.
func Join(members []Member) []byte {
	var text []byte
	for _, one := range members {
		if string(one.Text) != "null" {
			text = appendMember(text, one)
		}
	}
	return closed(text)
}

// Change writes members as the change that Split reads: those that are null are there too. It is nil without members.
func Change(members []Member) []byte {
	var text []byte
	for _, one := range members {
		text = appendMember(text, one)
	}
	return closed(text)
}

func appendMember(text []byte, one Member) []byte {
	separator := byte(',')
	if text == nil {
		separator = '{'
	}
	text = append(text, separator)
	text = append(value.AppendText(text, one.Key), ':')
	return append(text, one.Text...)
}

func closed(text []byte) []byte {
	if text == nil {
		return nil
	}
	return append(text, '}')
}
