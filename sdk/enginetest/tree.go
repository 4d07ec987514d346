package enginetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
)

// node is a JSON value with everything that a comparison may need: order, digits, lone surrogates.
type node struct {
	kind  byte   // one of { [ " 0 t f n
	text  string // of a string, in UTF-16 as hexadecimal where it isn't text; or of a number
	items []node // of an array, or values of an object
	names []string
}

// parse reads JSON text into a tree.
func parse(text []byte) (node, error) {
	if !json.Valid(text) {
		return node{}, fmt.Errorf("not valid JSON: %s", conformance.Clip(string(text)))
	}
	p := parser{rest: bytes.TrimSpace(text)}
	return p.value(), nil
}

// parser reads text that is known to be valid.
type parser struct{ rest []byte }

func (p *parser) peek() byte {
	p.rest = bytes.TrimLeft(p.rest, " \t\r\n")
	return p.rest[0]
}

func (p *parser) take(count int) string {
	taken := p.rest[:count]
	p.rest = p.rest[count:]
	return string(taken)
}

func (p *parser) value() node {
	switch char := p.peek(); char {
	case '{', '[':
		return p.container(char)
	case '"':
		return node{kind: '"', text: p.string()}
	case 't', 'n':
		p.take(4)
		return node{kind: char}
	case 'f':
		p.take(5)
		return node{kind: char}
	}
	end := bytes.IndexAny(p.rest, ",]} \t\r\n")
	if end < 0 {
		end = len(p.rest)
	}
	return node{kind: '0', text: p.take(end)}
}

func (p *parser) container(open byte) node {
	out := node{kind: open}
	p.take(1)
	for {
		switch p.peek() {
		case '}', ']':
			p.take(1)
			return out
		case ',':
			p.take(1)
		}
		if open == '{' && p.peek() == '"' {
			out.names = append(out.names, p.string())
			p.peek()
			p.take(1) // colon
		}
		if closing := p.peek(); closing != '}' && closing != ']' {
			out.items = append(out.items, p.value())
		}
	}
}

// string reads a string; lone surrogates are kept as U+D800 to U+DFFF in their three-byte form.
func (p *parser) string() string {
	end := 1
	for p.rest[end] != '"' {
		if p.rest[end] == '\\' {
			end++
		}
		end++
	}
	raw := p.take(end + 1)
	if !strings.Contains(raw, `\u`) {
		var text string
		_ = json.Unmarshal([]byte(raw), &text) // known to be valid
		return text
	}
	return unescape(raw[1 : len(raw)-1])
}

func unescape(raw string) string {
	var out []byte
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		if raw[i] != 'u' {
			at := strings.IndexByte(`"\/bfnrt`, raw[i])
			out = append(out, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		first := hex(raw[i+1:])
		i += 4
		if utf16.IsSurrogate(first) && strings.HasPrefix(raw[i+1:], `\u`) {
			if pair := utf16.DecodeRune(first, hex(raw[i+3:])); pair != '\uFFFD' {
				out = append(out, string(pair)...)
				i += 6
				continue
			}
		}
		out = append(out, wide(first)...)
	}
	return string(out)
}

func hex(digits string) rune {
	code, _ := strconv.ParseUint(digits[:4], 16, 16)
	return rune(code)
}

func wide(char rune) string {
	if utf16.IsSurrogate(char) {
		return string([]byte{0xe0 | byte(char>>12&0xf), 0x80 | byte(char>>6&0x3f), 0x80 | byte(char&0x3f)})
	}
	return string(char)
}

// differ gives the first difference between two trees, with its path, or "".
func differ(want, got node, ordered bool, path string) string {
	switch {
	case want.kind != got.kind:
		return fmt.Sprintf("%s: want %s, got %s", at(path), want, got)
	case want.kind == '0' && !sameNumber(want.text, got.text), want.kind == '"' && want.text != got.text:
		return fmt.Sprintf("%s: want %s, got %s", at(path), want, got)
	case len(want.items) != len(got.items):
		return fmt.Sprintf("%s: want %d items or members, got %d: %s", at(path), len(want.items), len(got.items), got)
	case want.kind == '{':
		return differMembers(want, got, ordered, path)
	}
	for i := range want.items {
		if text := differ(want.items[i], got.items[i], ordered, path+"/"+strconv.Itoa(i)); text != "" {
			return text
		}
	}
	return ""
}

func differMembers(want, got node, ordered bool, path string) string {
	for i, name := range want.names {
		at := i
		if !ordered || got.names[i] != name {
			at = index(got.names, name)
		}
		if at < 0 {
			return fmt.Sprintf("%s: no member %q in %s", path, name, got)
		}
		if ordered && at != i {
			return fmt.Sprintf("%s: members stand in the order %q, want %q", path, got.names, want.names)
		}
		if text := differ(want.items[i], got.items[at], ordered, path+"/"+name); text != "" {
			return text
		}
	}
	return ""
}

func index(names []string, name string) int {
	for i, each := range names {
		if each == name {
			return i
		}
	}
	return -1
}

func at(path string) string {
	if path == "" {
		return "the value"
	}
	return path
}

// sameNumber compares numbers by their exact value.
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	const longest = 400 // an exponent beyond a float64's would make a very long number
	if len(a) > longest || len(b) > longest {
		return false
	}
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// String shows a tree as JSON, cut to a line.
func (n node) String() string {
	var out strings.Builder
	n.write(&out)
	return conformance.Clip(out.String())
}

func (n node) write(out *strings.Builder) {
	switch n.kind {
	case '"':
		out.WriteString(strconv.QuoteToASCII(n.text))
	case '0':
		out.WriteString(n.text)
	case 't', 'f', 'n':
		out.WriteString(map[byte]string{'t': "true", 'f': "false", 'n': "null"}[n.kind])
	default:
		out.WriteByte(n.kind)
		for i := range n.items {
			if i > 0 {
				out.WriteByte(',')
			}
			if n.kind == '{' {
				out.WriteString(strconv.QuoteToASCII(n.names[i]) + ":")
			}
			if n.items[i].write(out); out.Len() > 400 {
				return
			}
		}
		out.WriteByte(n.kind + 2) // the closing bracket follows two after the opening one
	}
}
