// Package endpoint asks an authorization server, which may answer anything.
//
// What it sends goes to the one address that it is given: no redirect is followed and no proxy used. Every failure is a fault whose
// code tells whether trying again helps, and whose words hold nothing of what was sent.
package endpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/veil"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Limit is the time that an exchange may take as a whole, unless the caller has less. It is less than what hosts wait for a provider, so
// that they are told which server did not answer.
const Limit = 15 * time.Second

const (
	connectTime = 10 * time.Second
	bodyLimit   = 1 << 20
	headerLimit = 64 << 10
	agent       = "hookstep"
)

// Client asks. It may be used by several goroutines.
type Client struct {
	http  *http.Client
	limit time.Duration
}

// New makes a client whose exchanges take at most limit.
func New(limit time.Duration) *Client {
	return &Client{limit: limit, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: connectTime}).DialContext,
			TLSHandshakeTimeout: connectTime, MaxResponseHeaderBytes: headerLimit, ForceAttemptHTTP2: true,
			// Requests are rare, and one that goes out on a connection which the server is closing could be a refresh token lost.
			DisableKeepAlives: true,
		},
	}}
}

// Call is one request.
type Call struct {
	Name    string // what is asked, as in "the token endpoint"
	URL     string
	Form    url.Values        // the body
	JSON    bool              // the body is a JSON object in place of a form
	Basic   *url.Userinfo     // sent as RFC 6749 section 2.3.1 has it
	Headers []connection.Pair // take the place of those that would be sent otherwise
	Secrets []string          // what no error may tell
	// Forgives are codes of refusals that are as good as success.
	Forgives []string
}

// Answer is what a server said.
type Answer struct {
	Status int
	Object map[string]json.RawMessage // the members of its JSON object, or of its form as strings; nil if it is neither
	Said   string                     // "the token endpoint at auth.example.com answered 200 with an HTML page"
	SentAt time.Time                  // just before the request went out: whatever the answer's life is counted from, it is not later
}

// Post sends a form. Of an answer that is neither a success nor a refusal in words of OAuth it gives a fault as well.
func (c *Client) Post(ctx context.Context, call Call) (Answer, error) {
	request, err := call.request(ctx)
	if err != nil {
		return Answer{}, err
	}
	asked := call.inquiry(request)
	answer, err := c.read(ctx, request, asked)
	if err != nil {
		return Answer{}, err
	}
	if found, refused := refusalOf(answer); refused && slices.Contains(call.Forgives, found.code) {
		return asked.answer(answer), nil
	}
	return asked.answer(answer), asked.judge(answer)
}

// Get reads a JSON document. A status that is none of success comes as an Answer, not as an error.
func (c *Client) Get(ctx context.Context, name, address string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Answer{}, misconfigured("%s has no URL that can be asked", name)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", agent)
	asked := inquiry{name: name, host: request.URL.Host}
	answer, err := c.read(ctx, request, asked)
	if err != nil {
		return Answer{}, err
	}
	return asked.answer(answer), asked.temporary(answer)
}

// reply is an answer as it came.
type reply struct {
	status int
	header http.Header
	body   []byte
	whole  bool // it fits into the limit
	object map[string]json.RawMessage
	sentAt time.Time
}

func (c *Client) read(ctx context.Context, request *http.Request, asked inquiry) (reply, error) {
	limited, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	sentAt := time.Now()
	answer, err := c.http.Do(request.WithContext(limited))
	if err != nil {
		return reply{}, asked.broken(ctx, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, bodyLimit+1))
	got := reply{status: answer.StatusCode, header: answer.Header, body: body, whole: len(body) <= bodyLimit, sentAt: sentAt}
	if err != nil && got.status < http.StatusMultipleChoices {
		return reply{}, asked.broken(ctx, err)
	}
	if got.whole {
		got.object = decode(body, answer.Header.Get("Content-Type"))
	}
	return got, nil
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	body, kind, err := c.body()
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return nil, misconfigured("%s has no URL that can be asked", c.Name)
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", agent)
	if c.Basic != nil {
		password, _ := c.Basic.Password()
		request.SetBasicAuth(url.QueryEscape(c.Basic.Username()), url.QueryEscape(password))
	}
	for _, header := range c.Headers {
		request.Header.Set(header.Key, header.Value)
	}
	request.Header.Set("Content-Type", kind)
	return request, nil
}

func (c Call) body() (body []byte, kind string, err error) {
	if !c.JSON {
		return []byte(c.Form.Encode()), "application/x-www-form-urlencoded", nil
	}
	object := make(map[string]string, len(c.Form))
	for key := range c.Form {
		object[key] = c.Form.Get(key)
	}
	body, err = json.Marshal(object)
	return body, "application/json", err
}

func (q inquiry) answer(got reply) Answer {
	return Answer{Status: got.status, Object: got.object, Said: q.said(got), SentAt: got.sentAt}
}

// inquiry is what answers are told about with.
type inquiry struct {
	name string
	host string
	veil veil.Veil
}

func (c Call) inquiry(request *http.Request) inquiry {
	secrets := append([]string{}, c.Secrets...)
	if credential, found := request.Header["Authorization"]; found {
		secrets = append(secrets, credential...)
	}
	for _, header := range c.Headers {
		secrets = append(secrets, header.Value)
	}
	return inquiry{name: c.Name, host: request.URL.Host, veil: veil.New(secrets...)}
}
