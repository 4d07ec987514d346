// Package native is the table of host functions that the prelude calls.
//
// Arguments and results are of neutral types only, so that any interpreter can carry them: nil, bool, float64, string
// and []byte. Bytes given to a function are the caller's: they may be written only where a function says so.
package native

import (
	"fmt"
	"maps"
)

// Function is one host function. An error becomes a JavaScript error; an *Error chooses its class and code.
type Function func(arguments Arguments) (any, error)

// Table finds functions by name.
type Table map[string]Function

// Error is an error with the class and code that JavaScript code tests.
type Error struct {
	Class   string // name of the constructor, as in "RangeError"
	Code    string // the code property, as in "ERR_INVALID_URL"; empty for none
	Message string
}

func (e *Error) Error() string { return e.Message }

// Fail makes an Error without a code.
func Fail(class, format string, args ...any) *Error {
	return &Error{Class: class, Message: fmt.Sprintf(format, args...)}
}

// Arguments of one call. A missing or ill-typed one reads as the zero value: the prelude checks what users pass.
type Arguments []any

// String gives the text at i.
func (a Arguments) String(i int) string {
	if i < len(a) {
		if text, ok := a[i].(string); ok {
			return text
		}
	}
	return ""
}

// Bytes gives the bytes at i.
func (a Arguments) Bytes(i int) []byte {
	if i < len(a) {
		if raw, ok := a[i].([]byte); ok {
			return raw
		}
	}
	return nil
}

// Number gives the number at i.
func (a Arguments) Number(i int) float64 {
	if i < len(a) {
		if number, ok := a[i].(float64); ok {
			return number
		}
	}
	return 0
}

// Int gives the number at i cut to an integer.
func (a Arguments) Int(i int) int { return int(a.Number(i)) }

// Bool gives the boolean at i.
func (a Arguments) Bool(i int) bool {
	if i < len(a) {
		truth, _ := a[i].(bool)
		return truth
	}
	return false
}

// Functions gives all host functions that need nothing of the run.
func Functions() Table {
	table := Table{}
	for _, part := range []Table{encodingTable(), cryptoTable(), urlTable()} {
		maps.Copy(table, part)
	}
	return table
}
