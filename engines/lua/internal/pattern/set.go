package pattern

import "errors"

// set holds which bytes belong to a class.
type set [4]uint64

func (s *set) add(char byte)      { s[char>>6] |= 1 << (char & 63) }
func (s *set) has(char byte) bool { return s[char>>6]&(1<<(char&63)) != 0 }

func (s *set) invert() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *set) union(other set) {
	for i := range s {
		s[i] |= other[i]
	}
}

// set reads one byte class: a character, ".", "%x" or "[…]".
func (c *compiler) set() (*set, error) {
	var out set
	char := c.text[c.at]
	c.at++
	switch char {
	case '.':
		out.invert()
	case '%':
		if c.at >= len(c.text) {
			return nil, errors.New("malformed pattern (ends with '%')")
		}
		out = class(c.text[c.at])
		c.at++
	case '[':
		if err := c.bracket(&out); err != nil {
			return nil, err
		}
	default:
		out.add(char)
	}
	return &out, nil
}

// bracket reads a set up to its "]". A "]" that comes first stands for itself.
func (c *compiler) bracket(out *set) error {
	negated := c.at < len(c.text) && c.text[c.at] == '^'
	if negated {
		c.at++
	}
	for first := true; first || c.at >= len(c.text) || c.text[c.at] != ']'; first = false {
		if c.at >= len(c.text) {
			return errors.New("malformed pattern (missing ']')")
		}
		if err := c.member(out); err != nil {
			return err
		}
	}
	c.at++
	if negated {
		out.invert()
	}
	return nil
}

func (c *compiler) member(out *set) error {
	char := c.text[c.at]
	c.at++
	if char == '%' {
		if c.at >= len(c.text) {
			return errors.New("malformed pattern (missing ']')")
		}
		out.union(class(c.text[c.at]))
		c.at++
		return nil
	}
	if c.at+1 < len(c.text) && c.text[c.at] == '-' && c.text[c.at+1] != ']' {
		for i, last := char, c.text[c.at+1]; i <= last; i++ {
			out.add(i)
			if i == last { // 255 has no next
				break
			}
		}
		c.at += 2
		return nil
	}
	out.add(char)
	return nil
}

// class gives the set that %letter stands for; another character stands for itself.
func class(letter byte) set {
	var out set
	belongs := predicate(letter | 0x20)
	if belongs == nil || !within(letter|0x20, 'a', 'z') {
		out.add(letter)
		return out
	}
	for i := byte(0); ; i++ {
		if belongs(i) {
			out.add(i)
		}
		if i == 255 {
			break
		}
	}
	if within(letter, 'A', 'Z') {
		out.invert()
	}
	return out
}

func within(char, low, high byte) bool { return low <= char && char <= high }

func predicate(letter byte) func(byte) bool {
	lower := func(c byte) bool { return within(c, 'a', 'z') }
	upper := func(c byte) bool { return within(c, 'A', 'Z') }
	digit := func(c byte) bool { return within(c, '0', '9') }
	alnum := func(c byte) bool { return lower(c) || upper(c) || digit(c) }
	switch letter {
	case 'a':
		return func(c byte) bool { return lower(c) || upper(c) }
	case 'c':
		return func(c byte) bool { return c < ' ' || c == 0x7f }
	case 'd':
		return digit
	case 'l':
		return lower
	case 'p':
		return func(c byte) bool { return within(c, '!', '~') && !alnum(c) }
	case 's':
		return func(c byte) bool { return c == ' ' || within(c, '\t', '\r') }
	case 'u':
		return upper
	case 'w':
		return alnum
	case 'x':
		return func(c byte) bool { return digit(c) || within(c|0x20, 'a', 'f') }
	case 'z':
		return func(c byte) bool { return c == 0 }
	}
	return nil
}
