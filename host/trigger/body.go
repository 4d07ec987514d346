package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// kind is what a content type makes of a body.
type kind int

const (
	asBytes kind = iota
	asJSON
	asText
	asParts
)

// setBody sets what body.data is.
func setBody(payload *engine.Payload, request *integration.Request) error {
	payload.Body = engine.BodyBytes
	if len(request.Body) == 0 {
		payload.Body = engine.BodyNone
		return nil
	}
	if coding := request.Header("content-encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil
	}
	kind, parameters := classify(request.ContentType)
	switch kind {
	case asJSON:
		return setJSON(payload, parameters["charset"])
	case asText:
		setText(payload, parameters["charset"])
	case asParts:
		return setParts(payload, parameters["boundary"])
	case asBytes:
	}
	return nil
}

// classify gives the kind of body of a content type with its parameters. The commonest types are told without parsing.
func classify(contentType string) (kind, map[string]string) {
	switch contentType {
	case "application/json":
		return asJSON, nil
	case "":
		return asBytes, nil
	}
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil && mediaType == "" {
		mediaType = strings.ToLower(strings.TrimSpace(strings.SplitN(contentType, ";", 2)[0]))
	}
	return kindOf(mediaType), parameters
}

func kindOf(mediaType string) kind {
	switch mediaType {
	case "application/json", "text/json":
		return asJSON
	case "multipart/form-data":
		return asParts
	case "application/x-www-form-urlencoded", "application/xml", "application/csv":
		return asText
	}
	switch {
	case strings.HasSuffix(mediaType, "+json"):
		return asJSON
	case strings.HasPrefix(mediaType, "text/"), strings.HasSuffix(mediaType, "+xml"):
		return asText
	}
	return asBytes
}

func setJSON(payload *engine.Payload, charset string) error {
	text, ok := decode(payload.RawBody, charset)
	if !ok || !utf8.Valid(text) {
		return fault.New(fault.User, fault.Malformed, "the request body is not text in the charset that its content type %q names", payload.ContentType)
	}
	if !json.Valid(text) {
		return malformedJSON(text)
	}
	payload.Body = engine.BodyJSON
	if !same(text, payload.RawBody) {
		payload.Body, payload.Parts = engine.BodyParts, value.JSON(text)
	}
	return nil
}

// malformedJSON says where the text stops being JSON.
func malformedJSON(text []byte) error {
	var ignored json.RawMessage
	err := json.Unmarshal(text, &ignored)
	line, column := 1, 1
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		before := text[:min(max(int(syntax.Offset)-1, 0), len(text))]
		line += bytes.Count(before, []byte("\n"))
		column += utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	}
	return fault.New(fault.User, fault.Malformed, "the request body is not valid JSON: line %d, column %d: %v", line, column, err)
}

func setText(payload *engine.Payload, charset string) {
	text, ok := decode(payload.RawBody, charset)
	if !ok || !utf8.Valid(text) {
		return
	}
	payload.Body = engine.BodyText
	if !same(text, payload.RawBody) {
		payload.Body, payload.Parts = engine.BodyParts, value.Text(string(text))
	}
}

// same tells whether decoding left the bytes alone.
func same(text, raw []byte) bool {
	return len(text) == len(raw) && (len(raw) == 0 || &text[0] == &raw[0])
}
