package respond

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"iter"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

// withBlobs writes each blob in the place of the null that stands for it.
func withBlobs(of value.Value) []byte {
	blobs := make(map[string][]byte, len(of.Blobs))
	for _, blob := range of.Blobs {
		blobs[blob.Pointer] = blob.Bytes
	}
	var made []byte
	written := 0
	for pointer, end := range nulls(of.JSON) {
		blob, ok := blobs[pointer]
		if !ok {
			continue
		}
		made = append(made, of.JSON[written:end-len("null")]...)
		made = append(made, '"')
		made = base64.StdEncoding.AppendEncode(made, blob)
		made = append(made, '"')
		written = end
	}
	return append(made, of.JSON[written:]...)
}

// level is where a walk is inside of one array or object.
type level struct {
	object bool
	key    string
	inKey  bool // the next string is a key
	index  int
}

// nulls yields the JSON Pointer of each null of a text with the offset of its end.
func nulls(text []byte) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var path []level
		for {
			token, err := decoder.Token()
			if err != nil {
				return
			}
			if token == nil && !yield(pointer(path), int(decoder.InputOffset())) {
				return
			}
			path = step(path, token)
		}
	}
}

// step moves a walk over one token.
func step(path []level, token json.Token) []level {
	switch token {
	case json.Delim('{'):
		return append(path, level{object: true, inKey: true})
	case json.Delim('['):
		return append(path, level{})
	case json.Delim('}'), json.Delim(']'):
		path = path[:len(path)-1]
	}
	if len(path) == 0 {
		return path
	}
	here := &path[len(path)-1]
	switch {
	case !here.object:
		here.index++
	case here.inKey:
		here.key, _ = token.(string)
		here.inKey = false
	default:
		here.inKey = true
	}
	return path
}

func pointer(path []level) string {
	var made strings.Builder
	for _, at := range path {
		made.WriteByte('/')
		if at.object {
			made.WriteString(strings.NewReplacer("~", "~0", "/", "~1").Replace(at.key))
		} else {
			made.WriteString(strconv.Itoa(at.index))
		}
	}
	return made.String()
}
