package trigger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// MostKeyBytes is the length of the longest text that Lookup gives.
const MostKeyBytes = 255

// Lookup gives what a reference points at in the results of a trigger's code, as a text that is equal for equal values: a string as it
// is, a number as it is written, true and false, an object or array as compact JSON. In place of bytes, of a text longer than
// MostKeyBytes, and of one with a NUL in it, there is a digest. Found is false if there is no such value, or it is null or the
// empty string. Names of headers are looked for in any case.
//
// What no value means is for each use to say: an execution without one has no duplicates and ends no repeats of others; in a
// queue by key, all those without one share a lane.
func Lookup(reference integration.Reference, results value.Value) (text string, found bool) {
	return lookup(reference.Path, results)
}

// LookupPayload does what Lookup does for a flow without trigger code, whose results are the payload as it came.
func LookupPayload(reference integration.Reference, payload *engine.Payload) (text string, found bool) {
	path := reference.Path
	if name, is := reference.Header(); is {
		return header(payload, name)
	}
	switch path[0].Name {
	case "queryParameters":
		return lookup(path[1:], value.JSON(payload.QueryParameters))
	case "pathFragment":
		return ofText(path[1:], payload.PathFragment)
	case "method":
		return ofText(path[1:], payload.Method)
	case "body":
		return ofBody(path[1:], payload)
	}
	return "", false
}

func header(payload *engine.Payload, name string) (string, bool) {
	for _, one := range payload.Headers {
		if one.Name == name {
			return ofText(nil, one.Value)
		}
	}
	return "", false
}

func ofBody(path []integration.Part, payload *engine.Payload) (string, bool) {
	switch {
	case len(path) == 0:
		return "", false
	case path[0].Name == "contentType":
		return ofText(path[1:], payload.ContentType)
	case path[0].Name != "data":
		return "", false
	}
	switch payload.Body {
	case engine.BodyJSON:
		return lookup(path[1:], value.JSON(payload.RawBody))
	case engine.BodyText:
		return ofText(path[1:], string(payload.RawBody))
	case engine.BodyBytes:
		return lookup(path[1:], value.Bytes(payload.RawBody, ""))
	case engine.BodyParts:
		return lookup(path[1:], payload.Parts)
	case engine.BodyNone:
	}
	return "", false
}

// ofText gives a text that nothing is in.
func ofText(path []integration.Part, text string) (string, bool) {
	if len(path) > 0 || text == "" {
		return "", false
	}
	if len(text) > MostKeyBytes || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return digest([]byte(text)), true
	}
	return text, true
}

func digest(parts ...[]byte) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		sum.Write([]byte{' '})
		sum.Write(part)
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil))
}

func lookup(path []integration.Part, in value.Value) (string, bool) {
	if in.JSON == nil {
		if len(path) > 0 || len(in.Raw) == 0 {
			return "", false
		}
		return digest(in.Raw), true
	}
	at, pointer := walk(path, in.JSON)
	if blobs := below(in.Blobs, pointer); at != nil && blobs != nil {
		return withBytes(at, blobs), true
	}
	return textOf(at)
}

// textOf gives the canonical text of one JSON value.
func textOf(found []byte) (string, bool) {
	if len(found) == 0 || string(found) == "null" {
		return "", false
	}
	switch found[0] {
	case '"':
		var text string
		if json.Unmarshal(found, &text) != nil {
			return "", false
		}
		return ofText(nil, text)
	case '{', '[':
		return ofText(nil, string(compact(found)))
	}
	return ofText(nil, string(found))
}

func compact(text []byte) []byte {
	var short bytes.Buffer
	if json.Compact(&short, text) != nil {
		return text
	}
	return short.Bytes()
}

// below gives the bytes that stand at a pointer or deeper.
func below(blobs []value.Blob, pointer string) []value.Blob {
	var found []value.Blob
	for _, blob := range blobs {
		if rest, ok := strings.CutPrefix(blob.Pointer, pointer); ok && (rest == "" || rest[0] == '/') {
			found = append(found, blob)
		}
	}
	return found
}

// withBytes gives the digest of a value with bytes in it.
func withBytes(at []byte, blobs []value.Blob) string {
	if string(at) == "null" {
		return digest(blobs[0].Bytes)
	}
	parts := [][]byte{compact(at)}
	for _, blob := range blobs {
		parts = append(parts, []byte(blob.Pointer), blob.Bytes)
	}
	return digest(parts...)
}
