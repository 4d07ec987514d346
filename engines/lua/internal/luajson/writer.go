package luajson

import (
	"context"
	"math"
	"strconv"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Limits bound what is written. Every field must be set.
type Limits struct {
	Bytes int64 // content bytes, blobs included
	Depth int   // nesting
}

// Encode writes a Lua value. A string that is not text becomes bytes. root is how code names the value, as in "data";
// the fault for what can't be written (bad_result) or is too large (result_size) begins with the path from there.
// Encode stops with ctx's cause when ctx ends.
func (c *Codec) Encode(ctx context.Context, v vm.LValue, root string, limits Limits) (value.Value, error) {
	if raw, ok := c.raw(v); ok {
		if int64(len(raw)) > limits.Bytes {
			return value.Value{}, tooLarge(root, limits)
		}
		return value.Bytes([]byte(raw), ""), nil
	}
	w := writer{codec: c, root: root, limits: limits}
	if err := w.value(ctx, v); err != nil {
		return value.Value{}, err
	}
	return value.Value{JSON: w.out, Blobs: w.blobs}, nil
}

// raw gives the content of a value that is bytes as a whole.
func (c *Codec) raw(v vm.LValue) (string, bool) {
	switch v := v.(type) {
	case vm.LString:
		text := string(v)
		return text, c.cameAsBytes(text) || !isText(text)
	case *vm.LUserData:
		packed, ok := v.Value.(Packed)
		return string(packed), ok
	}
	return "", false
}

func tooLarge(path string, limits Limits) error {
	return fault.New(fault.Limit, fault.ResultSize, "%s is larger than the limit of %d bytes", path, limits.Bytes)
}

type writer struct {
	codec  *Codec
	root   string
	limits Limits
	out    []byte
	blobs  []value.Blob
	binary int64 // bytes in blobs
	path   []part
	nodes  int
}

// part is one step of the path to the value that is being written.
type part struct {
	table *vm.LTable
	name  string
	index int // from 1; 0 for a member
}

// stride is how many values are written between two looks at the context.
const stride = 4096

func (w *writer) value(ctx context.Context, v vm.LValue) error {
	if w.nodes++; w.nodes%stride == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := w.write(ctx, v); err != nil {
		return err
	}
	if int64(len(w.out))+w.binary > w.limits.Bytes {
		return tooLarge(w.where(), w.limits)
	}
	return nil
}

func (w *writer) write(ctx context.Context, v vm.LValue) error {
	switch v := v.(type) {
	case vm.LBool:
		w.out = strconv.AppendBool(w.out, bool(v))
	case vm.LNumber:
		w.out = AppendNumber(w.out, float64(v))
	case vm.LString:
		w.string(string(v))
	case *vm.LTable:
		return w.table(ctx, v)
	case *vm.LNilType:
		w.out = append(w.out, "null"...)
	case *vm.LUserData:
		return w.userdata(v)
	default:
		return w.bad("is a %s, which no result can hold", v.Type())
	}
	return nil
}

func (w *writer) userdata(v *vm.LUserData) error {
	switch content := v.Value.(type) {
	case Packed:
		w.blob(string(content))
	case *fault.Fault:
		w.out = AppendString(w.out, content.Message)
	default:
		if v != w.codec.null {
			return w.bad("is a userdata, which no result can hold")
		}
		w.out = append(w.out, "null"...)
	}
	return nil
}

func (w *writer) bad(format string, args ...any) error {
	return fault.New(fault.User, fault.BadResult, "%s "+format, append([]any{w.where()}, args...)...)
}

func (w *writer) string(text string) {
	if w.codec.cameAsBytes(text) {
		w.blob(text)
		return
	}
	mark := len(w.out)
	out, ok := appendString(w.out, text)
	w.out = out
	if !ok {
		w.out = w.out[:mark]
		w.blob(text)
	}
}

func (w *writer) blob(content string) {
	w.blobs = append(w.blobs, value.Blob{Pointer: w.pointer(), Bytes: []byte(content)})
	w.binary += int64(len(content))
	w.out = append(w.out, "null"...)
}

// AppendNumber writes a number as JavaScript does: no fraction for integers, the fewest digits otherwise, null for what
// JSON has no number for.
func AppendNumber(out []byte, number float64) []byte {
	if math.IsNaN(number) || math.IsInf(number, 0) {
		return append(out, "null"...)
	}
	if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
		return strconv.AppendInt(out, int64(number), 10)
	}
	if size := math.Abs(number); size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(out, number, 'f', -1, 64)
	}
	out = strconv.AppendFloat(out, number, 'e', -1, 64)
	if n := len(out); n >= 4 && out[n-2] == '0' && (out[n-3] == '-' || out[n-3] == '+') {
		out[n-2] = out[n-1]
		out = out[:n-1]
	}
	return out
}
