// Package recording reads recorded webhooks with the answers that they must get.
package recording

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/textproto"
	"path"
	"reflect"
	"strconv"
	"strings"
)

// Recording is a request and its expected answer.
type Recording struct {
	Name   string // sender and file without its ending, as in "shop/order"
	Method string
	Target string // path and query, as in "/hooks/order-intake/receive-order"
	Header http.Header
	Body   []byte
	Want   Answer
}

// Answer is what must come back.
type Answer struct {
	Status int
	Header http.Header // those that must be there; the value "*" stands for any
	Body   []byte      // nil when it does not matter
}

// Any is the header value, or the string in a JSON body, that stands for any other.
const Any = "*"

// ReadAll reads all recordings below a folder in order of their names.
func ReadAll(folder fs.FS) ([]Recording, error) {
	names, err := fs.Glob(folder, "*/*.http")
	if err != nil {
		return nil, err
	}
	var all []Recording
	for _, name := range names {
		recorded, err := Read(folder, strings.TrimSuffix(name, ".http"))
		if err != nil {
			return nil, err
		}
		all = append(all, recorded)
	}
	return all, nil
}

// Read reads one recording by its name.
func Read(folder fs.FS, name string) (Recording, error) {
	request, err := fs.ReadFile(folder, path.Clean(name)+".http")
	if err != nil {
		return Recording{}, err
	}
	answer, err := fs.ReadFile(folder, path.Clean(name)+".expected")
	if err != nil {
		return Recording{}, err
	}
	recorded, err := parse(request, answer)
	if err != nil {
		return Recording{}, fmt.Errorf("%s: %w", name, err)
	}
	recorded.Name = name
	return recorded, nil
}

func parse(request, answer []byte) (Recording, error) {
	line, header, body, err := split(request)
	if err != nil {
		return Recording{}, err
	}
	parts := strings.Fields(line)
	if len(parts) != 3 || !strings.HasPrefix(parts[1], "/") {
		return Recording{}, fmt.Errorf("%q is no request line", line)
	}
	recorded := Recording{Method: parts[0], Target: parts[1], Header: header, Body: body}
	recorded.Want, err = parseAnswer(answer)
	return recorded, err
}

func parseAnswer(text []byte) (Answer, error) {
	line, header, body, err := split(text)
	if err != nil {
		return Answer{}, err
	}
	_, code, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		return Answer{}, fmt.Errorf("%q is no status line", line)
	}
	return Answer{Status: status, Header: header, Body: body}, nil
}

// split gives the first line, the headers and the body; the body is nil without an empty line before it.
func split(text []byte) (line string, header http.Header, body []byte, err error) {
	head, body, found := bytes.Cut(text, []byte("\n\n"))
	if found && body == nil {
		body = []byte{}
	}
	reader := textproto.NewReader(bufio.NewReader(io.MultiReader(bytes.NewReader(head), strings.NewReader("\n\n"))))
	if line, err = reader.ReadLine(); err != nil {
		return "", nil, nil, err
	}
	lines, err := reader.ReadMIMEHeader()
	return line, http.Header(lines), body, err
}

// Request makes the request for a server whose URL is base, as in "http://127.0.0.1:8080".
func (r Recording) Request(ctx context.Context, base string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, strings.TrimSuffix(base, "/")+r.Target, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header = r.Header.Clone()
	request.Host = request.Header.Get("Host")
	request.Header.Del("Host")
	return request, nil
}

// Check compares an answer with the expected one. The error lists every difference.
func (a Answer) Check(status int, header http.Header, body []byte) error {
	var differences []error
	if status != a.Status {
		differences = append(differences, fmt.Errorf("status: want %d, got %d", a.Status, status))
	}
	for name := range a.Header {
		if want, got := a.Header.Get(name), header.Get(name); got != want && (want != Any || got == "") {
			differences = append(differences, fmt.Errorf("header %s: want %q, got %q", name, want, got))
		}
	}
	if a.Body != nil && !a.sameBody(body) {
		differences = append(differences, fmt.Errorf("body:\nwant %q\n got %q", a.Body, body))
	}
	return errors.Join(differences...)
}

func (a Answer) sameBody(body []byte) bool {
	if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
		return bytes.Equal(a.Body, body)
	}
	want, err := decode(a.Body)
	if err != nil {
		return false
	}
	got, err := decode(body)
	return err == nil && same(want, got)
}

func decode(text []byte) (value any, err error) {
	if !json.Valid(text) {
		return nil, errors.New("not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// same compares numbers digit by digit, so that a rounded one is a difference.
func same(want, got any) bool {
	switch wanted := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok || len(object) != len(wanted) {
			return false
		}
		for name, value := range wanted {
			if found, there := object[name]; !there || !same(value, found) {
				return false
			}
		}
		return true
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(wanted) {
			return false
		}
		for i, value := range wanted {
			if !same(value, list[i]) {
				return false
			}
		}
		return true
	case string:
		_, isString := got.(string)
		return wanted == Any && isString || want == got
	}
	return reflect.DeepEqual(want, got)
}
