package authserver

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Counts are the requests that reached a server since it started.
type Counts struct {
	Tokens      map[string]int // token requests by their grant_type
	Revocations int
}

// front stands between an authorization server and its clients.
type front struct {
	proxy       *httputil.ReverseProxy
	token       string // path
	revoke      string // path
	lock        sync.Mutex
	tokens      map[string]int
	revocations int
	losing      int
	refusing    int
	refusal     http.HandlerFunc
}

func newFront(address, token, revoke string) *front {
	return &front{
		proxy: &httputil.ReverseProxy{Transport: onceOnly(), Rewrite: func(request *httputil.ProxyRequest) {
			request.Out.URL.Scheme, request.Out.URL.Host = "http", address
			request.Out.Host = request.In.Host // the server makes its URLs of it
		}},
		token: pathOf(token), revoke: pathOf(revoke), tokens: map[string]int{},
	}
}

func pathOf(text string) string {
	parsed, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return parsed.Path
}

// Counts gives the requests until now.
func (s *Server) Counts() Counts {
	s.front.lock.Lock()
	defer s.front.lock.Unlock()
	return Counts{Tokens: maps.Clone(s.front.tokens), Revocations: s.front.revocations}
}

// Lose has the answers to the next count token requests lost on their way: the server has acted, and the connection breaks.
func (s *Server) Lose(count int) {
	s.front.lock.Lock()
	defer s.front.lock.Unlock()
	s.front.losing = count
}

// Refuse has the next count token requests answered by answer, without reaching the server; below zero: all from now on.
func (s *Server) Refuse(count int, answer http.HandlerFunc) {
	s.front.lock.Lock()
	defer s.front.lock.Unlock()
	s.front.refusing, s.front.refusal = count, answer
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost && r.URL.Path == f.token:
		f.serveToken(w, r)
	case r.Method == http.MethodPost && r.URL.Path == f.revoke:
		f.lock.Lock()
		f.revocations++
		f.lock.Unlock()
		f.proxy.ServeHTTP(w, r)
	default:
		f.proxy.ServeHTTP(w, r)
	}
}

func (f *front) serveToken(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	if err != nil {
		form = nil
	}
	refusal, lose := f.count(form.Get("grant_type"))
	switch {
	case refusal != nil:
		refusal(w, r)
	case lose:
		f.proxy.ServeHTTP(&sink{header: http.Header{}}, r)
		hangUp(w)
	default:
		f.proxy.ServeHTTP(w, r)
	}
}

// hangUp breaks the connection in place of an answer.
func hangUp(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		connection.Close()
	}
}

func (f *front) count(grant string) (refusal http.HandlerFunc, lose bool) {
	f.lock.Lock()
	defer f.lock.Unlock()
	f.tokens[grant]++
	if f.refusing != 0 {
		f.refusing--
		return f.refusal, false
	}
	if f.losing > 0 {
		f.losing--
		return nil, true
	}
	return nil, false
}

// sink takes an answer that nobody gets.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header            { return s.header }
func (s *sink) Write(text []byte) (int, error) { return len(text), nil }
func (s *sink) WriteHeader(int)                {}
