package connect_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

const (
	clientSecret = "client-secret-canary"
	tokenLife    = time.Hour
)

// authority is an authorization server with an API behind it, which counts. Its refresh tokens are good once; one that is used again
// ends its grant, unless it is forgiving.
type authority struct {
	*httptest.Server

	life      time.Duration
	forgiving bool                                          // a refresh token may be used again
	meddle    func(http.ResponseWriter, *http.Request) bool // with token requests, after they were counted and done; true: it has answered

	lock     sync.Mutex
	asked    map[string]int // token requests by grant type
	api      int
	revoked  []string
	codes    map[string]code
	access   map[string]*grant
	refresh  map[string]*grant
	serial   int
	refusing error // of all token requests
}

type code struct {
	challenge, redirect string
}

// grant is what somebody authorized. One access token and one refresh token of it are good at a time.
type grant struct {
	access, refresh string
	dead            bool
}

func newAuthority(tb testing.TB) *authority {
	tb.Helper()
	made := &authority{
		life: tokenLife, asked: map[string]int{}, codes: map[string]code{}, access: map[string]*grant{}, refresh: map[string]*grant{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", made.authorize)
	mux.HandleFunc("POST /token", made.token)
	mux.HandleFunc("POST /revoke", made.revoke)
	mux.HandleFunc("GET /me", made.me)
	made.Server = httptest.NewServer(mux)
	tb.Cleanup(made.Close)
	return made
}

// authorize is a person who always says yes.
func (a *authority) authorize(writer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	a.lock.Lock()
	a.serial++
	made := fmt.Sprintf("code-%d", a.serial)
	a.codes[made] = code{query.Get("code_challenge"), query.Get("redirect_uri")}
	a.lock.Unlock()
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("client_id") != "client" {
		http.Error(writer, "bad authorization request: "+request.URL.RawQuery, http.StatusBadRequest)
		return
	}
	back.RawQuery = url.Values{"code": {made}, "state": {query.Get("state")}, "realmId": {"realm-7"}}.Encode()
	http.Redirect(writer, request, back.String(), http.StatusFound)
}

func (a *authority) token(writer http.ResponseWriter, request *http.Request) {
	answer, status := a.grantOf(request)
	if a.meddle != nil && a.meddle(writer, request) {
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(status)
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	_, _ = writer.Write(text)
}

func (a *authority) grantOf(request *http.Request) (map[string]any, int) {
	kind := request.PostFormValue("grant_type")
	a.lock.Lock()
	defer a.lock.Unlock()
	a.asked[kind]++
	if a.refusing != nil {
		return map[string]any{"error": a.refusing.Error()}, http.StatusBadRequest
	}
	if name, secret, _ := request.BasicAuth(); name != "client" || secret != clientSecret {
		return map[string]any{"error": "invalid_client"}, http.StatusUnauthorized
	}
	invalid := map[string]any{"error": "invalid_grant"}
	switch kind {
	case "client_credentials":
		return a.next(&grant{}, false), http.StatusOK
	case "authorization_code":
		given, known := a.codes[request.PostFormValue("code")]
		delete(a.codes, request.PostFormValue("code"))
		digest := sha256.Sum256([]byte(request.PostFormValue("code_verifier")))
		if !known || given.redirect != request.PostFormValue("redirect_uri") || given.challenge != base64.RawURLEncoding.EncodeToString(digest[:]) {
			return invalid, http.StatusBadRequest
		}
		return a.next(&grant{}, true), http.StatusOK
	case "refresh_token":
		used := request.PostFormValue("refresh_token")
		found := a.refresh[used]
		if found == nil || found.dead {
			return invalid, http.StatusBadRequest
		}
		if found.refresh != used && !a.forgiving {
			found.dead = true
			return invalid, http.StatusBadRequest
		}
		return a.next(found, true), http.StatusOK
	}
	return map[string]any{"error": "unsupported_grant_type"}, http.StatusBadRequest
}

// next gives new tokens of a grant. The lock is held.
func (a *authority) next(of *grant, refresh bool) map[string]any {
	a.serial++
	of.access = "access-" + strconv.Itoa(a.serial)
	a.access[of.access] = of
	answer := map[string]any{"access_token": of.access, "token_type": "Bearer", "account_id": "account-7"}
	if a.life > 0 {
		answer["expires_in"] = a.life.Seconds()
	}
	if refresh {
		of.refresh = "refresh-" + strconv.Itoa(a.serial)
		a.refresh[of.refresh] = of
		answer["refresh_token"] = of.refresh
	}
	return answer
}

// me is the API.
func (a *authority) me(writer http.ResponseWriter, request *http.Request) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.api++
	if !a.goodLocked(request.Header.Get("Authorization")) {
		http.Error(writer, "no", http.StatusUnauthorized)
		return
	}
	fmt.Fprintln(writer, `{"name":"Ada"}`)
}

func (a *authority) goodLocked(header string) bool {
	for token, of := range a.access {
		if header == "Bearer "+token {
			return !of.dead && of.access == token
		}
	}
	return false
}

// good tells whether the API takes a token now.
func (a *authority) good(token string) bool {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.goodLocked("Bearer " + token)
}

// expire makes the API refuse every token that was given out; refresh tokens stay good.
func (a *authority) expire() {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, of := range a.access {
		of.access = ""
	}
}

// end makes every grant worthless.
func (a *authority) end() {
	a.lock.Lock()
	defer a.lock.Unlock()
	for _, of := range a.access {
		of.dead = true
	}
}

func (a *authority) revoke(_ http.ResponseWriter, request *http.Request) {
	token := request.PostFormValue("token")
	a.lock.Lock()
	defer a.lock.Unlock()
	a.revoked = append(a.revoked, token)
	if of := a.refresh[token]; of != nil {
		of.dead = true
	}
	if of := a.access[token]; of != nil {
		of.dead = true
	}
}

// count gives how often tokens were asked for with a grant type.
func (a *authority) count(kind string) int {
	a.lock.Lock()
	defer a.lock.Unlock()
	return a.asked[kind]
}

// refuse makes every token request fail with an error; nil ends that.
func (a *authority) refuse(with error) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.refusing = with
}

// fields are the inputs of a client of the authority.
func (a *authority) fields(kind string) connection.Values {
	made := connection.Values{"tokenUrl": a.URL + "/token", "clientId": "client", "clientSecret": clientSecret}
	if kind == "authorizationCode" {
		made["authorizeUrl"] = a.URL + "/authorize"
	}
	return made
}

// declared is a connection to the authority's API.
func (a *authority) declared(tb testing.TB, kind string) *integration.Declaration {
	tb.Helper()
	return &integration.Declaration{
		Type: typeOf(tb, kind), Hosts: hosts(tb, a.URL), TestURL: a.URL + "/me", Options: connection.Values{"revokeUrl": a.URL + "/revoke", "issuer": a.URL},
	}
}
