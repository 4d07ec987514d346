package luajson

import (
	"fmt"
	"strconv"
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

// maxReadDepth is how deep a text may nest.
const maxReadDepth = 10_000

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	Offset  int // in bytes, from 0
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSON at offset %d: %s", e.Offset, e.Problem)
}

// Decode reads one JSON text.
func (c *Codec) Decode(text []byte) (vm.LValue, error) {
	r := reader{codec: c, text: text}
	out, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.space(); r.at < len(text) {
		return nil, r.fail("more text after the value")
	}
	return out, nil
}

// Value gives the Lua form of a value: bytes become strings.
func (c *Codec) Value(v value.Value) (vm.LValue, error) {
	if v.IsZero() {
		return c.null, nil
	}
	if v.IsRaw() {
		return c.Bytes(v.Raw), nil
	}
	root, err := c.Decode(v.JSON)
	if err != nil {
		return nil, err
	}
	for _, blob := range v.Blobs {
		if blob.Pointer == "" {
			return c.Bytes(blob.Bytes), nil
		}
		if err := c.place(root, blob); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// place puts a blob where its pointer says.
func (c *Codec) place(root vm.LValue, blob value.Blob) error {
	parts := strings.Split(blob.Pointer, "/")[1:]
	for i, part := range parts {
		table, ok := root.(*vm.LTable)
		if !ok {
			return fmt.Errorf("blob pointer %q leads nowhere", blob.Pointer)
		}
		key := c.key(table, part)
		if i == len(parts)-1 {
			table.RawSet(key, c.Bytes(blob.Bytes))
		}
		root = table.RawGet(key)
	}
	return nil
}

func (c *Codec) key(table *vm.LTable, part string) vm.LValue {
	if c.IsList(table) {
		if index, err := strconv.Atoi(part); err == nil {
			return vm.LNumber(index + 1)
		}
	}
	return vm.LString(strings.NewReplacer("~1", "/", "~0", "~").Replace(part))
}

type reader struct {
	codec *Codec
	text  []byte
	at    int
	depth int
}

func (r *reader) fail(problem string) error { return &SyntaxError{Offset: r.at, Problem: problem} }

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek gives the next character that is not white space, 0 at the end.
func (r *reader) peek() byte {
	r.space()
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

func (r *reader) value() (vm.LValue, error) {
	switch char := r.peek(); {
	case char == '{':
		return r.nested(r.object)
	case char == '[':
		return r.nested(r.array)
	case char == '"':
		text, err := r.string()
		return vm.LString(text), err
	case char == 't':
		return vm.LTrue, r.word("true")
	case char == 'f':
		return vm.LFalse, r.word("false")
	case char == 'n':
		return r.codec.null, r.word("null")
	case char == '-' || '0' <= char && char <= '9':
		return r.number()
	case r.at >= len(r.text):
		return nil, r.fail("the text ends too early")
	}
	return nil, r.fail("a value must stand here")
}

func (r *reader) word(word string) error {
	if len(r.text)-r.at < len(word) || string(r.text[r.at:r.at+len(word)]) != word {
		return r.fail("a value must stand here")
	}
	r.at += len(word)
	return nil
}

func (r *reader) nested(read func() (vm.LValue, error)) (vm.LValue, error) {
	if r.depth++; r.depth > maxReadDepth {
		return nil, r.fail("nested too deep")
	}
	r.at++
	out, err := read()
	r.depth--
	return out, err
}

func (r *reader) array() (vm.LValue, error) {
	table := r.codec.state.CreateTable(4, 0)
	r.codec.List(table)
	if r.peek() == ']' {
		r.at++
		return table, nil
	}
	for n := 1; ; n++ {
		item, err := r.value()
		if err != nil {
			return nil, err
		}
		table.RawSetInt(n, item)
		if done, err := r.separator(']'); done || err != nil {
			return table, err
		}
	}
}

func (r *reader) object() (vm.LValue, error) {
	table := r.codec.state.CreateTable(0, 8)
	if r.peek() == '}' {
		r.at++
		return table, nil
	}
	for {
		if err := r.member(table); err != nil {
			return nil, err
		}
		if done, err := r.separator('}'); done || err != nil {
			return table, err
		}
	}
}

func (r *reader) member(table *vm.LTable) error {
	if r.peek() != '"' {
		return r.fail("a member name in double quotes must stand here")
	}
	name, err := r.string()
	if err != nil {
		return err
	}
	if r.peek() != ':' {
		return r.fail("a colon must stand here")
	}
	r.at++
	item, err := r.value()
	if err != nil {
		return err
	}
	table.RawSetString(name, item)
	return nil
}

// separator reads a comma, or the closing character, which ends the list.
func (r *reader) separator(closing byte) (done bool, err error) {
	switch r.peek() {
	case ',':
		r.at++
		return false, nil
	case closing:
		r.at++
		return true, nil
	}
	return false, r.fail("a comma or the closing bracket must stand here")
}
