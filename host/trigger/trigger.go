// Package trigger builds the payload that a flow's trigger gets.
//
// What code sees as body.data follows from the content type, see Payload. The request's own bytes are never changed:
// they are handed on as the raw body beside it.
package trigger

import (
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// Payload makes the payload of a request whose path goes on with fragment after the flow's own. It shares the request's
// slices. Rules for the body, first that fits:
//
//   - empty: none, whatever the content type says
//   - with a content-encoding, as gzip: the bytes as they came
//   - application/json or …+json: the JSON value. Malformed text is a fault of the code Malformed, so is invalid UTF-8
//   - multipart/form-data: an object by part name, see parts. Malformed is a fault of the code Malformed
//   - application/x-www-form-urlencoded, text/…, XML and CSV types: a string
//   - all else, and a body without content type: the bytes
//
// The charset parameter is heeded for JSON and strings: utf-8 (also without one), us-ascii, iso-8859-1, windows-1252 and
// utf-16. Text in another charset, or that is not valid in its own, arrives as bytes: nothing is guessed or lost. A byte
// order mark is left out of the string.
func Payload(request *integration.Request, fragment string) (*engine.Payload, error) {
	payload := &engine.Payload{
		Method:          request.Method,
		PathFragment:    fragment,
		Headers:         request.Headers,
		QueryParameters: query(request.RawQuery),
		RawBody:         request.Body,
		ContentType:     request.ContentType,
	}
	return payload, setBody(payload, request)
}

// Invoked makes the payload of a flow that a sibling started with data. Request carries the headers and, where data can be
// written as bytes, the body, with its content type. Bytes inside of a JSON value stay bytes; there is no raw body then.
func Invoked(request *integration.Request, data value.Value) (*engine.Payload, error) {
	if len(data.Blobs) == 0 {
		return Payload(request, "")
	}
	payload, err := Payload(request, "")
	if err == nil {
		payload.Body, payload.Parts = engine.BodyParts, data
	}
	return payload, err
}
