// Package codec carries values between JSON bytes and goja.
package codec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// MaxDepth is how deep JSON that comes from outside may nest.
const MaxDepth = 10_000

var errEnd = errors.New("unexpected end of JSON input")

// Decode builds the value of one JSON text in runtime. Members keep their order; "__proto__" is an ordinary member;
// integers beyond 2^53 become the nearest number, as JSON.parse does it.
func Decode(runtime *goja.Runtime, text []byte) (goja.Value, error) {
	return DecodeString(runtime, string(text))
}

// DecodeString is Decode of a string, parts of which the values keep.
func DecodeString(runtime *goja.Runtime, text string) (goja.Value, error) {
	d := decoder{runtime: runtime, text: text, plain: plainPrototype(runtime)}
	d.space()
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	d.space()
	if d.at < len(d.text) {
		return nil, d.unexpected()
	}
	return v, nil
}

func plainPrototype(runtime *goja.Runtime) *goja.Object { return runtime.NewObject().Prototype() }

type decoder struct {
	runtime *goja.Runtime
	plain   *goja.Object // Object.prototype
	text    string
	at      int
	items   []any // stack of array items under construction
}

func (d *decoder) space() {
	for d.at < len(d.text) {
		switch d.text[d.at] {
		case ' ', '\t', '\n', '\r':
			d.at++
		default:
			return
		}
	}
}

func (d *decoder) unexpected() error {
	if d.at >= len(d.text) {
		return errEnd
	}
	r, _ := utf8.DecodeRuneInString(d.text[d.at:])
	return fmt.Errorf("unexpected %q in JSON at position %d", r, d.at)
}

func (d *decoder) value(depth int) (goja.Value, error) {
	if d.at >= len(d.text) {
		return nil, errEnd
	}
	switch c := d.text[d.at]; c {
	case '{':
		return d.object(depth + 1)
	case '[':
		return d.array(depth + 1)
	case '"':
		return d.string()
	case 't':
		return d.word("true", d.runtime.ToValue(true))
	case 'f':
		return d.word("false", d.runtime.ToValue(false))
	case 'n':
		return d.word("null", goja.Null())
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return d.number()
		}
		return nil, d.unexpected()
	}
}

func (d *decoder) word(word string, v goja.Value) (goja.Value, error) {
	if !strings.HasPrefix(d.text[d.at:], word) {
		return nil, d.unexpected()
	}
	d.at += len(word)
	return v, nil
}

func (d *decoder) number() (goja.Value, error) {
	if number, length := shortInteger(d.text[d.at:]); length > 0 {
		d.at += length
		return d.runtime.ToValue(number), nil
	}
	start := d.at
	whole := true
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c >= '0' && c <= '9' || c == '-':
		case c == '.' || c == 'e' || c == 'E' || c == '+':
			whole = false
		default:
			return d.numeral(d.text[start:d.at], whole)
		}
		d.at++
	}
	return d.numeral(d.text[start:], whole)
}

// shortInteger reads what most numbers are: a natural number of a few digits. Length is 0 for any other.
func shortInteger(text string) (number int64, length int) {
	for length < len(text) && length < 16 && text[length] >= '0' && text[length] <= '9' {
		number = number*10 + int64(text[length]-'0')
		length++
	}
	zeros := length > 1 && text[0] == '0'
	if zeros || length == 16 || length < len(text) && strings.IndexByte(".eE+-", text[length]) >= 0 {
		return 0, 0
	}
	return number, length
}

func (d *decoder) numeral(text string, whole bool) (goja.Value, error) {
	if !isNumber(text) {
		return nil, fmt.Errorf("%q is not a number", text)
	}
	if whole && len(text) < 16 && text != "-0" {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return d.runtime.ToValue(i), nil
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, fmt.Errorf("%q is not a number", text)
	}
	return d.runtime.ToValue(f), nil
}

// isNumber checks what strconv takes and JSON does not: leading zeros, signs and points without digits.
func isNumber(text string) bool {
	whole := strings.TrimPrefix(text, "-")
	digits := 0
	for digits < len(whole) && whole[digits] >= '0' && whole[digits] <= '9' {
		digits++
	}
	if digits == 0 || digits > 1 && whole[0] == '0' {
		return false
	}
	rest := whole[digits:]
	return rest == "" || rest[0] != '.' || len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9'
}

func (d *decoder) array(depth int) (goja.Value, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("JSON nests deeper than %d levels", MaxDepth)
	}
	d.at++
	base := len(d.items)
	for d.space(); !d.take(']'); d.space() {
		if len(d.items) > base {
			if !d.take(',') {
				return nil, d.unexpected()
			}
			d.space()
		}
		item, err := d.value(depth)
		if err != nil {
			return nil, err
		}
		d.items = append(d.items, item)
	}
	made := d.runtime.NewArray(d.items[base:]...)
	d.items = d.items[:base]
	return made, nil
}

func (d *decoder) take(c byte) bool {
	if d.at < len(d.text) && d.text[d.at] == c {
		d.at++
		return true
	}
	return false
}

// object fills an object without a prototype, so that no setter and no __proto__ of Object.prototype takes part, and
// gives it the prototype afterwards.
func (d *decoder) object(depth int) (goja.Value, error) {
	if depth > MaxDepth {
		return nil, fmt.Errorf("JSON nests deeper than %d levels", MaxDepth)
	}
	d.at++
	made := d.runtime.CreateObject(nil)
	first := true
	for d.space(); !d.take('}'); d.space() {
		if !first {
			if !d.take(',') {
				return nil, d.unexpected()
			}
			d.space()
		}
		first = false
		if err := d.member(made, depth); err != nil {
			return nil, err
		}
	}
	return made, made.SetPrototype(d.plain)
}

func (d *decoder) member(made *goja.Object, depth int) error {
	name, err := d.name()
	if err != nil {
		return err
	}
	d.space()
	if !d.take(':') {
		return d.unexpected()
	}
	d.space()
	item, err := d.value(depth)
	if err != nil {
		return err
	}
	return made.Set(name, item)
}

// name reads a member's name. Lone surrogates in names become U+FFFD.
func (d *decoder) name() (string, error) {
	if d.at >= len(d.text) || d.text[d.at] != '"' {
		return "", d.unexpected()
	}
	if plain, ok := d.plainString(); ok {
		return plain, nil
	}
	units, err := d.escaped()
	return string(utf16.Decode(units)), err
}

func (d *decoder) string() (goja.Value, error) {
	if plain, ok := d.plainString(); ok {
		return d.runtime.ToValue(plain), nil
	}
	units, err := d.escaped()
	if err != nil {
		return nil, err
	}
	return goja.StringFromUTF16(units), nil
}

// plainString takes a string without escapes; it is a part of the text.
func (d *decoder) plainString() (string, bool) {
	for i := d.at + 1; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			plain := d.text[d.at+1 : i]
			d.at = i + 1
			return plain, true
		case c == '\\' || c < ' ':
			return "", false
		}
	}
	return "", false
}

// escaped takes a string with escapes as UTF-16, which holds lone surrogates.
func (d *decoder) escaped() ([]uint16, error) {
	d.at++
	var units []uint16
	for d.at < len(d.text) {
		switch c := d.text[d.at]; {
		case c == '"':
			d.at++
			return units, nil
		case c < ' ':
			return nil, d.unexpected()
		case c == '\\':
			unit, err := d.escape()
			if err != nil {
				return nil, err
			}
			units = append(units, unit)
		default:
			r, size := utf8.DecodeRuneInString(d.text[d.at:])
			units = utf16.AppendRune(units, r)
			d.at += size
		}
	}
	return nil, errEnd
}

const (
	escapes = `"\/bfnrt`
	escaped = "\"\\/\b\f\n\r\t"
)

func (d *decoder) escape() (uint16, error) {
	rest := d.text[d.at+1:]
	if rest == "" {
		return 0, errEnd
	}
	if i := strings.IndexByte(escapes, rest[0]); i >= 0 {
		d.at += 2
		return uint16(escaped[i]), nil
	}
	if rest[0] != 'u' || len(rest) < 5 {
		return 0, d.unexpected()
	}
	unit, err := strconv.ParseUint(rest[1:5], 16, 16)
	if err != nil {
		return 0, d.unexpected()
	}
	d.at += 6
	return uint16(unit), nil
}
