package endpoint

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/url"
	"strings"
)

// decode reads a body as what it is, whatever its content type says: a JSON object or, as some older services answer, a form. Of
// members that are there twice the last one counts, for everybody who reads the object later as well.
func decode(body []byte, contentType string) map[string]json.RawMessage {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if bytes.HasPrefix(body, []byte("{")) {
		var object map[string]json.RawMessage
		if json.Unmarshal(body, &object) != nil {
			return nil
		}
		return object
	}
	kind, _, _ := mime.ParseMediaType(contentType)
	if kind != "application/x-www-form-urlencoded" && kind != "text/plain" && kind != "" && kind != "text/html" {
		return nil
	}
	return decodeForm(string(body))
}

// decodeForm takes a text for a form if it has a member that only an answer of a token endpoint has.
func decodeForm(text string) map[string]json.RawMessage {
	if strings.ContainsAny(text, "<\n\r ") {
		return nil
	}
	form, err := url.ParseQuery(text)
	if err != nil || !form.Has("access_token") && !form.Has("error") {
		return nil
	}
	object := make(map[string]json.RawMessage, len(form))
	for key, values := range form {
		text, err := json.Marshal(values[0])
		if err != nil {
			return nil
		}
		object[key] = text
	}
	return object
}

// Text gives a member that is a string; "" if it is none.
func Text(object map[string]json.RawMessage, key string) string {
	var text string
	if json.Unmarshal(object[key], &text) != nil {
		return ""
	}
	return text
}
