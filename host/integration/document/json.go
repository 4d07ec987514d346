package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// AppendJSON appends the value as JSON text: numbers with all their digits, members in their order.
func (n *Node) AppendJSON(to []byte) []byte {
	switch n.Kind {
	case Null:
		return append(to, "null"...)
	case Flag, Number:
		return append(to, n.Text...)
	case Text:
		return AppendQuoted(to, n.Text)
	case List:
		return n.appendItems(to)
	case Map:
		return n.appendMembers(to)
	}
	return to
}

func (n *Node) appendItems(to []byte) []byte {
	to = append(to, '[')
	for i, item := range n.Items {
		if i > 0 {
			to = append(to, ',')
		}
		to = item.AppendJSON(to)
	}
	return append(to, ']')
}

func (n *Node) appendMembers(to []byte) []byte {
	to = append(to, '{')
	for i, member := range n.Members {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(AppendQuoted(to, member.Key), ':')
		to = member.Value.AppendJSON(to)
	}
	return append(to, '}')
}

// AppendQuoted appends the text as a JSON string, without escapes for HTML.
func AppendQuoted(to []byte, text string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		return append(to, `""`...) // a string always encodes
	}
	return append(to, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}

var errNoJSON = errors.New("not one JSON value")

// FromJSON reads the JSON text that an expanded reference brought. All of the result is Hidden and stands at the
// text's place. The error says nothing of the content.
func (n *Node) FromJSON() (*Node, error) {
	decoder := json.NewDecoder(strings.NewReader(n.Text))
	decoder.UseNumber()
	value, err := n.decode(decoder)
	if err != nil {
		return nil, errNoJSON
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoJSON
	}
	return value, nil
}

func (n *Node) decode(from *json.Decoder) (*Node, error) {
	token, err := from.Token()
	if err != nil {
		return nil, err
	}
	value := &Node{Kind: Null, Line: n.Line, Column: n.Column, Hidden: true, weight: 1}
	switch t := token.(type) {
	case string:
		value.Kind, value.Text = Text, t
	case json.Number:
		value.Kind, value.Text = Number, t.String()
	case bool:
		value.Kind, value.Text = Flag, map[bool]string{true: "true", false: "false"}[t]
	case json.Delim:
		return value, n.decodeInside(value, t, from)
	}
	return value, nil
}

func (n *Node) decodeInside(value *Node, open json.Delim, from *json.Decoder) error {
	value.Kind = List
	if open == '{' {
		value.Kind = Map
	}
	for from.More() {
		key := ""
		if value.Kind == Map {
			name, err := from.Token()
			if err != nil {
				return err
			}
			key, _ = name.(string)
		}
		inner, err := n.decode(from)
		if err != nil {
			return err
		}
		if value.Kind == List {
			value.Items = append(value.Items, inner)
			continue
		}
		value.Members = append(value.Members, Member{Key: key, Line: n.Line, Column: n.Column, Value: inner})
	}
	_, err := from.Token()
	return err
}
