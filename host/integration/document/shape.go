package document

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// Form is what a Shape expects.
type Form string

// The forms. Duration is a text such as "2s" or "1m30s", Size a text such as "256MB" or a number of bytes.
const (
	AnyForm      Form = "anything"
	FlagForm     Form = "true or false"
	IntegerForm  Form = "a whole number"
	TextForm     Form = "a text"
	DurationForm Form = `a duration such as "2s"`
	SizeForm     Form = `a size such as "256MB"`
	ListForm     Form = "a list"
	KeysForm     Form = "a mapping"                       // of known keys
	EachForm     Form = "a mapping of names"              // of free keys
	OneOfForm    Form = "one of several ways to write it" // told apart by the kind of value
)

// Shape describes what a value may be. Check and Schema both read it, so that an editor and the program agree.
type Shape struct {
	Form    Form
	Doc     string        // one sentence for people
	Keys    []Key         // of KeysForm; every other key is a problem
	Each    *Shape        // of ListForm and EachForm: every item or value
	OneOf   []*Shape      // of OneOfForm, each of another kind
	Words   []string      // of TextForm: what it may be; nil for any text that is not empty
	Empty   bool          // of TextForm: the empty text is fine
	Min     int64         // of IntegerForm
	Max     int64         // of IntegerForm; 0 for no limit
	Longest time.Duration // of DurationForm; 0 for no limit
}

// Key is one known key of a mapping.
type Key struct {
	Name     string
	Shape    *Shape
	Required bool
	Doc      string
}

// Names lists the known keys of a mapping.
func (s *Shape) Names() []string {
	names := make([]string, len(s.Keys))
	for i, key := range s.Keys {
		names[i] = key.Name
	}
	return names
}

// Check reports everything in the value that the shape does not allow.
func (s *Shape) Check(value *Node, report *Report) {
	switch {
	case s.Form == AnyForm || value.Broken:
	case s.Form == OneOfForm:
		s.checkOneOf(value, report)
	case !s.takes(value):
		report.Errorf(value, "expected %s, found %s%s", s.Form, value.Kind, s.hint(value))
	default:
		s.checkContent(value, report)
	}
}

func (s *Shape) checkContent(value *Node, report *Report) {
	switch s.Form {
	case AnyForm, FlagForm, OneOfForm: // the kind of the value is all there is to check
	case KeysForm:
		s.checkKeys(value, report)
	case EachForm:
		for i := range value.Members {
			s.Each.Check(value.Members[i].Value, report)
		}
	case ListForm:
		for _, item := range value.Items {
			s.Each.Check(item, report)
		}
	case TextForm:
		s.checkText(value, report)
	case IntegerForm:
		s.checkInteger(value, report)
	case DurationForm:
		s.checkDuration(value, report)
	case SizeForm:
		if _, ok := ParseSize(value.Text); !ok {
			report.Errorf(value, "%s is no size: write a number with B, KB, MB, GB, KiB, MiB or GiB", value.Shown())
		}
	}
}

// takes tells whether the value is of the kind that the form needs.
func (s *Shape) takes(value *Node) bool {
	switch s.Form {
	case AnyForm:
		return true
	case FlagForm:
		return value.Is(Flag)
	case IntegerForm:
		return value.Is(Number)
	case TextForm, DurationForm:
		return value.Kind == Text
	case SizeForm:
		return value.Kind == Text || value.Kind == Number
	case ListForm:
		return value.Kind == List
	case KeysForm, EachForm:
		return value.Kind == Map
	case OneOfForm:
		return slices.ContainsFunc(s.OneOf, func(way *Shape) bool { return way.takes(value) })
	}
	return false
}

func (s *Shape) hint(value *Node) string {
	switch {
	case s.Form == TextForm && (value.Kind == Number || value.Kind == Flag):
		return "; write it in quotes"
	case s.Form == DurationForm && value.Kind == Number:
		return "; add a unit, as in " + `"` + value.Text + `s"`
	}
	return ""
}

func (s *Shape) checkOneOf(value *Node, report *Report) {
	for _, way := range s.OneOf {
		if way.takes(value) {
			way.Check(value, report)
			return
		}
	}
	ways := make([]string, len(s.OneOf))
	for i, way := range s.OneOf {
		ways[i] = string(way.Form)
	}
	report.Errorf(value, "expected %s, found %s", strings.Join(ways, " or "), value.Kind)
}

func (s *Shape) checkKeys(value *Node, report *Report) {
	for i := range value.Members {
		member := &value.Members[i]
		if key := s.key(member.Key); key != nil {
			key.Shape.Check(member.Value, report)
			continue
		}
		report.ErrorAtf(member.Line, member.Column, "unknown key %q%s", member.Key, DidYouMean(member.Key, s.Names()))
	}
	for _, key := range s.Keys {
		if key.Required && value.Get(key.Name) == nil {
			report.Errorf(value, "key %q is missing", key.Name)
		}
	}
}

func (s *Shape) key(name string) *Key {
	for i := range s.Keys {
		if s.Keys[i].Name == name {
			return &s.Keys[i]
		}
	}
	return nil
}

func (s *Shape) checkText(value *Node, report *Report) {
	switch {
	case s.Words != nil && !slices.Contains(s.Words, value.Text):
		report.Errorf(value, "%s is not one of %s%s", value.Shown(), strings.Join(s.Words, ", "), s.nearestWord(value))
	case s.Words == nil && !s.Empty && value.Text == "":
		report.Errorf(value, "expected a text, found an empty one")
	}
}

func (s *Shape) nearestWord(value *Node) string {
	near := Nearest(value.Text, s.Words)
	if near == "" || value.Hidden {
		return ""
	}
	return `; did you mean "` + near + `"?`
}

func (s *Shape) checkInteger(value *Node, report *Report) {
	whole, ok := Integer(value.Text)
	switch {
	case !ok:
		report.Errorf(value, "%s is no whole number of 64 bits", value.Shown())
	case whole < s.Min:
		report.Errorf(value, "%s is less than %d", value.Shown(), s.Min)
	case s.Max > 0 && whole > s.Max:
		report.Errorf(value, "%s is more than %d", value.Shown(), s.Max)
	}
}

func (s *Shape) checkDuration(value *Node, report *Report) {
	length, ok := ParseDuration(value.Text)
	switch {
	case !ok:
		report.Errorf(value, `%s is no duration: write a number with a unit, as in "500ms", "2s" or "1m30s"`, value.Shown())
	case s.Longest > 0 && length > s.Longest:
		report.Errorf(value, "%s is more than %s", value.Shown(), s.Longest)
	}
}

// Integer reads a JSON number that is whole and fits 64 bits, "1e3" included.
func Integer(text string) (int64, bool) {
	if len(text) > 30 || exponentTooLarge(text) {
		return 0, false
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok || !exact.IsInt() || !exact.Num().IsInt64() {
		return 0, false
	}
	return exact.Num().Int64(), true
}

// exponentTooLarge keeps a short text from standing for a number of a billion digits.
func exponentTooLarge(text string) bool {
	_, exponent, found := strings.Cut(strings.ToLower(text), "e")
	return found && len(strings.TrimLeft(exponent, "+-0")) > 2
}
