// Package pattern matches Lua patterns without a way to run away: every step is counted and the caller can stop it.
package pattern

import "errors"

// maxCaptures is how many captures one pattern may have, as in the reference implementation.
const maxCaptures = 32

// maxLength bounds the recursion of a match, which is at most one level for each item of the pattern.
const maxLength = 1 << 14

// Pattern is a compiled Lua pattern. It does not change after Compile and may be shared.
type Pattern struct {
	items    []item
	captures int
	anchored bool // it started with ^
}

type kind uint8

const (
	single   kind = iota // one byte of a set, with a repetition
	open                 // start of capture n
	shut                 // end of capture n
	position             // position capture n
	balance              // %bxy
	frontier             // %f[set]
	backref              // %1 to %9: capture n again
	tail                 // $ at the end
)

type item struct {
	kind   kind
	repeat byte // 0, '*', '+', '-' or '?'
	n      int
	x, y   byte
	set    *set
}

// Compile reads a pattern. The error text is for the author of the Lua code.
func Compile(text string) (*Pattern, error) {
	if len(text) > maxLength {
		return nil, errors.New("pattern too long")
	}
	c := compiler{text: text}
	if len(text) > 0 && text[0] == '^' {
		c.out.anchored = true
		c.at = 1
	}
	for c.at < len(c.text) {
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	if len(c.pending) > 0 {
		return nil, errors.New("unfinished capture")
	}
	return &c.out, nil
}

// Anchored tells whether the pattern matches at the first position only.
func (p *Pattern) Anchored() bool { return p.anchored }

type compiler struct {
	text    string
	at      int
	out     Pattern
	pending []int // captures that are open
	closed  [maxCaptures]bool
}

func (c *compiler) add(it item) { c.out.items = append(c.out.items, it) }

func (c *compiler) next() error {
	char := c.text[c.at]
	switch {
	case char == '(':
		return c.open()
	case char == ')':
		return c.shut()
	case char == '$' && c.at == len(c.text)-1:
		c.at++
		c.add(item{kind: tail})
		return nil
	case char == '%' && c.at+1 < len(c.text):
		return c.escape(c.text[c.at+1])
	}
	return c.single()
}

func (c *compiler) open() error {
	if c.out.captures == maxCaptures {
		return errors.New("too many captures")
	}
	n := c.out.captures
	c.out.captures++
	c.at++
	if c.at < len(c.text) && c.text[c.at] == ')' {
		c.at++
		c.closed[n] = true
		c.add(item{kind: position, n: n})
		return nil
	}
	c.pending = append(c.pending, n)
	c.add(item{kind: open, n: n})
	return nil
}

func (c *compiler) shut() error {
	last := len(c.pending) - 1
	if last < 0 {
		return errors.New("invalid pattern capture")
	}
	n := c.pending[last]
	c.pending = c.pending[:last]
	c.closed[n] = true
	c.at++
	c.add(item{kind: shut, n: n})
	return nil
}

func (c *compiler) escape(char byte) error {
	switch {
	case char == 'b':
		return c.balance()
	case char == 'f':
		return c.frontier()
	case '0' <= char && char <= '9':
		n := int(char) - '1'
		if n < 0 || n >= c.out.captures || !c.closed[n] {
			return errors.New("invalid capture index")
		}
		c.at += 2
		c.add(item{kind: backref, n: n})
		return nil
	}
	return c.single()
}

func (c *compiler) balance() error {
	if c.at+3 >= len(c.text) {
		return errors.New("missing arguments to '%b'")
	}
	c.add(item{kind: balance, x: c.text[c.at+2], y: c.text[c.at+3]})
	c.at += 4
	return nil
}

func (c *compiler) frontier() error {
	c.at += 2
	if c.at >= len(c.text) || c.text[c.at] != '[' {
		return errors.New("missing '[' after '%f' in pattern")
	}
	chars, err := c.set()
	if err != nil {
		return err
	}
	c.add(item{kind: frontier, set: chars})
	return nil
}

func (c *compiler) single() error {
	chars, err := c.set()
	if err != nil {
		return err
	}
	it := item{kind: single, set: chars}
	if c.at < len(c.text) {
		switch c.text[c.at] {
		case '*', '+', '-', '?':
			it.repeat = c.text[c.at]
			c.at++
		}
	}
	c.add(it)
	return nil
}
