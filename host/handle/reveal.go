package handle

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"mime"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func plain(secret string) string { return secret }

// Request is what may hold handles.
type Request struct {
	URL     *url.URL
	Headers map[string][]string // by canonical names
	Body    []byte
}

// Find gives the handles, known or not, that stand in a request: in its URL before and behind the host, in its headers' values, also
// inside of Basic credentials, and in its body.
func (r *Request) Find() []string {
	text := []byte(r.URL.User.String() + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery)
	for _, values := range r.Headers {
		for _, value := range values {
			text = append(append(text, '\n'), value...)
			if _, inner, ok := basic(value); ok {
				text = append(append(text, '\n'), inner...)
			}
		}
	}
	found := Find(text)
	for _, one := range Find(r.Body) {
		if !slices.Contains(found, one) {
			found = append(found, one)
		}
	}
	return found
}

// Reveal puts the secrets in the place of their handles, each in the form that its surroundings need. URL and Headers are changed,
// Body is replaced by another one.
func (s Set) Reveal(request *Request) {
	s.revealURL(request.URL)
	kind := ""
	for name, values := range request.Headers {
		if name == "Content-Type" && len(values) > 0 {
			kind = values[0]
		}
		for i, value := range values {
			values[i] = s.header(value)
		}
	}
	request.Body = s.replace(request.Body, escaping(kind, request.Body))
}

func (s Set) revealURL(target *url.URL) {
	target.RawQuery = string(s.replace([]byte(target.RawQuery), url.QueryEscape))
	before := target.EscapedPath()
	after := string(s.replace([]byte(before), url.PathEscape))
	if after == before {
		return
	}
	if decoded, err := url.PathUnescape(after); err == nil {
		target.Path, target.RawPath = decoded, after
	}
}

func (s Set) header(value string) string {
	if scheme, inner, ok := basic(value); ok {
		if revealed := s.replace(inner, plain); !bytes.Equal(revealed, inner) {
			return scheme + " " + base64.StdEncoding.EncodeToString(revealed)
		}
		return value
	}
	return string(s.replace([]byte(value), plain))
}

// basic takes the credentials of HTTP's Basic scheme apart.
func basic(value string) (scheme string, inner []byte, ok bool) {
	scheme, text, found := strings.Cut(value, " ")
	if !found || !strings.EqualFold(scheme, "basic") {
		return "", nil, false
	}
	inner, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(strings.TrimSpace(text), "="))
	return scheme, inner, err == nil
}

// escaping gives the form that a secret has in a body. A text without a type of its own that is JSON is taken for it: that is what
// fetch sends of JSON.stringify unless code sets a header.
func escaping(contentType string, body []byte) func(string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = ""
	}
	switch {
	case strings.Contains(kind, "json"), (kind == "" || kind == "text/plain") && next(body) >= 0 && json.Valid(body):
		return jsonEscape
	case kind == "application/x-www-form-urlencoded":
		return url.QueryEscape
	case strings.HasSuffix(kind, "xml"):
		return xmlEscape
	}
	return plain
}

// jsonEscape gives a text as it stands between the quotes of a JSON string.
func jsonEscape(text string) string {
	quoted := document.AppendQuoted(nil, text)
	return string(quoted[1 : len(quoted)-1])
}

func xmlEscape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // into memory: there is nothing that could go wrong
	return out.String()
}
