package connectiontest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// standin is an authorization server on loopback. It holds a provider to RFC 6749 and 7636, and answers its token endpoint in
// whatever way a case wants.
type standin struct {
	url     string
	client  string // the client id that it knows; empty takes any
	secret  string
	secrets *secrets
	server  *http.Server

	mu      sync.Mutex
	manner  http.HandlerFunc  // in place of the token endpoint; nil for none
	codes   map[string]grant  // not used yet
	renewal map[string]string // label by refresh token that is still good
	revoked map[string]bool   // tokens
	asked   []string          // grant types, in order
	wrong   []string          // what the provider did wrong, in words
	omit    bool              // an answer to a refresh leaves out what has not changed
}

// grant is what a person has agreed to.
type grant struct{ redirect, challenge string }

func newStandin(ctx context.Context, canaries *secrets) (*standin, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &standin{
		url: "http://" + listener.Addr().String(), secrets: canaries,
		codes: map[string]grant{}, renewal: map[string]string{}, revoked: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /revoke", s.revoke)
	mux.HandleFunc("/", s.nothing)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// nothing is what stands at any other address. Metadata may be looked for.
func (s *standin) nothing(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/.well-known/") {
		s.complainf("it asks for %s %s", r.Method, r.URL.Path)
	}
	http.NotFound(w, r)
}

func (s *standin) close() { _ = s.server.Close() }

func (s *standin) complainf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// complaints are what the provider did wrong so far.
func (s *standin) complaints() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.wrong, "\n")
}

// behave makes the token endpoint answer in another way; nil makes it a good one again.
func (s *standin) behave(manner http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.manner = manner
}

// authorize is the page at which a person agrees: the redirect carries the code, and two parameters that belong to the service.
func (s *standin) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || query.Get("redirect_uri") == "" {
		http.Error(w, "no redirect_uri", http.StatusBadRequest)
		return
	}
	code := s.secrets.made("the authorization code")
	s.mu.Lock()
	s.codes[code] = grant{query.Get("redirect_uri"), query.Get("code_challenge")}
	s.mu.Unlock()
	answer := url.Values{"code": {code}, "state": {query.Get("state")}, "iss": {s.url}, "realmId": {"9007199254740993"}, "shop": {"Zoë & Söhne"}}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // on loopback, to where the suite itself has said
}

// token is the token endpoint.
func (s *standin) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.complainf("the body of its token request is no form: %v", err)
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s.mu.Lock()
	manner := s.manner
	s.asked = append(s.asked, r.PostForm.Get("grant_type"))
	s.mu.Unlock()
	switch {
	case manner != nil:
		manner(w, r)
	case !s.authenticated(r):
		refuse(w, http.StatusUnauthorized, "invalid_client")
	default:
		s.grantToken(w, r)
	}
}

func (s *standin) grantToken(w http.ResponseWriter, r *http.Request) {
	switch form := r.PostForm; form.Get("grant_type") {
	case "authorization_code":
		if !s.redeem(form) {
			refuse(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		s.issue(w, s.client, true, false)
	case "refresh_token":
		label, good := s.renew(form.Get("refresh_token"))
		if !good {
			refuse(w, http.StatusBadRequest, "invalid_grant")
			return
		}
		s.mu.Lock()
		omit := s.omit
		s.mu.Unlock()
		s.issue(w, label, true, omit)
	case "client_credentials":
		s.issue(w, clientOf(r), false, false)
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q,"error_description":"the stand-in says no"}`, code)
}

// authenticated checks the client's name and secret, in the Basic scheme or in the form.
func (s *standin) authenticated(r *http.Request) bool {
	if s.client == "" {
		return true
	}
	return clientOf(r) == s.client && secretOf(r) == s.secret
}

func clientOf(r *http.Request) string {
	if name, _, given := r.BasicAuth(); given {
		return decoded(name)
	}
	return r.PostForm.Get("client_id")
}

func secretOf(r *http.Request) string {
	if _, secret, given := r.BasicAuth(); given {
		return decoded(secret)
	}
	return r.PostForm.Get("client_secret")
}

// decoded undoes the encoding that RFC 6749 has inside the Basic scheme.
func decoded(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

// redeem takes a code, which is good once, for its redirect URL and its verifier.
func (s *standin) redeem(form url.Values) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	agreed, found := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	return found && agreed.redirect == form.Get("redirect_uri") && agreed.challenge == challengeOf(form.Get("code_verifier"))
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// renew takes a refresh token, which is good once unless answers leave the next one out.
func (s *standin) renew(token string) (label string, good bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	label, good = s.renewal[token]
	if !s.omit {
		delete(s.renewal, token)
	}
	return label, good
}

// issue answers with a token whose scope tells whom it is for.
func (s *standin) issue(w http.ResponseWriter, label string, renewable, omit bool) {
	w.Header().Set("Content-Type", "application/json")
	answer := fmt.Sprintf(`{"access_token":%q,"token_type":"Bearer","expires_in":3600,"scope":%q`, s.secrets.made("an access token"), label)
	if renewable && !omit {
		answer += fmt.Sprintf(`,"refresh_token":%q`, s.mint(label))
	}
	if !omit {
		answer += `,"instance_url":"https://eu7.example.com","account_id":9007199254740993`
	}
	fmt.Fprint(w, answer+"}") //nolint:gosec // JSON, to the provider that asked
}

// mint makes a refresh token.
func (s *standin) mint(label string) string {
	token := s.secrets.made("a refresh token")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewal[token] = label
	return token
}

// revoke is the revocation endpoint of RFC 7009.
func (s *standin) revoke(w http.ResponseWriter, r *http.Request) {
	if r.ParseForm() != nil || r.PostForm.Get("token") == "" {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[r.PostForm.Get("token")] = true
}

// grants are the grant types that were asked for since the last call.
func (s *standin) grants() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// consent goes where a person would go, agrees, and gives the parameters of the redirect.
func (s *standin) consent(ctx context.Context, link string) (url.Values, error) {
	client := &http.Client{Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusFound {
		return nil, fmt.Errorf("the authorization server answers with %s", response.Status)
	}
	location, err := response.Location()
	if err != nil {
		return nil, err
	}
	return location.Query(), nil
}

// How long the suite waits for what takes a moment.
const patience = 10 * time.Second

// leaveOut makes answers to a refresh leave out what has not changed.
func (s *standin) leaveOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.omit = true
}

func (s *standin) hasRevoked(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return token != "" && s.revoked[token]
}
