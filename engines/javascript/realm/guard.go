package realm

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/engines/javascript/native"
	"github.com/hookstep-dev/hookstep/engines/javascript/pattern"
	"github.com/hookstep-dev/hookstep/engines/javascript/source"
)

// The bounds of native operations, chosen so that each takes well below the half second that an execution has between
// its deadline and the end of its process.
const (
	maxString  = 1 << 28                // characters of a string
	maxList    = 1 << 24                // items that a method of arrays goes through, missing ones included
	maxArray   = 1 << 25                // length of new Array(length)
	maxBytes   = 1 << 28                // bytes of one buffer
	maxBits    = 1 << 20                // of a BigInt
	maxDigits  = 1 << 17                // of a text that becomes a BigInt
	maxSource  = 1 << 19                // bytes of the text of one eval or Function
	maxPattern = 350 * time.Millisecond // for one use of a regular expression
)

func (r *Realm) rangeErrorf(format string, args ...any) {
	r.throw(native.Fail("RangeError", format, args...))
}

// guardFunction gives the functions of source's guards; nil for another name.
func (r *Realm) guardFunction(name string) goja.Value {
	var guard builtin
	switch name {
	case source.GuardSource:
		guard = r.guardSource
	case source.GuardLength:
		guard = r.guardNumber(maxArray, 1, "Invalid array length")
	case source.GuardBytes:
		guard = r.guardNumber(maxBytes, 1, "Array buffer allocation failed")
	case source.GuardPattern:
		guard = r.guardPattern
	case source.GuardDigits:
		guard = r.guardDigits
	case source.GuardMultiply:
		guard = r.operator("return a * b", func(a, b *big.Int) bool { return a.BitLen()+b.BitLen() <= maxBits })
	case source.GuardPower:
		guard = r.operator("return a ** b", func(a, b *big.Int) bool {
			return a.BitLen() <= 1 || b.IsInt64() && b.Int64() <= maxBits && int64(a.BitLen())*b.Int64() <= maxBits
		})
	case source.GuardShift:
		guard = r.operator("return a << b", func(a, b *big.Int) bool {
			return b.IsInt64() && b.Int64()+int64(a.BitLen()) <= maxBits
		})
	default:
		return nil
	}
	return r.runtime.ToValue(guard)
}

func (r *Realm) guardSource(call goja.FunctionCall) goja.Value {
	text, ok := call.Argument(0).(goja.String)
	if ok && (text.Length() > maxSource || source.TooDeep(text.String())) {
		r.rangeErrorf("the source text is too long or nests too deep to be compiled at run time")
	}
	return call.Argument(0)
}

// guardPattern gives the arguments of RegExp as an array.
func (r *Realm) guardPattern(call goja.FunctionCall) goja.Value {
	arguments := make([]any, len(call.Arguments))
	for i, argument := range call.Arguments {
		arguments[i] = argument
	}
	text, ok := call.Argument(0).(goja.String)
	flags, withFlags := call.Argument(1).(goja.String)
	if ok && withFlags {
		expanded, err := pattern.Expand(text.String(), flags.String())
		if err != nil {
			r.throw(native.Fail("SyntaxError", "%s", upperFirst(err.Error())))
		}
		arguments[0] = expanded
	}
	return r.runtime.NewArray(arguments...)
}

func (r *Realm) guardNumber(most, size float64, message string) builtin {
	return func(call goja.FunctionCall) goja.Value {
		v := call.Argument(0)
		if len(call.Arguments) > 1 {
			size = call.Argument(1).ToFloat()
		}
		if goja.IsNumber(v) && v.ToFloat()*size > most {
			r.rangeErrorf("%s", message)
		}
		return v
	}
}

func (r *Realm) guardDigits(call goja.FunctionCall) goja.Value {
	if text, ok := call.Argument(0).(goja.String); ok && text.Length() > maxDigits {
		r.rangeErrorf("Maximum BigInt size exceeded")
	}
	return call.Argument(0)
}

// operator does the work of a binary operator, between BigInts only when allowed says so.
func (r *Realm) operator(body string, allowed func(a, b *big.Int) bool) builtin {
	plain, err := r.runtime.RunString("(function (a, b) { " + body + " })")
	if err != nil {
		r.throw(err)
	}
	operate, _ := goja.AssertFunction(plain)
	return func(call goja.FunctionCall) goja.Value {
		a, aBig := call.Argument(0).Export().(*big.Int)
		b, bBig := call.Argument(1).Export().(*big.Int)
		if aBig && bBig && !allowed(a, b) {
			r.rangeErrorf("Maximum BigInt size exceeded")
		}
		result, err := operate(goja.Undefined(), call.Argument(0), call.Argument(1))
		if err != nil {
			r.throw(err)
		}
		return result
	}
}

// boundedLength keeps what repeat, padStart and padEnd make below maxString.
func boundedLength(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		length, count := call.This.String(), call.Argument(0).ToFloat()
		if count*math.Max(1, float64(len(length))) > maxString && (len(length) > 0 || len(call.Arguments) > 1) {
			r.rangeErrorf("Invalid string length")
		}
		return original(call)
	}
}

// repeated makes long repetitions itself: the interpreter copies them piece by piece.
func repeated(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		text, ok := call.This.(goja.String)
		count := call.Argument(0).ToFloat()
		if !ok || !(count >= 1) || float64(text.Length())*count < 1<<16 || strings.ContainsRune(text.String(), utf8.RuneError) {
			return original(call)
		}
		return r.runtime.ToValue(strings.Repeat(text.String(), int(count)))
	}
}

// boundedText refuses texts longer than most characters.
func boundedText(most int) func(*Realm, builtin) builtin {
	return func(r *Realm, original builtin) builtin {
		return func(call goja.FunctionCall) goja.Value {
			if text, ok := call.This.(goja.String); ok && text.Length() > most {
				r.rangeErrorf("the string is too long for this method: %d characters, at most %d", text.Length(), most)
			}
			return original(call)
		}
	}
}

// boundedReplace refuses long texts, and replacements that repeat the rest of a text at each match.
func boundedReplace(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		text, ok := call.This.(goja.String)
		replacement, isText := call.Argument(1).(goja.String)
		if !ok {
			return original(call)
		}
		length := text.Length()
		most := 1 << 23
		if isText && strings.ContainsAny(replacement.String(), "'`") && strings.Contains(replacement.String(), "$") {
			most = 1 << 14
		}
		if length > most || isText && float64(length)*float64(replacement.Length()) > maxString {
			r.rangeErrorf("Invalid string length")
		}
		return original(call)
	}
}

// boundedList refuses lists that are longer than a native loop may be.
func boundedList(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		r.checkList(call.This)
		for _, argument := range call.Arguments {
			if list, ok := argument.(*goja.Object); ok && list.ClassName() == "Array" {
				r.checkList(list)
			}
		}
		return original(call)
	}
}

func (r *Realm) checkList(v goja.Value) {
	list, ok := v.(*goja.Object)
	if !ok {
		return
	}
	if length := list.Get("length"); length != nil && goja.IsNumber(length) && length.ToFloat() > maxList {
		r.rangeErrorf("Invalid array length: %s items, at most %d here", length, maxList)
	}
}

func boundedArgument(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		if object, ok := call.Argument(0).(*goja.Object); ok && object.ClassName() == "Array" {
			r.checkList(object)
		}
		return original(call)
	}
}

func boundedArgumentText(most int) func(*Realm, builtin) builtin {
	return func(_ *Realm, original builtin) builtin {
		return func(call goja.FunctionCall) goja.Value {
			if text, ok := call.Argument(0).(goja.String); ok && text.Length() > most {
				return goja.NaN()
			}
			return original(call)
		}
	}
}

// otherPrototype refuses that an object becomes its own prototype, which the interpreter overlooks with proxies and
// then follows without end.
func otherPrototype(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		if object, ok := call.Argument(0).(*goja.Object); ok && object.SameAs(call.Argument(1)) {
			r.throw(native.Fail("TypeError", "Cyclic __proto__ value"))
		}
		return original(call)
	}
}

// timed turns a match that ran into the matcher's own time limit, which looks like no match, into an error. The matcher's
// clock can be late, so that the limit can come early: no match after half of it is not believed. All methods of strings
// and patterns come here, because the interpreter calls an exec that is not its own.
func timed(r *Realm, original builtin) builtin {
	return func(call goja.FunctionCall) goja.Value {
		started := time.Now()
		result := original(call)
		if time.Since(started) >= maxPattern/2 && !result.ToBoolean() {
			r.throw(fmt.Errorf("a regular expression took longer than %s: it backtracks; make it simpler or the text shorter", maxPattern))
		}
		return result
	}
}

// installParse puts the engine's decoder in the place of JSON.parse: it is faster and bounds nesting. A reviver is
// left to the original.
func (r *Realm) installParse() error {
	json := r.holder("JSON")
	original, ok := json.Get("parse").Export().(builtin)
	if !ok {
		return nil
	}
	parse := func(call goja.FunctionCall) goja.Value {
		text := call.Argument(0).String()
		parsed, err := codec.DecodeString(r.runtime, text)
		if err != nil {
			r.throw(native.Fail("SyntaxError", "%s", upperFirst(err.Error())))
		}
		if _, ok := goja.AssertFunction(call.Argument(1)); ok {
			return original(call)
		}
		return parsed
	}
	return json.DefineDataProperty("parse", r.named("parse", parse), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

func upperFirst(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
