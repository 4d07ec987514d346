package respond

import (
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

const (
	typeJSON  = "application/json"
	typeText  = "text/plain; charset=utf-8"
	typeBytes = "application/octet-stream"
)

// fixed makes the headers that every answer has, with room for a few more.
func fixed(id integration.ExecutionID) []hostapi.Header {
	return append(make([]hostapi.Header, 0, 6),
		hostapi.Header{Name: ExecutionHeader, Value: id.String()},
		hostapi.Header{Name: "X-Content-Type-Options", Value: "nosniff"})
}

// render makes the response of an answer that code gave, or the fault of code that gave an impossible one.
func render(id integration.ExecutionID, answer integration.Answer) (integration.Response, error) {
	if answer.Status < 200 || answer.Status > 599 {
		return integration.Response{}, fault.New(fault.User, fault.BadResult,
			"the code answered with the status %d; a status is a whole number from 200 to 599", answer.Status)
	}
	said, err := checkHeaders(answer.Headers)
	if err != nil {
		return integration.Response{}, err
	}
	body, contentType := content(answer.Body)
	switch {
	case answer.ContentType != "":
		contentType = answer.ContentType
	case said.contentType != "":
		contentType = said.contentType
	}
	if !validValue(contentType) {
		return integration.Response{}, fault.New(fault.User, fault.BadResult, "the code answered with an impossible content type %q", contentType)
	}
	response := integration.Response{Status: answer.Status, Headers: append(fixed(id), said.headers...), Body: body}
	if bodiless(answer.Status) {
		response.Body = nil
		return response, nil
	}
	response.Headers = append(response.Headers, hostapi.Header{Name: "Content-Type", Value: contentType})
	if isMarkup(contentType) {
		response.Headers = append(response.Headers, hostapi.Header{Name: "Content-Security-Policy", Value: "sandbox"})
	}
	return response, nil
}

// bodiless tells the statuses that HTTP allows no body for.
func bodiless(status int) bool { return status == 204 || status == 205 || status == 304 }

// isMarkup tells what a browser would run scripts of.
func isMarkup(contentType string) bool {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch strings.TrimSpace(mediaType) {
	case "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml":
		return true
	}
	return false
}

// content gives a value's bytes with the content type that fits them: a string as the text that it is, bytes as they
// are, everything else as its JSON. Bytes inside of a JSON value are written as base64 strings.
func content(of value.Value) ([]byte, string) {
	if of.IsRaw() {
		if of.ContentType != "" {
			return of.Raw, of.ContentType
		}
		return of.Raw, typeBytes
	}
	if text, ok := of.AsText(); ok {
		return []byte(text), typeText
	}
	if len(of.Blobs) > 0 {
		return withBlobs(of), typeJSON
	}
	if of.IsZero() {
		return []byte("null"), typeJSON
	}
	return of.JSON, typeJSON
}
