package trigger

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// maxParts bounds the parts of one form; real ones have a few dozen.
const maxParts = 1000

// part is one part of a form.
type part struct {
	data        []byte
	contentType string
	fileName    string
	isFile      bool
}

// setParts reads a form into an object by part name, each part {data, contentType, fileName}. Data is a string where the
// part's content type is a text one or JSON, which is not parsed here, and bytes otherwise; without a content type it is
// text/plain unless the part is a file. FileName is null for a part that is no file. A repeated name gives an array.
func setParts(payload *engine.Payload, boundary string) error {
	if boundary == "" {
		return fault.New(fault.User, fault.Malformed, "the content type %q has no boundary", payload.ContentType)
	}
	names, parts, err := readParts(multipart.NewReader(bytes.NewReader(payload.RawBody), boundary))
	if err != nil {
		return err
	}
	payload.Body = engine.BodyParts
	payload.Parts = object(names, parts)
	return nil
}

// readParts gives the parts by name, names in the order they first came.
func readParts(reader *multipart.Reader) ([]string, map[string][]part, error) {
	var names []string
	parts := make(map[string][]part)
	for range maxParts {
		next, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return names, parts, nil
		}
		if err != nil {
			return nil, nil, malformedForm(err)
		}
		data, err := io.ReadAll(next)
		if err != nil {
			return nil, nil, malformedForm(err)
		}
		name := next.FormName()
		if _, known := parts[name]; !known {
			names = append(names, name)
		}
		parts[name] = append(parts[name], newPart(next, data))
	}
	return nil, nil, fault.New(fault.User, fault.Malformed, "the form has more than %d parts", maxParts)
}

func newPart(read *multipart.Part, data []byte) part {
	made := part{data: data, contentType: read.Header.Get("Content-Type"), fileName: read.FileName()}
	made.isFile = made.fileName != ""
	if made.contentType == "" {
		made.contentType = "text/plain"
		if made.isFile {
			made.contentType = "application/octet-stream"
		}
	}
	return made
}

func malformedForm(err error) error {
	return fault.New(fault.User, fault.Malformed, "the request body is not a valid form: %v", err)
}

// object writes the parts as JSON, bytes as blobs beside it.
func object(names []string, parts map[string][]part) value.Value {
	var made value.Value
	made.JSON = append(made.JSON, '{')
	for i, name := range names {
		if i > 0 {
			made.JSON = append(made.JSON, ',')
		}
		made.JSON = append(value.AppendText(made.JSON, name), ':')
		appendParts(&made, "/"+escapePointer(name), parts[name])
	}
	made.JSON = append(made.JSON, '}')
	return made
}

func appendParts(made *value.Value, pointer string, parts []part) {
	if len(parts) == 1 {
		appendPart(made, pointer, parts[0])
		return
	}
	made.JSON = append(made.JSON, '[')
	for i, one := range parts {
		if i > 0 {
			made.JSON = append(made.JSON, ',')
		}
		appendPart(made, pointer+"/"+strconv.Itoa(i), one)
	}
	made.JSON = append(made.JSON, ']')
}

func appendPart(made *value.Value, pointer string, one part) {
	made.JSON = append(made.JSON, `{"data":`...)
	if text, ok := one.text(); ok {
		made.JSON = value.AppendText(made.JSON, text)
	} else {
		made.JSON = append(made.JSON, "null"...)
		made.Blobs = append(made.Blobs, value.Blob{Pointer: pointer + "/data", Bytes: one.data})
	}
	made.JSON = value.AppendText(append(made.JSON, `,"contentType":`...), one.contentType)
	made.JSON = append(made.JSON, `,"fileName":`...)
	if one.isFile {
		made.JSON = value.AppendText(made.JSON, one.fileName)
	} else {
		made.JSON = append(made.JSON, "null"...)
	}
	made.JSON = append(made.JSON, '}')
}

// text gives the part's data as a string, where it is one.
func (p part) text() (string, bool) {
	kind, parameters := classify(p.contentType)
	if kind != asText && kind != asJSON {
		return "", false
	}
	text, ok := decode(p.data, parameters["charset"])
	return string(text), ok && utf8.Valid(text)
}

// escapePointer writes a name as a segment of a JSON Pointer.
func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
