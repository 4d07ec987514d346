package enginetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/internal/conformance"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// value makes the value.
func (s ValueSpec) value() value.Value {
	switch {
	case s.Raw != nil:
		return value.Bytes(*s.Raw, "")
	case s.Repeated != nil:
		text, _ := json.Marshal(strings.Repeat(s.Repeated.Text, s.Repeated.Times)) //nolint:errchkjson // a string always marshals
		return value.JSON(text)
	case s.Nested > 0:
		return value.JSON([]byte(strings.Repeat("[", s.Nested) + strings.Repeat("]", s.Nested)))
	case s.JSON == nil:
		return value.Null()
	}
	out := value.JSON(compact(s.JSON))
	for _, pointer := range slices.Sorted(maps.Keys(s.Blobs)) {
		out.Blobs = append(out.Blobs, value.Blob{Pointer: pointer, Bytes: s.Blobs[pointer]})
	}
	return out
}

// compact takes the white space out that makes case.json readable.
func compact(text []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, text) != nil {
		return text
	}
	return out.Bytes()
}

// differs says how a value is not what is wanted, or "".
func (w ValueWant) differs(got value.Value) string {
	if len(w.Either) > 0 {
		var reasons []string
		for _, each := range w.Either {
			reason := each.differs(got)
			if reason == "" {
				return ""
			}
			reasons = append(reasons, reason)
		}
		return strings.Join(reasons, "; or ")
	}
	want := w.value()
	switch {
	case got.IsZero():
		return "there is no value"
	case want.IsRaw() != got.IsRaw():
		return fmt.Sprintf("want %s, got %s", form(want), form(got))
	case want.IsRaw():
		return differBytes(want.Raw, got.Raw)
	case w.Text && !bytes.Equal(want.JSON, got.JSON):
		return fmt.Sprintf("want the text %s, got %s", conformance.Clip(string(want.JSON)), conformance.Clip(string(got.JSON)))
	}
	if reason := differJSON(want.JSON, got.JSON, w.Ordered); reason != "" {
		return reason
	}
	return differBlobs(want.Blobs, got.Blobs)
}

func form(v value.Value) string {
	if v.IsRaw() {
		return fmt.Sprintf("%d raw bytes %q", len(v.Raw), conformance.Clip(string(v.Raw)))
	}
	return "JSON " + conformance.Clip(string(v.JSON))
}

func differBytes(want, got []byte) string {
	if bytes.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("want the bytes %q, got %q", conformance.Clip(string(want)), conformance.Clip(string(got)))
}

func differJSON(want, got []byte, ordered bool) string {
	if bytes.Equal(want, got) {
		return ""
	}
	wanted, err := parse(want)
	if err != nil {
		return "the case is wrong: " + err.Error()
	}
	found, err := parse(got)
	if err != nil {
		return err.Error()
	}
	return differ(wanted, found, ordered, "")
}

func differBlobs(want, got []value.Blob) string {
	byPointer := map[string][]byte{}
	for _, blob := range got {
		byPointer[blob.Pointer] = blob.Bytes
	}
	if len(byPointer) != len(want) {
		return fmt.Sprintf("want %d byte strings inside, got %d at %q", len(want), len(got), slices.Sorted(maps.Keys(byPointer)))
	}
	for _, blob := range want {
		content, found := byPointer[blob.Pointer]
		if !found {
			return fmt.Sprintf("no bytes at %q", blob.Pointer)
		}
		if reason := differBytes(blob.Bytes, content); reason != "" {
			return blob.Pointer + ": " + reason
		}
	}
	return ""
}
