// Package reference finds the places in source code that name results of earlier steps.
//
// It reads tokens, not programs: what it is not sure of it leaves out. A parameter that is declared anew further down, a
// key that is computed, results that are handed on to another function: none of them is a reference here.
package reference

import "slices"

// Reference is one place that names a step's key.
type Reference struct {
	Key    string
	Line   int // of the key, from 1
	Column int // in characters, from 1
	// Needed tells that the code fails when there is no such key, as far as its tokens show: a property of the entry is
	// read without a guard, and nowhere is the entry tested or given a default.
	Needed bool

	assigned bool // the code sets the key itself
}

// Find lists the references of a step's source in their order. The language is an engine's name; of one that is not
// known here nothing is found.
func Find(language string, source []byte) []Reference {
	switch language {
	case "javascript":
		return findJavaScript(source)
	case "lua":
		return findLua(source)
	}
	return nil
}

// kind tells tokens apart.
type kind int

const (
	end kind = iota
	word
	literal // a string; text is its value
	number
	sign
	pattern // a regular expression
)

type token struct {
	kind   kind
	text   string
	line   int
	column int
}

func (t token) is(text string) bool { return t.text == text && (t.kind == sign || t.kind == word) }

func (t token) opens() bool {
	return t.kind == sign && slices.Contains([]string{"(", "[", "{", "${"}, t.text)
}

func (t token) closes() bool {
	return t.kind == sign && slices.Contains([]string{")", "]", "}"}, t.text)
}

// tokens is a program with its brackets matched once, so that no source takes longer than its length.
type tokens struct {
	list  []token
	pair  []int // of a bracket: its other half; len(list) or -1 if there is none
	outer []int // the bracket around a token, -1 without one
}

func match(list []token) *tokens {
	t := &tokens{list: list, pair: make([]int, len(list)), outer: make([]int, len(list))}
	var open []int
	for i, each := range list {
		if each.closes() {
			t.pair[i] = -1
			if last := len(open) - 1; last >= 0 {
				t.pair[i], t.pair[open[last]] = open[last], i
				open = open[:last]
			}
		}
		t.outer[i] = -1
		if len(open) > 0 {
			t.outer[i] = open[len(open)-1]
		}
		if each.opens() {
			t.pair[i] = len(list)
			open = append(open, i)
		}
	}
	return t
}

// at gives the end token outside of the program.
func (t *tokens) at(i int) token {
	if i < 0 || i >= len(t.list) {
		return token{}
	}
	return t.list[i]
}

// closing gives the place of the sign that closes the bracket at open, the program's end if none does.
func (t *tokens) closing(open int) int { return t.pair[open] }

// opening gives the place of the sign that opens the bracket at closed, -1 if none does.
func (t *tokens) opening(closed int) int { return t.pair[closed] }

// enclosing gives the place of the bracket around i, -1 if there is none.
func (t *tokens) enclosing(i int) int { return t.outer[i] }

// settle makes every reference to a key unneeded that is tested somewhere, and leaves out the keys that code sets itself.
func settle(found []Reference) []Reference {
	tested, assigned := map[string]bool{}, map[string]bool{}
	for _, each := range found {
		tested[each.Key] = tested[each.Key] || !each.Needed
		assigned[each.Key] = assigned[each.Key] || each.assigned
	}
	settled := slices.DeleteFunc(found, func(each Reference) bool { return assigned[each.Key] })
	for i := range settled {
		settled[i].Needed = !tested[settled[i].Key]
	}
	return settled
}
