// Package client speaks to the operators' API of a Hookstep host.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// Client speaks to one host. Its methods may be called from several goroutines at once. Their errors are an *Error for what the
// host answered, and a *NoAnswer when none did.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a client of the host whose operators' listener is at an address (127.0.0.1:8081) or URL.
func New(address, token string) (*Client, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	base, err := url.Parse(address)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("%q is no address of a host: write it as in 127.0.0.1:8081 or https://hooks-admin.example.com", address)
	}
	base.RawQuery, base.Fragment = "", ""
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's own
	transport.ResponseHeaderTimeout = time.Minute
	client := &http.Client{
		Transport: transport,
		// A redirect would carry the token to where nobody sent it.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{base: strings.TrimSuffix(base.String(), "/") + "/api/v1", token: token, http: client}, nil
}

// Close closes connections that are kept for further calls.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Error is an answer of a host that is not 2xx.
type Error struct {
	Status     int
	Message    string // in the host's words
	Field      string // parameter that is wrong; empty if none is
	Findings   []wire.Finding
	RetryAfter time.Duration // 0 if the host said nothing of it
}

func (e *Error) Error() string { return e.Message }

// NoAnswer says that nothing answered like a host.
type NoAnswer struct {
	Address string // host and port
	Err     error
}

func (n *NoAnswer) Error() string {
	return fmt.Sprintf("no Hookstep answers at %s: %v", n.Address, n.Err)
}

// Unwrap gives the reason.
func (n *NoAnswer) Unwrap() error { return n.Err }

// path joins segments, each as it is, whatever it holds.
func path(segments ...string) string {
	var made strings.Builder
	for _, segment := range segments {
		made.WriteString("/" + url.PathEscape(segment))
	}
	return made.String()
}

// call sends a request and reads the answer into a document; nil for none of either.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	var text []byte
	if raw, ok := body.(json.RawMessage); ok {
		text = raw
	} else if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	response, err := c.send(ctx, method, path, query, text, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if into == nil {
		return nil
	}
	if raw, ok := into.(*json.RawMessage); ok {
		*raw, err = io.ReadAll(response.Body)
		*raw = bytes.TrimSpace(*raw)
		return err
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return &NoAnswer{Address: c.address(), Err: fmt.Errorf("its answer cannot be read: %w", err)}
	}
	return nil
}

// send gives the answer of a host that is 2xx. The caller closes its body.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body []byte, header http.Header) (*http.Response, error) {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &NoAnswer{Address: c.address(), Err: reason(err)}
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		defer response.Body.Close()
		return nil, c.refused(response)
	}
	return response, nil
}

func (c *Client) refused(response *http.Response) error {
	const longest = 64 << 10
	var said wire.Error
	text, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil || json.Unmarshal(text, &said) != nil || said.Error == "" {
		return &NoAnswer{Address: c.address(), Err: fmt.Errorf("what is there answers %s", response.Status)}
	}
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After")) // without one: 0
	return &Error{
		Status: response.StatusCode, Message: said.Error, Field: said.Field, Findings: said.Findings, RetryAfter: time.Duration(seconds) * time.Second,
	}
}

func (c *Client) address() string {
	at, err := url.Parse(c.base)
	if err != nil {
		return c.base
	}
	return at.Host
}

// reason leaves out what the address says already.
func reason(err error) error {
	if wrapped, ok := errors.AsType[*net.OpError](err); ok {
		return wrapped.Err
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
