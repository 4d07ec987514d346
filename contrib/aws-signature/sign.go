package main

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Parts of a signature.
const (
	algorithm = "AWS4-HMAC-SHA256"
	ending    = "aws4_request"
	stamp     = "20060102T150405Z"
	s3        = "s3"
)

// authorize gives the Authorization header of a request that gets more headers.
func authorize(fields connection.Values, request connection.Request, added []hostapi.Header) string {
	time := request.At.UTC().Format(stamp)
	scope := []string{time[:len("20060102")], fields[region], fields[service], ending}
	canonical, signed := canonicalRequest(request, added, fields[service] == s3)
	key := []byte("AWS4" + fields[secretAccessKey])
	for _, part := range scope {
		key = mac(key, part)
	}
	toSign := strings.Join([]string{algorithm, time, strings.Join(scope, "/"), digest([]byte(canonical))}, "\n")
	return fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", algorithm,
		fields[accessKeyID], strings.Join(scope, "/"), signed, hex.EncodeToString(mac(key, toSign)))
}

func mac(key []byte, text string) []byte {
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte(text))
	return sum.Sum(nil)
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// canonicalRequest is the text that stands for a request, and the names of the headers in it.
func canonicalRequest(request connection.Request, added []hostapi.Header, plainPath bool) (text, signed string) {
	host, resource, query := split(request.URL)
	headers := canonicalHeaders(request.Headers, added, host)
	var lines, names []string
	for _, header := range headers {
		lines, names = append(lines, header.Name+":"+header.Value+"\n"), append(names, header.Name)
	}
	signed = strings.Join(names, ";")
	return strings.Join([]string{
		request.Method, canonicalPath(resource, plainPath), canonicalQuery(query), strings.Join(lines, ""), signed, digest(request.Body),
	}, "\n"), signed
}

// split takes a URL apart without changing any of it.
func split(link string) (host, resource, query string) {
	_, rest, _ := strings.Cut(link, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ = strings.Cut(rest, "?")
	host, resource, _ = strings.Cut(rest, "/")
	return host, "/" + resource, query
}

// canonicalPath is the path, which S3 alone takes as it is: other services want it normalized, and encoded once more.
func canonicalPath(resource string, plain bool) string {
	if plain {
		return encode(unescape(resource, url.PathUnescape), true)
	}
	clean := path.Clean(resource)
	if strings.HasSuffix(resource, "/") && clean != "/" {
		clean += "/"
	}
	return encode(clean, true)
}

func canonicalQuery(query string) string {
	var pairs [][2]string
	for pair := range strings.SplitSeq(query, "&") {
		if pair != "" {
			key, value, _ := strings.Cut(pair, "=")
			pairs = append(pairs, [2]string{encode(unescape(key, url.QueryUnescape), false), encode(unescape(value, url.QueryUnescape), false)})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	texts := make([]string, len(pairs))
	for i, pair := range pairs {
		texts[i] = pair[0] + "=" + pair[1]
	}
	return strings.Join(texts, "&")
}

// unescape gives what is encoded wrongly as it is.
func unescape(text string, by func(string) (string, error)) string {
	plain, err := by(text)
	if err != nil {
		return text
	}
	return plain
}

// encode is the encoding of RFC 3986.
func encode(text string, slashes bool) string {
	const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	var out strings.Builder
	for i := range len(text) {
		if strings.IndexByte(unreserved, text[i]) >= 0 || slashes && text[i] == '/' {
			out.WriteByte(text[i])
		} else {
			fmt.Fprintf(&out, "%%%02X", text[i])
		}
	}
	return out.String()
}

// canonicalHeaders are the headers in order of their names, each once. Those that a transport or proxy may change are left out.
func canonicalHeaders(sent, added []hostapi.Header, host string) []hostapi.Header {
	const changing = " accept-encoding authorization connection content-length expect te transfer-encoding upgrade user-agent x-amzn-trace-id "
	byName := map[string][]string{"host": {host}}
	for _, header := range sent {
		if name := strings.ToLower(header.Name); name != "host" && !strings.Contains(changing, " "+name+" ") {
			byName[name] = append(byName[name], strings.Join(strings.Fields(header.Value), " "))
		}
	}
	for _, header := range added {
		byName[strings.ToLower(header.Name)] = []string{header.Value}
	}
	headers := make([]hostapi.Header, 0, len(byName))
	for name, values := range byName {
		headers = append(headers, hostapi.Header{Name: name, Value: strings.Join(values, ",")})
	}
	slices.SortFunc(headers, func(a, b hostapi.Header) int { return cmp.Compare(a.Name, b.Name) })
	return headers
}
