package scope

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// drained is how many bytes of an answer that nobody wants are read, so that its connection can be used again.
const drained = 64 << 10

// carrier makes the requests of one exchange with a credential. It puts it into a copy of each request on its way out, so that
// nothing that a redirect copies, an error tells or code sees of the request ever holds it.
type carrier struct {
	next     http.RoundTripper
	loan     *loan
	body     []byte // of the exchange as code gave it
	repeated bool
}

// RoundTrip implements http.RoundTripper.
func (c *carrier) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := c.dress(request)
	if err != nil {
		return nil, err
	}
	answer, err := c.next.RoundTrip(sent)
	if err == nil && answer.StatusCode == http.StatusUnauthorized && c.loan.goesTo(request.URL) && !c.repeated {
		sent, answer, err = c.again(request, sent, answer)
	}
	if err != nil {
		return nil, err
	}
	answer.Request = request
	undress(answer, request.URL, sent.URL)
	return answer, nil
}

// dress gives the request as it is sent. Its body has a reader of its own; the one of the request holds nothing open.
func (c *carrier) dress(request *http.Request) (*http.Request, error) {
	ctx := request.Context()
	sent := request.Clone(ctx)
	var body []byte
	if request.Body != nil && request.Body != http.NoBody {
		body = c.body
		sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		sent.Body, _ = sent.GetBody()
		sent.ContentLength = int64(len(body))
	}
	if !c.loan.goesTo(request.URL) {
		return sent, c.loan.betrayed(request.URL)
	}
	return sent, c.loan.credential.Add(ctx, sent, body)
}

// again repeats a request that was not let in once, if there is a newer credential to be had. Otherwise the answer stands.
func (c *carrier) again(request, sent *http.Request, answer *http.Response) (*http.Request, *http.Response, error) {
	c.repeated = true
	newer, err := c.loan.credential.Again(request.Context())
	if newer == nil && err == nil {
		return sent, answer, nil
	}
	_, _ = io.CopyN(io.Discard, answer.Body, drained)
	_ = answer.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	c.loan.credential = newer
	if sent, err = c.dress(request); err != nil {
		return nil, nil, err
	}
	answer, err = c.next.RoundTrip(sent)
	return sent, answer, err
}

// undress takes what was added to the query off the URL that a redirect leads to: services send on to where they were asked.
// The next request gets it again if it may.
func undress(answer *http.Response, asked, sent *url.URL) {
	location, err := url.Parse(answer.Header.Get("Location"))
	if asked.RawQuery == sent.RawQuery || err != nil || location.RawQuery == "" {
		return
	}
	added := pairsOf(sent.RawQuery)
	for _, pair := range pairsOf(asked.RawQuery) {
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
