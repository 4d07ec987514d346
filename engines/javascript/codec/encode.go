package codec

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Budget bounds one encoded value.
type Budget struct {
	Bytes int64        // JSON and blobs together
	Depth int          // nesting
	Stop  func() error // asked every few hundred values; what it returns ends the encoding
	Warn  func(string) // told of what is surely not meant, such as a promise nobody awaited
}

// Encode writes v as JSON.stringify would, with bytes as blobs. At the top, bytes become a raw value. root names the
// value in messages, as in "data". Faults are BadResult and ResultSize; what toJSON or a getter throws is returned as
// goja returns it. It must be called under Protect.
func Encode(runtime *goja.Runtime, v goja.Value, root string, budget Budget) (value.Value, error) {
	e := encoder{runtime: runtime, root: root, budget: budget}
	v, err := e.resolve(v, "")
	if err != nil {
		return value.Value{}, err
	}
	if raw, ok := Bytes(v); ok {
		if int64(len(raw)) > budget.Bytes {
			return value.Value{}, e.tooLarge()
		}
		return value.Bytes(append([]byte{}, raw...), ""), nil
	}
	if err := e.write(v, 0); err != nil {
		return value.Value{}, err
	}
	if err := e.check(); err != nil { // what the last value added
		return value.Value{}, err
	}
	return value.Value{JSON: e.out, Blobs: e.blobs}, nil
}

// Bytes gives the bytes of a Buffer, typed array or ArrayBuffer. They are shared with the runtime.
func Bytes(v goja.Value) ([]byte, bool) {
	object, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	switch object.ExportType() {
	case typeBytes:
		raw, ok := object.Export().([]byte)
		return raw, ok
	case typeBuffer:
		buffer, ok := object.Export().(goja.ArrayBuffer)
		if !ok {
			return nil, false
		}
		return buffer.Bytes(), true
	}
	return nil, false
}

var (
	typeBytes   = reflect.TypeFor[[]byte]()
	typeBuffer  = reflect.TypeFor[goja.ArrayBuffer]()
	typePromise = reflect.TypeFor[*goja.Promise]()
)

// step is one level of the path to the value being written.
type step struct {
	object *goja.Object
	name   string
	index  int // of an array; -1 for a member
}

type encoder struct {
	runtime *goja.Runtime
	root    string
	budget  Budget
	out     []byte
	blobs   []value.Blob
	extra   int64 // bytes in blobs
	count   uint
	path    []step
}

func (e *encoder) tooLarge() error {
	return fault.New(fault.Limit, fault.ResultSize, "%s is larger than %d bytes", e.root, e.budget.Bytes)
}

// check keeps the budget; it is called once for every value.
func (e *encoder) check() error {
	e.count++
	if int64(len(e.out))+e.extra > e.budget.Bytes {
		return e.tooLarge()
	}
	if e.count%256 == 0 && e.budget.Stop != nil {
		return e.budget.Stop()
	}
	return nil
}

func (e *encoder) write(v goja.Value, depth int) error {
	if err := e.check(); err != nil {
		return err
	}
	switch v := v.(type) {
	case *goja.Object:
		return e.object(v, depth+1)
	case goja.String:
		e.out = AppendString(e.out, v)
	case *goja.Symbol:
		return e.refuse("a symbol")
	default:
		return e.primitive(v)
	}
	return nil
}

func (e *encoder) primitive(v goja.Value) error {
	switch {
	case v == nil || goja.IsNull(v) || goja.IsUndefined(v):
		e.out = append(e.out, "null"...)
	case goja.IsNumber(v):
		e.out = appendNumber(e.out, v)
	case goja.IsBigInt(v):
		return e.refuse("a BigInt; turn it into a string or a number")
	default:
		e.out = strconv.AppendBool(e.out, v.ToBoolean())
	}
	return nil
}

func appendNumber(out []byte, v goja.Value) []byte {
	f := v.ToFloat()
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(out, "null"...)
	case f == 0:
		return append(out, '0')
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(out, int64(f), 10)
	}
	return append(out, v.String()...)
}

func (e *encoder) refuse(what string) error {
	return fault.New(fault.User, fault.BadResult, "%s is %s", e.where(), what)
}

// where names the place of the current value, as in data.items[3].callback.
func (e *encoder) where() string {
	var text strings.Builder
	text.WriteString(e.root)
	for i, at := range e.path {
		if i >= 20 {
			text.WriteString("…")
			break
		}
		switch {
		case at.index >= 0:
			text.WriteString("[" + strconv.Itoa(at.index) + "]")
		case isName(at.name):
			text.WriteString("." + at.name)
		default:
			text.WriteString("[" + strconv.Quote(at.name) + "]")
		}
	}
	return text.String()
}

func isName(text string) bool {
	for i, c := range text {
		letter := c == '_' || c == '$' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

// pointer is the JSON pointer of the current value.
func (e *encoder) pointer() string {
	var text strings.Builder
	for _, at := range e.path {
		text.WriteByte('/')
		if at.index >= 0 {
			text.WriteString(strconv.Itoa(at.index))
			continue
		}
		text.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(at.name))
	}
	return text.String()
}
