package redact

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

// Set holds the secrets of one owner. It does not change, and may be used by several goroutines at once. A nil Set knows none.
type Set struct {
	index  index
	named  map[string]*compiled // by the name as a mark has it
	beside *Set                 // others that are looked for too
}

// NewSet makes a set of secrets. Those that are too short are left out.
func NewSet(secrets []Secret) *Set {
	compiled := make([]*compiled, 0, len(secrets))
	for _, secret := range secrets {
		if len(secret.Value) >= Shortest {
			compiled = append(compiled, compile(secret))
		}
	}
	return join(compiled)
}

// compiled is a secret made ready to be looked for.
type compiled struct {
	name     string // as a mark has it
	patterns []*pattern
	forms    func() map[string]string // what Reveal puts where it finds the label of a form
}

func compile(secret Secret) *compiled { return compileForms(secret, forms(secret.Value)) }

func compileForms(secret Secret, as []form) *compiled {
	made := &compiled{name: labelOf(secret.Name, ""), forms: sync.OnceValue(func() map[string]string { return formsByLabel(secret.Value) })}
	type kind struct {
		text string
		mode mode
	}
	seen := map[kind]bool{}
	add := func(text, mark string, in mode) {
		if len(text) >= Shortest && !seen[kind{text, in}] {
			seen[kind{text, in}] = true
			made.patterns = append(made.patterns, &pattern{text: text, mark: mark, mode: in})
		}
	}
	for _, form := range as {
		if seen[kind{form.text, plain}] {
			continue
		}
		label := labelOf(secret.Name, form.label)
		add(form.text, markOf(label), plain)
		for writer, text := range jsonTexts(form.text) {
			if writer > 0 {
				label = labelOf(secret.Name, form.label+writtenBy+strconv.Itoa(writer))
			}
			add(text, markOf(label), quoted)
		}
	}
	if isNumber(secret.Value) {
		add(secret.Value, `"`+markOf(labelOf(secret.Name, numberForm))+`"`, number)
	}
	return made
}

func formsByLabel(secret string) map[string]string {
	made := map[string]string{numberForm: secret}
	for _, form := range forms(secret) {
		made[form.label] = form.text
	}
	return made
}

const (
	numberForm = "number" // marks what stood in a JSON text as a number
	writtenBy  = "~"      // comes before the number of a writer in jsonTexts
)

func join(all []*compiled) *Set {
	made := &Set{named: map[string]*compiled{}}
	for _, one := range all {
		for _, pattern := range one.patterns {
			made.index.add(pattern)
		}
		if made.named[one.name] == nil {
			made.named[one.name] = one
		}
	}
	return made
}

// Beside gives a set that has secrets beside those of another one, which may be nil. They are found as they are and as JSON has them, in no
// other form: so the set is quickly made.
func Beside(set *Set, secrets []Secret) *Set {
	all := make([]*compiled, 0, len(secrets))
	for _, secret := range secrets {
		if len(secret.Value) >= Shortest {
			all = append(all, compileForms(secret, []form{{"", secret.Value}}))
		}
	}
	if len(all) == 0 {
		return set
	}
	made := join(all)
	made.beside = set
	return made
}

// IsEmpty tells that no secret is known.
func (s *Set) IsEmpty() bool { return s == nil || len(s.index.heads) == 0 && s.beside.IsEmpty() }

// Text hides secrets in what is told to people. It cannot be undone. A text that ends with … is taken for one that was cut off.
func (s *Set) Text(text string) string {
	if s.IsEmpty() || len(text) < Shortest {
		return text
	}
	if whole, cut := strings.CutSuffix(text, "…"); cut {
		return s.CutText(whole) + "…"
	}
	return s.plain(text)
}

func (s *Set) plain(text string) string {
	if hidden, changed := s.rewrite([]byte(text), false, false); changed {
		return string(hidden)
	}
	return text
}

// CutText is Text for what somebody cut off at its end: the beginning of a secret that the cut left there is hidden too, if it has so
// many bytes that it tells something.
func (s *Set) CutText(text string) string {
	if s.IsEmpty() {
		return text
	}
	text = s.plain(text)
	for one := s; one != nil; one = one.beside {
		if rest, mark := one.index.torn(text); mark != "" {
			return text[:rest] + mark
		}
	}
	return text
}

// Hide hides secrets in any bytes. Reveal undoes it. The result is the argument itself if there was nothing to hide, else new.
func (s *Set) Hide(text []byte) []byte {
	hidden, _ := s.rewrite(text, false, true)
	return hidden
}

// HideText is Hide for a string.
func (s *Set) HideText(text string) string {
	if (len(text) < Shortest || s.IsEmpty()) && !strings.Contains(text, opening) {
		return text
	}
	if hidden, changed := s.rewrite([]byte(text), false, true); changed {
		return string(hidden)
	}
	return text
}

// HideJSON hides secrets in a valid JSON text, which it stays: it looks into its strings, names of members among them, and at whole
// numbers. RevealJSON undoes it.
func (s *Set) HideJSON(text []byte) []byte {
	hidden, _ := s.rewrite(text, true, true)
	return hidden
}

// HideBody hides secrets in what may be JSON: as HideJSON if it is, else as Hide. RevealBody undoes it.
func (s *Set) HideBody(body []byte) []byte {
	hidden, changed := s.rewrite(body, false, true)
	if changed && json.Valid(body) {
		return s.HideJSON(body)
	}
	return hidden
}

// Reveal undoes Hide, with the secrets that the set has: of a name's several values, the first. A mark of a secret that the set does
// not have stays as it is.
func (s *Set) Reveal(text []byte) []byte { return s.reveal(text, false) }

// RevealText undoes HideText.
func (s *Set) RevealText(text string) string {
	if !strings.Contains(text, opening) {
		return text
	}
	return string(s.reveal([]byte(text), false))
}

// RevealJSON undoes HideJSON.
func (s *Set) RevealJSON(text []byte) []byte { return s.reveal(text, true) }

// RevealBody undoes HideBody.
func (s *Set) RevealBody(body []byte) []byte {
	if !bytes.Contains(body, []byte(opening)) {
		return body
	}
	return s.reveal(body, json.Valid(body))
}

// reveal goes from one ⟦ to the next. What it puts in is not looked at again.
func (s *Set) reveal(text []byte, isJSON bool) []byte {
	at := bytes.Index(text, []byte(opening))
	if at < 0 {
		return text
	}
	var made []byte
	for ; at >= 0; at = bytes.Index(text, []byte(opening)) {
		made = append(made, text[:at]...)
		text = text[at:]
		if rest, twice := bytes.CutPrefix(text, []byte(opening+opening)); twice {
			made, text = append(made, opening...), rest
			continue
		}
		label, size := markAt(text)
		label, writer, _ := strings.Cut(label, writtenBy)
		value, known := s.value(label)
		switch {
		case !known:
			size = len(opening)
			made = append(made, opening...)
		case !isJSON:
			made = append(made, value...)
		case isQuotedNumber(made, text[size:], label, value):
			made = append(made[:len(made)-1], value...)
			size++
		default:
			made = append(made, written(value, writer)...)
		}
		text = text[size:]
	}
	return append(made, text...)
}

// written gives what stands between the quotes of a JSON string as a writer has it.
func written(value, writer string) string {
	all := jsonTexts(value)
	if number, err := strconv.Atoi(writer); err == nil && 0 < number && number < len(all) {
		return all[number]
	}
	return all[0]
}

// value gives what the mark of a label stands for now.
func (s *Set) value(label string) (value string, known bool) {
	name, form, _ := strings.Cut(label, ":")
	for ; s != nil; s = s.beside {
		if one := s.named[name]; one != nil {
			value, known = one.forms()[form]
			return value, known
		}
	}
	return "", false
}

// markAt reads the mark that a text begins with: its label, and its size in bytes. The label is empty if there is none.
func markAt(text []byte) (label string, size int) {
	rest, ok := bytes.CutPrefix(text[:min(len(text), longestMark)], []byte(intro))
	if !ok {
		return "", 0
	}
	end := bytes.Index(rest, []byte(closing))
	if end < 0 {
		return "", 0
	}
	return string(rest[:end]), len(intro) + end + len(closing)
}

// isQuotedNumber tells a mark that stands in the place of a number, if its secret still is one.
func isQuotedNumber(before, after []byte, label, value string) bool {
	return strings.HasSuffix(label, ":"+numberForm) && isNumber(value) &&
		bytes.HasSuffix(before, []byte(`"`)) && bytes.HasPrefix(after, []byte(`"`))
}

// doubled doubles every ⟦.
func doubled(text []byte) (made []byte, changed bool) {
	if !bytes.Contains(text, []byte(opening)) {
		return text, false
	}
	return bytes.ReplaceAll(text, []byte(opening), []byte(opening+opening)), true
}
