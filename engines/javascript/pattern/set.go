package pattern

import (
	"cmp"
	"slices"
	"unicode"
)

// span is an inclusive range of characters.
type span struct{ first, last rune }

// set is a list of spans in order, apart from each other.
type set []span

// union joins the tables.
func union(tables ...*unicode.RangeTable) set {
	var all set
	for _, table := range tables {
		for _, one := range table.R16 {
			all = all.with(rune(one.Lo), rune(one.Hi), rune(one.Stride))
		}
		for _, one := range table.R32 {
			all = all.with(rune(one.Lo), rune(one.Hi), rune(one.Stride)) //nolint:gosec // characters are below 2^21
		}
	}
	return all.joined()
}

func (s set) with(first, last, stride rune) set {
	if stride == 1 {
		return append(s, span{first, last})
	}
	for r := first; r <= last; r += stride {
		s = append(s, span{r, r})
	}
	return s
}

func (s set) joined() set {
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	var out set
	for _, one := range s {
		if end := len(out) - 1; end >= 0 && one.first <= out[end].last+1 {
			out[end].last = max(out[end].last, one.last)
			continue
		}
		out = append(out, one)
	}
	return out
}

func (s set) complement() set {
	var out set
	next := rune(0)
	for _, one := range s {
		if one.first > next {
			out = append(out, span{next, one.first - 1})
		}
		next = one.last + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, span{next, unicode.MaxRune})
	}
	return out
}
