package realm

import (
	"bytes"
	"encoding/json"
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// members is a JSON object taken apart: names in order, values as text.
type members struct {
	text  []byte
	names []string
	texts map[string][]byte
}

// split takes a JSON object apart without decoding its members. Nil text is an empty object.
func split(text []byte) (*members, error) {
	out := &members{text: text, texts: map[string][]byte{}}
	if len(bytes.TrimSpace(text)) == 0 {
		return out, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fault.New(fault.Host, fault.Protocol, "expected a JSON object, got %.40q", text)
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // the name of a member is always one
		var member json.RawMessage
		if err := decoder.Decode(&member); err != nil {
			return nil, err
		}
		out.set(name, member)
	}
	return out, nil
}

func (m *members) set(name string, text []byte) {
	if _, known := m.texts[name]; !known {
		m.names = append(m.names, name)
	}
	m.texts[name] = text
}

// contexts remembers the contexts taken apart last: a flow's context is equal in all of its executions.
type contexts struct {
	mutex sync.Mutex
	last  []*members
}

const keptContexts = 16

// split gives the members of a context; they are shared and must not be changed.
func (c *contexts) split(text []byte) (*members, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for i, known := range c.last {
		if bytes.Equal(known.text, text) {
			copy(c.last[1:i+1], c.last[:i])
			c.last[0] = known
			return known, nil
		}
	}
	made, err := split(bytes.Clone(text))
	if err != nil {
		return nil, err
	}
	c.last = append([]*members{made}, c.last[:min(len(c.last), keptContexts-1)]...)
	return made, nil
}
