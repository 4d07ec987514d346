package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// teller is a service, with its authorization server, that tells back all that it is told.
type teller struct {
	*httptest.Server

	canaries *canaries
	refuses  atomic.Bool   // the authorization server
	waiting  chan struct{} // closed when a step has come to the gate
	open     chan struct{} // to be closed to let it through
	once     sync.Once
	mu       sync.Mutex
	learned  map[string]string // what the host made for authorizations: canaries too
}

func newTeller(t *testing.T, of *canaries) *teller {
	t.Helper()
	made := &teller{canaries: of, waiting: make(chan struct{}), open: make(chan struct{}), learned: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", made.authorize)
	mux.HandleFunc("POST /token", made.token)
	mux.HandleFunc("POST /broken", func(writer http.ResponseWriter, request *http.Request) {
		writer.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(writer, "<html><h1>It broke</h1>%s</html>", told(request))
	})
	mux.HandleFunc("/echo", func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("X-Echo", request.Header.Get("Authorization")+request.Header.Get("X-Key"))
		_, _ = writer.Write(told(request))
	})
	mux.HandleFunc("GET /gate", made.gate)
	made.Server = httptest.NewServer(mux)
	t.Cleanup(made.Close)
	return made
}

// told is all that a request holds.
func told(request *http.Request) []byte {
	body, _ := io.ReadAll(request.Body)
	form, _ := url.ParseQuery(string(body))
	user, password, _ := request.BasicAuth()
	text, err := json.Marshal(map[string]any{
		"url": request.URL.String(), "headers": request.Header, "body": string(body), "form": form, "user": user, "password": password,
	})
	if err != nil {
		return []byte(err.Error())
	}
	return text
}

// authorize sends the browser back with a code. What the host made for the authorization is a canary from now on.
func (t *teller) authorize(writer http.ResponseWriter, request *http.Request) {
	query := request.URL.Query()
	code := t.canaries.secrets["Code"]
	if t.refuses.Load() {
		code = t.canaries.secrets["BadCode"]
	}
	t.learn("state", query.Get("state"))
	back := query.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {query.Get("state")}, "account": {"a1"}}.Encode()
	http.Redirect(writer, request, back, http.StatusFound)
}

func (t *teller) token(writer http.ResponseWriter, request *http.Request) {
	text := told(request)
	var shown struct{ Form url.Values }
	if err := json.Unmarshal(text, &shown); err != nil {
		writer.WriteHeader(http.StatusInternalServerError)
		return
	}
	t.learn("verifier", shown.Form.Get("code_verifier"))
	writer.Header().Set("Content-Type", "application/json")
	answer := map[string]any{"error": "invalid_grant", "error_description": string(text), "error_uri": string(text)}
	if shown.Form.Get("code") == t.canaries.secrets["BadCode"] {
		writer.WriteHeader(http.StatusBadRequest)
	} else {
		secrets := t.canaries.secrets
		answer = map[string]any{
			"access_token": secrets["Access"], "refresh_token": secrets["Refresh"], "id_token": secrets["Identity"], "token_type": "Bearer", "expires_in": 3600,
		}
	}
	if err := json.NewEncoder(writer).Encode(answer); err != nil {
		writer.WriteHeader(http.StatusInternalServerError)
	}
}

// learn takes a text that the host made for a canary.
func (t *teller) learn(name, text string) {
	if text == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learned[fmt.Sprint(name, len(t.learned))] = text
}

// gate holds whoever comes until it is opened.
func (t *teller) gate(writer http.ResponseWriter, request *http.Request) {
	t.once.Do(func() { close(t.waiting) })
	select {
	case <-t.open:
		_, _ = io.WriteString(writer, "go on")
	case <-request.Context().Done():
	}
}
