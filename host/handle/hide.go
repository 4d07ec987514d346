package handle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// Secret is one secret of a connection.
type Secret struct {
	Field string // as in "apiKey", "token.access_token", "token.keys.0"
	Value string
}

// shortest is how long a secret has to be for a part of another text that is equal to it to be taken for it.
const shortest = 8

// Set gives the secrets of a connection by their handles.
func (k Key) Set(owner Owner, secrets []Secret) Set {
	set := make(Set, len(secrets))
	for _, secret := range secrets {
		set[k.Of(owner, secret.Field)] = secret.Value
	}
	return set
}

// Hide puts handles in the place of a connection's secrets in the JSON object that code sees of it: wherever their field is, and
// in any other text that is one of them or, unless it is short, holds one. All else stays as it is, to the byte.
func (k Key) Hide(owner Owner, connection json.RawMessage, secrets []Secret) (json.RawMessage, error) {
	if !json.Valid(connection) {
		return nil, unreadable(owner)
	}
	veil := veil{at: map[string]string{}}
	for _, secret := range secrets {
		handle := k.Of(owner, secret.Field)
		veil.at[place(secret.Field)] = handle
		if len(secret.Value) >= shortest {
			veil.pairs = append(veil.pairs, [2]string{secret.Value, handle})
		}
	}
	slices.SortStableFunc(veil.pairs, func(a, b [2]string) int { return len(b[0]) - len(a[0]) }) // one may be a part of another
	hidden, err := veil.value(connection, "")
	if err != nil {
		return nil, unreadable(owner) // err may hold a part of it
	}
	return hidden, nil
}

func unreadable(owner Owner) error {
	return fmt.Errorf("what code sees of the connection %q is not JSON", owner.Connection)
}

// place is where code finds a field.
func place(field string) string {
	if strings.HasPrefix(field, "token.") || strings.HasPrefix(field, "context.") {
		return "." + field
	}
	return ".fields." + field
}

type veil struct {
	at    map[string]string // handles by the place of their secret
	pairs [][2]string       // secrets and their handles, the longest secret first
}

// value hides what is in a JSON value that stands at a place.
func (v veil) value(text json.RawMessage, place string) (json.RawMessage, error) {
	text = bytes.TrimSpace(text) // there is something: it is valid
	handle, known := v.at[place]
	switch {
	case known && string(text) != "null":
		return json.Marshal(handle)
	case text[0] == '{':
		return v.object(text, place)
	case text[0] == '[':
		return v.array(text, place)
	case text[0] == '"':
		return v.text(text)
	}
	return text, nil
}

func (v veil) text(quoted json.RawMessage) (json.RawMessage, error) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, err
	}
	hidden := text
	for _, pair := range v.pairs {
		hidden = strings.ReplaceAll(hidden, pair[0], pair[1])
	}
	if hidden == text {
		return quoted, nil
	}
	return document.AppendQuoted(nil, hidden), nil
}

func (v veil) object(text json.RawMessage, place string) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	out := bytes.NewBufferString("{")
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		if out.Len() > 1 {
			out.WriteByte(',')
		}
		key := fmt.Sprint(name)
		out.Write(append(document.AppendQuoted(nil, key), ':'))
		if err := v.member(decoder, out, place+"."+key); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func (v veil) array(text json.RawMessage, place string) (json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	out := bytes.NewBufferString("[")
	for i := 0; decoder.More(); i++ {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := v.member(decoder, out, place+"."+strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	out.WriteByte(']')
	return out.Bytes(), nil
}

func (v veil) member(decoder *json.Decoder, out *bytes.Buffer, place string) error {
	var raw json.RawMessage
	if err := decoder.Decode(&raw); err != nil {
		return err
	}
	hidden, err := v.value(raw, place)
	out.Write(hidden)
	return err
}
