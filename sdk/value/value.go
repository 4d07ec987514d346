// Package value defines what user code takes and returns: JSON text that nobody in between decodes, or raw bytes.
package value

// Value is one value on its way between code and host. Exactly one of two forms:
//
//   - JSON: JSON holds one complete JSON text in UTF-8. Numbers keep every digit, lone surrogates stay \ud800 escapes,
//     object members keep their order. Blobs names the places where bytes stand in the tree; the text has null there.
//   - Raw: JSON is nil; Raw is the bytes (may be empty, then it is non-nil), ContentType their MIME type or "".
//
// The zero Value is absent: no value at all, which is not null. Slices are shared, not copied: do not change them.
type Value struct {
	JSON        []byte
	Blobs       []Blob
	Raw         []byte
	ContentType string
}

// Blob is a byte string inside a JSON tree.
type Blob struct {
	Pointer string // JSON Pointer (RFC 6901) of the null that stands for it
	Bytes   []byte
}

// JSON makes a value of one JSON text.
func JSON(text []byte) Value { return Value{JSON: text} }

// Bytes makes a raw value; nil becomes empty.
func Bytes(raw []byte, contentType string) Value {
	if raw == nil {
		raw = []byte{}
	}
	return Value{Raw: raw, ContentType: contentType}
}

// Null is JSON null.
func Null() Value { return Value{JSON: []byte("null")} }

// IsRaw tells raw bytes from JSON.
func (v Value) IsRaw() bool { return v.JSON == nil && v.Raw != nil }

// IsZero tells that there is no value at all.
func (v Value) IsZero() bool { return v.JSON == nil && v.Raw == nil }

// Size is the number of content bytes, blobs included.
func (v Value) Size() int {
	size := len(v.JSON) + len(v.Raw)
	for _, blob := range v.Blobs {
		size += len(blob.Bytes)
	}
	return size
}
