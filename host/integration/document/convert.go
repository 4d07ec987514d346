package document

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// converter turns the parser's tree into Nodes.
type converter struct {
	report  *Report
	lines   []string
	anchors map[string]*Node
}

// convert never gives nil: what has no meaning here is reported and becomes a Null.
func (c *converter) convert(from ast.Node) *Node {
	to := c.value(from)
	c.weigh(to)
	return to
}

func (c *converter) value(from ast.Node) *Node {
	switch n := from.(type) {
	case *ast.MappingNode:
		return c.mapping(n, n.Values)
	case *ast.MappingValueNode:
		return c.mapping(n, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		return c.sequence(n)
	case *ast.AnchorNode:
		return c.anchor(n)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.TagNode:
		return c.tagged(n)
	case *ast.LiteralNode:
		return c.block(n)
	case nil:
		return &Node{Kind: Null}
	}
	return c.scalar(from)
}

func (c *converter) scalar(from ast.Node) *Node {
	to := at(from.GetToken())
	switch n := from.(type) {
	case *ast.NullNode:
		to.Kind = Null
	case *ast.BoolNode:
		to.Kind, to.Text = Flag, strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		c.number(to, n.Token.Value, n.Value)
	case *ast.FloatNode:
		c.number(to, n.Token.Value, n.Value)
	case *ast.StringNode:
		to.Kind, to.Text = Text, n.Value
		// The parser takes a number with an exponent, and one beyond 64 bits, for a text.
		switch {
		case n.Token.Type != token.StringType:
			to.Block = Quoted
		case IsNumber(n.Value):
			to.Kind = Number
		}
	default:
		c.report.Errorf(to, "%s has no place here", from.Type())
		to.Kind = Null
	}
	return to
}

var number = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// IsNumber tells whether the text is a JSON number.
func IsNumber(text string) bool { return number.MatchString(text) }

// number keeps the digits of a number that JSON can write as they are, else it takes the number's shortest form.
func (c *converter) number(to *Node, written string, parsed any) {
	to.Kind, to.Text = Number, written
	if IsNumber(written) {
		return
	}
	switch value := parsed.(type) {
	case uint64:
		to.Text = strconv.FormatUint(value, 10)
	case int64:
		to.Text = strconv.FormatInt(value, 10)
	case float64:
		to.Text = strconv.FormatFloat(value, 'g', -1, 64)
	}
	if !IsNumber(to.Text) {
		c.report.Errorf(to, "%s is no number that JSON can write; put a text in quotes", written)
		to.Kind = Null
	}
}

func at(tok *token.Token) *Node {
	if tok == nil || tok.Position == nil {
		return &Node{}
	}
	return &Node{Line: tok.Position.Line, Column: tok.Position.Column}
}

func (c *converter) sequence(from *ast.SequenceNode) *Node {
	to := at(from.GetToken())
	to.Kind, to.Items = List, make([]*Node, 0, len(from.Values))
	for _, item := range from.Values {
		to.Items = append(to.Items, c.convert(item))
	}
	return to
}

func (c *converter) mapping(from ast.Node, values []*ast.MappingValueNode) *Node {
	to := &Node{Kind: Map, Members: make([]Member, 0, len(values))}
	if start := from.GetToken(); len(values) == 0 || start.Type == token.MappingStartType {
		to.Line, to.Column = start.Position.Line, start.Position.Column
	}
	seen := make(map[string]int, len(values))
	for _, value := range values {
		c.member(to, value, seen)
	}
	if to.Line == 0 && len(values) > 0 {
		first := at(values[0].Key.GetToken())
		to.Line, to.Column = first.Line, first.Column
	}
	return to
}

func (c *converter) member(to *Node, from *ast.MappingValueNode, seen map[string]int) {
	key := at(from.Key.GetToken())
	if from.Key.IsMergeKey() {
		c.report.Errorf(key, "merge keys (<<) are not read; repeat the keys or use an alias for the whole value")
		return
	}
	name, ok := keyName(from.Key)
	if !ok {
		c.report.Errorf(key, "a key must be a plain text")
		return
	}
	if line, twice := seen[name]; twice {
		c.report.Errorf(key, "key %q is already set in line %d", name, line)
		return
	}
	seen[name] = key.Line
	value := c.convert(from.Value)
	if value.Line == 0 {
		value.Line, value.Column = key.Line, key.Column
	}
	to.Members = append(to.Members, Member{Key: name, Line: key.Line, Column: key.Column, Value: value})
}

func keyName(key ast.MapKeyNode) (string, bool) {
	switch n := key.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return key.GetToken().Value, true
	}
	return "", false
}

func (c *converter) anchor(from *ast.AnchorNode) *Node {
	to := c.convert(from.Value)
	c.anchors[from.Name.GetToken().Value] = to
	return to
}

// alias shares the anchor's node. An anchor is known once it is complete, so a value never holds itself.
func (c *converter) alias(from *ast.AliasNode) *Node {
	name := from.Value.GetToken().Value
	if target, ok := c.anchors[name]; ok {
		return target
	}
	to := at(from.GetToken())
	to.Kind = Null
	c.report.Errorf(to, "alias *%s has no anchor &%s before it", name, name)
	return to
}

func (c *converter) tagged(from *ast.TagNode) *Node {
	to := at(from.GetToken())
	if from.Start.Value == "!!str" {
		to.Kind, to.Text = Text, from.Value.GetToken().Value
		return to
	}
	c.report.Errorf(to, "tag %s is not known", from.Start.Value)
	to.Kind = Null
	return to
}

// block reads a | or > text. Its place is that of its first content character, so that a position inside a literal can
// be shown where the author wrote it.
func (c *converter) block(from *ast.LiteralNode) *Node {
	header := from.Start
	to := &Node{Kind: Text, Text: from.Value.Value, Line: header.Position.Line + 1, Column: 1, Block: Literal}
	if strings.HasPrefix(header.Value, ">") {
		to.Block = Folded
	}
	to.Column = c.indent(to.Line) + 1
	return to
}

// indent is the number of blanks before the first line with content, from the given line on.
func (c *converter) indent(line int) int {
	for _, text := range c.lines[min(line-1, len(c.lines)):] {
		if content := strings.TrimLeft(text, " "); strings.TrimRight(content, "\r") != "" {
			return len(text) - len(content)
		}
	}
	return 0
}

// weigh refuses documents that are small as text and huge once their aliases are followed.
func (c *converter) weigh(to *Node) {
	if to.weight > 0 {
		return
	}
	to.weight = 1
	for _, item := range to.Items {
		to.weight += item.weight
	}
	for i := range to.Members {
		to.weight += to.Members[i].Value.weight
	}
	if to.weight > maxNodes {
		c.report.Errorf(to, "the aliases in here stand for more than %d values", maxNodes)
		to.Items, to.Members, to.weight = nil, nil, 1
	}
}
