// Package document reads YAML files strictly: positions are kept, numbers stay exact and whatever is unknown is a problem.
package document

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	yaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Kind tells the YAML values apart.
type Kind string

// The kinds of values.
const (
	Null   Kind = "nothing"
	Flag   Kind = "a boolean"
	Number Kind = "a number"
	Text   Kind = "a text"
	List   Kind = "a list"
	Map    Kind = "a mapping"
)

// Node is one YAML value and where it stands. Nodes are shared by aliases: do not change them.
type Node struct {
	Kind    Kind
	Line    int      // of the value's first character, from 1
	Column  int      // in characters, from 1
	Text    string   // of a Text: its content; of a Number: its JSON text; of a Flag: true or false
	Block   Block    // how a Text was written
	Items   []*Node  // of a List
	Members []Member // of a Map, in order
	Hidden  bool     // the text came from outside the file and is never shown
	Broken  bool     // a reference in the text has no value, which is reported already
	weight  int      // values in here, counted as if aliases were copies
}

// Block says how a text was written.
type Block string

// The ways to write a text.
const (
	Plain   Block = ""  // as it is
	Quoted  Block = `"` // in single or double quotes, which Node.Column points at
	Literal Block = "|" // lines kept; Node.Line and Node.Column are those of the first content character
	Folded  Block = ">" // lines joined
)

// Member is one key of a mapping with its value.
type Member struct {
	Key    string
	Line   int // of the key
	Column int
	Value  *Node
}

// Get gives the value of a key, nil without one; it may be called on nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return n.Members[i].Value
		}
	}
	return nil
}

// String gives the content of a text, "" for any other value; it may be called on nil.
func (n *Node) String() string {
	if n == nil || n.Kind != Text {
		return ""
	}
	return n.Text
}

// Is tells the kind; nil is none. A text from outside the file is a number or a boolean too when it reads as one.
func (n *Node) Is(kind Kind) bool {
	switch {
	case n == nil:
		return false
	case n.Hidden && n.Kind == Text && kind == Flag:
		return n.Text == "true" || n.Text == "false"
	case n.Hidden && n.Kind == Text && kind == Number:
		return IsNumber(n.Text)
	}
	return n.Kind == kind
}

// True tells whether the value is the boolean true; it may be called on nil.
func (n *Node) True() bool { return n.Is(Flag) && n.Text == "true" }

// Shown gives a scalar as messages may show it: a text in quotes, and nothing that came from outside the file.
func (n *Node) Shown() string {
	switch {
	case n.Hidden:
		return "the value"
	case n.Kind == Text:
		return strconv.Quote(n.Text)
	}
	return n.Text
}

// Texts gives the items of a list of texts, leaving out what is no text; it may be called on nil.
func (n *Node) Texts() []string {
	if n == nil {
		return nil
	}
	var texts []string
	for _, item := range n.Items {
		if item.Kind == Text {
			texts = append(texts, item.Text)
		}
	}
	return texts
}

// Limits of one file: a configuration beyond them is a mistake or an attack.
const (
	maxBytes = 16 << 20
	maxNodes = 4 << 20
)

// Parse reads one YAML document. A file without content is an empty mapping. When the text is not YAML, the report says
// so and the result is nil.
func Parse(text []byte, report *Report) *Node {
	if len(text) > maxBytes {
		report.ErrorAtf(0, 0, "the file is larger than %d MiB", maxBytes>>20)
		return nil
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		reportSyntax(err, report)
		return nil
	}
	bodies := bodiesOf(file)
	switch {
	case len(bodies) == 0:
		return &Node{Kind: Map, Line: 1, Column: 1}
	case len(bodies) > 1:
		token := bodies[1].GetToken()
		report.ErrorAtf(token.Position.Line, token.Position.Column, "a second document; one file holds one")
		return nil
	}
	c := converter{report: report, lines: strings.Split(string(text), "\n"), anchors: map[string]*Node{}}
	return c.convert(bodies[0])
}

func bodiesOf(file *ast.File) []ast.Node {
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType {
			bodies = append(bodies, doc.Body)
		}
	}
	return bodies
}

func reportSyntax(err error, report *Report) {
	broken, ok := errors.AsType[*yaml.SyntaxError](err)
	if !ok || broken.Token == nil || broken.Token.Position == nil {
		report.ErrorAtf(0, 0, "not YAML: %s", strings.SplitN(err.Error(), "\n", 2)[0])
		return
	}
	at := broken.Token.Position
	hint := ""
	if strings.Contains(broken.Message, "'\t'") || strings.Contains(broken.Message, "tab character") {
		hint = "; indent with spaces"
	}
	report.ErrorAtf(at.Line, at.Column, "not YAML: %s%s", broken.Message, hint)
}
