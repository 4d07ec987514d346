package scope

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/redact"
)

// drained is how many bytes of an answer that nobody wants are read, so that its connection can be used again.
const drained = 64 << 10

// carrier makes the requests of one exchange with credentials. It puts them into a copy of each request on its way out, so that
// nothing that a redirect copies, an error tells or code sees of the request ever holds one.
type carrier struct {
	next     http.RoundTripper
	veils    *veils
	loans    []*loan
	body     []byte // of the exchange as code gave it
	repeated bool
	echoes   *redact.Replacer // of what was lent so far; nil: to be made when it is needed
}

// dressed is a request as it is sent.
type dressed struct {
	*http.Request

	query string // before a credential was added to it
}

// RoundTrip implements http.RoundTripper.
func (c *carrier) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := c.dress(request)
	if err != nil {
		return nil, err
	}
	answer, err := c.next.RoundTrip(sent.Request)
	if err == nil && answer.StatusCode == http.StatusUnauthorized && !c.repeated {
		sent, answer, err = c.again(request, sent, answer)
	}
	if err != nil {
		return nil, err
	}
	answer.Request = request
	sent.undress(answer)
	if location := answer.Header.Get("Location"); location != "" {
		answer.Header.Set("Location", string(c.veil([]byte(location))))
	}
	return answer, nil
}

// dress gives the request as it is sent: with the secrets in the place of their handles, then with what the credential adds, which
// may be a signature of all the rest.
func (c *carrier) dress(request *http.Request) (*dressed, error) {
	ctx := request.Context()
	sent := request.Clone(ctx)
	whole := handle.Request{URL: sent.URL, Headers: sent.Header}
	if request.Body != nil && request.Body != http.NoBody {
		whole.Body = c.body
	}
	for _, loan := range c.loans {
		if loan.goesTo(request.URL) {
			loan.handles.Reveal(&whole)
		} else if err := loan.betrayed(request.URL); err != nil {
			return nil, err
		}
	}
	setBody(sent, whole.Body)
	made := &dressed{sent, sent.URL.RawQuery}
	for _, loan := range c.loans {
		if loan.shows && loan.goesTo(request.URL) {
			if err := loan.credential.Add(ctx, sent, whole.Body); err != nil {
				return nil, err
			}
		}
	}
	return made, nil
}

// setBody gives a request a body with a reader of its own; the one that it had holds nothing open.
func setBody(request *http.Request, body []byte) {
	if body == nil {
		return
	}
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	request.Body, _ = request.GetBody()
	request.ContentLength = int64(len(body))
}

// again repeats a request that was not let in once, if there is a newer credential to be had. Otherwise the answer stands.
func (c *carrier) again(request *http.Request, sent *dressed, answer *http.Response) (*dressed, *http.Response, error) {
	renewed, err := c.renew(request)
	if err == nil && !renewed {
		return sent, answer, nil
	}
	_, _ = io.CopyN(io.Discard, answer.Body, drained)
	_ = answer.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	c.repeated = true
	if sent, err = c.dress(request); err != nil {
		return nil, nil, err
	}
	answer, err = c.next.RoundTrip(sent.Request)
	return sent, answer, err
}

// renew asks for newer credentials than those that a request showed.
func (c *carrier) renew(request *http.Request) (renewed bool, err error) {
	for _, loan := range c.loans {
		if !loan.renews || !loan.goesTo(request.URL) {
			continue
		}
		newer, err := loan.credential.Again(request.Context())
		if err != nil {
			return false, err
		}
		if newer != nil {
			loan.lend(newer)
			renewed, c.echoes = true, nil
		}
	}
	return renewed, nil
}

// undress takes what was added to the query off the URL that a redirect leads to: services send on to where they were asked.
// The next request gets it again if it may.
func (d *dressed) undress(answer *http.Response) {
	location, err := url.Parse(answer.Header.Get("Location"))
	if d.query == d.URL.RawQuery || err != nil || location.RawQuery == "" {
		return
	}
	added := pairsOf(d.URL.RawQuery)
	for _, pair := range pairsOf(d.query) {
		if at := slices.Index(added, pair); at >= 0 {
			added = slices.Delete(added, at, at+1)
		}
	}
	if kept := without(location.RawQuery, added); kept != location.RawQuery {
		location.RawQuery = kept
		answer.Header.Set("Location", location.String())
	}
}

// pair is a parameter of a query, decoded.
type pair struct{ name, value string }

func pairsOf(query string) []pair {
	var pairs []pair
	for part := range strings.SplitSeq(query, "&") {
		pairs = append(pairs, pairOf(part))
	}
	return pairs
}

func pairOf(part string) pair {
	name, value, _ := strings.Cut(part, "=")
	return pair{unescaped(name), unescaped(value)}
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// without leaves pairs out of a query and the rest of it as it is.
func without(query string, pairs []pair) string {
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if !slices.Contains(pairs, pairOf(part)) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&")
}
