package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// call is a request as it is written on the command line.
type call struct {
	data    string
	headers []string
	method  string
	query   string
	path    string
}

func (c *call) bind(flags *pflag.FlagSet) {
	flags.StringVarP(&c.data, "data", "d", "", "body: text, @FILE, or - for standard input")
	flags.StringArrayVarP(&c.headers, "header", "H", nil, "header line, as in \"X-Token: abc\"; may be repeated")
	flags.StringVarP(&c.method, "method", "X", "", "HTTP method (POST with a body, else GET)")
	flags.StringVar(&c.query, "query", "", "query of the URL, as in \"a=1&b=2\"")
	flags.StringVar(&c.path, "path", "", "path after the flow's URL")
}

// request makes the request that a server would have read.
func (c *call) request(a *app, to integration.Endpoint, base string) (*integration.Request, error) {
	body, kind, err := c.body(a)
	if err != nil {
		return nil, err
	}
	headers, err := c.header(kind)
	if err != nil {
		return nil, err
	}
	path := to.Path()
	if c.path != "" {
		path += "/" + strings.TrimPrefix(c.path, "/")
	}
	query := strings.TrimPrefix(c.query, "?")
	made := &integration.Request{
		Method: c.methodFor(body), Path: path, RawQuery: query, Headers: headers, Body: body,
		InvokeURL: base + path, RemoteAddr: "127.0.0.1:0", ReceivedAt: time.Now(),
	}
	if query != "" {
		made.InvokeURL += "?" + query
	}
	made.ContentType = made.Header("content-type")
	return made, nil
}

func (c *call) methodFor(body []byte) string {
	switch {
	case c.method != "":
		return strings.ToUpper(c.method)
	case len(body) > 0:
		return "POST"
	}
	return "GET"
}

// body reads --data, and guesses its content type: of a file by its ending, of other text by whether it is JSON, or begins as it.
func (c *call) body(a *app) (body []byte, kind string, err error) {
	switch file, isFile := strings.CutPrefix(c.data, "@"); {
	case isFile:
		if body, err = os.ReadFile(file); err != nil {
			return nil, "", usagef("--data: %w", err)
		}
		kind = contentType(file)
	case c.data == "-":
		if body, err = io.ReadAll(a.stdin); err != nil {
			return nil, "", fmt.Errorf("reading standard input: %w", err)
		}
	default:
		body = []byte(c.data)
	}
	switch {
	case len(body) == 0:
		return nil, "", nil
	case kind != "":
	case json.Valid(body), bytes.HasPrefix(body, []byte("{")), bytes.HasPrefix(body, []byte("[")): // one with a slip is told where
		kind = "application/json"
	case utf8.Valid(body):
		kind = "text/plain; charset=utf-8"
	default:
		kind = "application/octet-stream"
	}
	return body, kind, nil
}

// header gives the headers in lower case, each name once, as ingress does.
func (c *call) header(kind string) ([]hostapi.Header, error) {
	var headers []hostapi.Header
	add := func(name, content string) {
		for i := range headers {
			if headers[i].Name == name {
				headers[i].Value += ", " + content
				return
			}
		}
		headers = append(headers, hostapi.Header{Name: name, Value: content})
	}
	for _, line := range c.headers {
		name, content, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, usagef("--header %q: write a name, a colon and a value", line)
		}
		add(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(content))
	}
	for _, given := range headers {
		if given.Name == "content-type" {
			return headers, nil
		}
	}
	if kind != "" {
		add("content-type", kind)
	}
	return headers, nil
}
