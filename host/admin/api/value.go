package api

import (
	"encoding/json"
	"mime"
	"strings"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// longest is how many bytes of one value a short answer has.
const longest = 64 << 10

// values shows values of code, all of them or only those that are not too long.
type values struct{ full bool }

// value is nil for an absent one.
func (v values) value(of value.Value) *wire.Value {
	made := &wire.Value{Size: of.Size(), ContentType: of.ContentType}
	switch {
	case of.IsZero():
		return nil
	case made.Size > longest && !v.full:
		made.Cut = true
	case of.IsRaw():
		made.Base64 = of.Raw
	case jsonOrNil(of.JSON) == nil:
		made.Base64 = of.JSON
	default:
		made.JSON = of.JSON
		for _, blob := range of.Blobs {
			made.Blobs = append(made.Blobs, wire.Blob{Pointer: blob.Pointer, Base64: blob.Bytes})
		}
	}
	return made
}

// body shows the body of a request, nil without one: JSON as JSON, all else as bytes.
func (v values) body(body []byte, contentType string) *wire.Value {
	if len(body) == 0 {
		return nil
	}
	as := value.Bytes(body, contentType)
	if isJSONType(contentType) && jsonOrNil(body) != nil {
		as = value.Value{JSON: body, ContentType: contentType}
	}
	return v.value(as)
}

func isJSONType(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == typeJSON || strings.HasSuffix(kind, "+json"))
}

// jsonOrNil gives the text if it can stand in a document.
func jsonOrNil(text []byte) json.RawMessage {
	if len(text) == 0 || !json.Valid(text) || !utf8.Valid(text) {
		return nil
	}
	return text
}

// withoutCredentials shows headers, but of those that may say who the caller is only that they were there.
func withoutCredentials(headers []hostapi.Header) []wire.Header {
	made := make([]wire.Header, len(headers))
	for i, header := range headers {
		made[i] = wire.Header{Name: header.Name, Value: header.Value}
		if redact.IsCredential(header.Name) {
			made[i].Value = redact.Hidden
		}
	}
	return made
}
