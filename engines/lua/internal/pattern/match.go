package pattern

// Capture is a piece of the subject, or a position in it.
type Capture struct {
	Start, End int  // End is not set for a position
	Position   bool // Start is the captured position, counted from 0
}

// Match is where a pattern matched. Captures are those of the pattern, in order; none if it has none.
type Match struct {
	Start, End int
	Captures   []Capture
}

// stride is how many steps go by between two calls of a matcher's check.
const stride = 1 << 14

// Matcher looks for one pattern in one subject.
type Matcher struct {
	pattern  *Pattern
	subject  string
	check    func() error
	captures [maxCaptures]Capture
	steps    int
	err      error
}

// Matcher makes a matcher. check is called once in a while; an error from it ends the search and comes out of Next.
func (p *Pattern) Matcher(subject string, check func() error) *Matcher {
	return &Matcher{pattern: p, subject: subject, check: check}
}

// Next finds the first match that starts at from or later. found is false when there is none.
func (m *Matcher) Next(from int) (match Match, found bool, err error) {
	for start := from; start <= len(m.subject); start++ {
		end := m.run(start, 0)
		if m.err != nil {
			return Match{}, false, m.err
		}
		if end >= 0 {
			captures := append([]Capture(nil), m.captures[:m.pattern.captures]...)
			return Match{Start: start, End: end, Captures: captures}, true, nil
		}
		if m.pattern.anchored {
			break
		}
	}
	return Match{}, false, nil
}

// over counts a step and tells whether the search must end.
func (m *Matcher) over() bool {
	m.steps++
	if m.steps%stride == 0 && m.err == nil {
		m.err = m.check()
	}
	return m.err != nil
}

// run matches the items from index on at position at and gives the end of the match, or -1.
func (m *Matcher) run(at, index int) int {
	for index < len(m.pattern.items) {
		if m.over() {
			return -1
		}
		it := &m.pattern.items[index]
		switch it.kind {
		case single:
			if it.repeat != 0 {
				return m.repeat(it, at, index)
			}
			if !m.is(it, at) {
				return -1
			}
			at++
		case open, shut, position:
			return m.mark(it, at, index)
		default:
			if at = m.assert(it, at); at < 0 {
				return -1
			}
		}
		index++
	}
	return at
}

func (m *Matcher) is(it *item, at int) bool {
	return at < len(m.subject) && it.set.has(m.subject[at])
}

// assert handles the items that have one way to match; it gives the position behind them, or -1.
func (m *Matcher) assert(it *item, at int) int {
	switch it.kind {
	case balance:
		return m.balanced(it, at)
	case frontier:
		before := at > 0 && it.set.has(m.subject[at-1]) || at == 0 && it.set.has(0)
		after := m.is(it, at) || at == len(m.subject) && it.set.has(0)
		if before || !after {
			return -1
		}
		return at
	case backref:
		again := m.captures[it.n]
		if again.Position {
			return -1
		}
		text := m.subject[again.Start:again.End]
		if len(m.subject)-at < len(text) || m.subject[at:at+len(text)] != text {
			return -1
		}
		return at + len(text)
	default: // the tail
		if at != len(m.subject) {
			return -1
		}
		return at
	}
}

func (m *Matcher) balanced(it *item, at int) int {
	if at >= len(m.subject) || m.subject[at] != it.x {
		return -1
	}
	depth := 1
	for at++; at < len(m.subject) && !m.over(); at++ {
		switch m.subject[at] {
		case it.y:
			if depth--; depth == 0 {
				return at + 1
			}
		case it.x:
			depth++
		}
	}
	return -1
}

// mark sets a capture's edge, and sets it back when the rest does not match.
func (m *Matcher) mark(it *item, at, index int) int {
	old := m.captures[it.n]
	switch it.kind {
	case open:
		m.captures[it.n] = Capture{Start: at, End: at}
	case position:
		m.captures[it.n] = Capture{Start: at, Position: true}
	default:
		m.captures[it.n].End = at
	}
	end := m.run(at, index+1)
	if end < 0 {
		m.captures[it.n] = old
	}
	return end
}

func (m *Matcher) repeat(it *item, at, index int) int {
	switch it.repeat {
	case '-':
		return m.fewest(it, at, index)
	case '?':
		return m.most(it, at, index, 0, 1)
	case '+':
		return m.most(it, at, index, 1, len(m.subject))
	}
	return m.most(it, at, index, 0, len(m.subject))
}

func (m *Matcher) most(it *item, at, index, low, high int) int {
	count := 0
	for count < high && m.is(it, at+count) && !m.over() {
		count++
	}
	for ; count >= low && m.err == nil; count-- {
		if end := m.run(at+count, index+1); end >= 0 {
			return end
		}
	}
	return -1
}

func (m *Matcher) fewest(it *item, at, index int) int {
	for m.err == nil {
		if end := m.run(at, index+1); end >= 0 {
			return end
		}
		if !m.is(it, at) {
			return -1
		}
		at++
	}
	return -1
}
