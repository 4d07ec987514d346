package scope_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

var handles = handle.Key("a key of tests")

// handleOf is what code of the instance acme sees.
func handleOf(connection, field string) string {
	return handles.Of(handle.Owner{Integration: "orders", Instance: "acme", Connection: connection}, field)
}

// hiding makes a call of code from which the integration hides the secrets.
func hiding(t *testing.T, held scope.Credentials, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	t.Helper()
	running := execution(0)
	kind := connection.Type{Key: "apiKey", Inputs: []connection.Input{{Key: "page"}, {Key: "apiKey", Secret: true}}}
	for _, name := range []string{"Shop API", "Bank", "Pending"} {
		running.Target.Integration.ConfigVars = append(running.Target.Integration.ConfigVars,
			integration.ConfigVar{Name: name, Type: integration.VarConnection, Declaration: &integration.Declaration{Type: kind}})
	}
	running.Target.Integration.HidesSecrets = true
	shared := &scope.Shared{Log: slog.New(slog.DiscardHandler), Fetcher: fetcher(t, nil), Credentials: held, Handles: handles}
	return shared.For(running, false).Fetch(t.Context(), request)
}

// pending has a connection that cannot be used beside those that can.
type pending struct{ credentials }

func (p pending) Credential(ctx context.Context, target *integration.Target, name string) (scope.Credential, error) {
	if p.credentials[name] == nil {
		return nil, fault.New(fault.Host, fault.Refused, "the connection %q is pending", name)
	}
	return p.credentials.Credential(ctx, target, name)
}

const token = "at-0123456789"

// lent has two secrets and adds one of them to calls that name it.
func lent(hosts ...string) *held {
	made := bearer(hosts...)
	made.secrets = append(made.secrets, scope.Secret{Name: "Shop API.token.access_token", Value: token}, scope.Secret{Name: "Shop API.token.team.0.key", Value: "deep-0123456789"})
	return made
}

func only(credential scope.Credential) pending { return pending{credentials{"Shop API": credential}} }

func TestHandlesWorkWhereSecretsWould(t *testing.T) {
	t.Parallel()
	api := listen(t, false, nil)
	key, access, deep := handleOf("Shop API", "apiKey"), handleOf("Shop API", "token.access_token"), handleOf("Shop API", "token.team.0.key")
	foreign := handles.Of(handle.Owner{Integration: "orders", Instance: "beta", Connection: "Shop API"}, "apiKey")
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	body, err := json.Marshal(map[string]string{"key": secret, "other": foreign})
	if err != nil {
		t.Fatal(err)
	}
	_, err = hiding(t, only(lent(api.URL)), hostapi.FetchRequest{
		Method: "POST", URL: api.URL + "/" + access + "?key=" + key + "&b=%20",
		Headers: []hostapi.Header{{Name: "Authorization", Value: basic("me:" + key)}, {Name: "X-Token", Value: "Bearer " + access}, {Name: "X-Deep", Value: deep}},
		Body:    []byte(`{"key":"` + key + `","other":"` + foreign + `"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := api.last()
	want := arrived{Method: "POST", URI: "/" + token + "?key=" + url.QueryEscape(secret) + "&b=%20", Body: string(body), Header: http.Header{
		"Authorization": {basic("me:" + secret)}, "X-Token": {"Bearer " + token}, "X-Deep": {"deep-0123456789"},
	}}
	for _, name := range []string{"User-Agent", "Accept-Encoding", "Content-Length"} {
		got.Header.Del(name)
	}
	if got.Body = strings.ReplaceAll(got.Body, `\u0026`, "&"); got.Body != strings.ReplaceAll(want.Body, `\u0026`, "&") {
		t.Errorf("got the body %s", got.Body)
	}
	want.Body = got.Body
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHandlesAreTextsWhereNothingIsHidden(t *testing.T) {
	t.Parallel()
	api := listen(t, false, nil)
	key := handleOf("Shop API", "apiKey")
	if _, err := shop(t, lent(api.URL), hostapi.FetchRequest{URL: api.URL + "/" + key}); err != nil || api.last().URI != "/"+key {
		t.Errorf("got %s, %v", api.last().URI, err)
	}
}

func TestHandlesGoNowhereElse(t *testing.T) {
	t.Parallel()
	elsewhere := listen(t, false, nil)
	key := handleOf("Shop API", "apiKey")
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
	deep := handleOf("Shop API", "token.team.0.key")
	for name, request := range map[string]hostapi.FetchRequest{
		"query":      {URL: elsewhere.URL + "?k=" + key},
		"path":       {URL: elsewhere.URL + "/" + key + "/"},
		"header":     {URL: elsewhere.URL, Headers: []hostapi.Header{{Name: "X-Key", Value: key}}},
		"basic":      {URL: elsewhere.URL, Headers: []hostapi.Header{{Name: "Authorization", Value: basic}}},
		"body":       {URL: elsewhere.URL, Method: "POST", Body: []byte("a" + key)},
		"unusual":    {URL: elsewhere.URL, Method: "POST", Body: []byte(deep)},
		"user":       {URL: strings.Replace(elsewhere.URL, "http://", "http://me:"+key+"@", 1)},
		"own host's": {URL: "http://me:" + key + "@api.shop.example"},
		"downgrade":  {URL: "http://api.shop.example/" + key},
	} {
		_, err := hiding(t, only(lent("https://api.shop.example")), request)
		if !fault.Is(err, fault.Refused) || !strings.HasPrefix(err.Error(), `the call holds a secret of the connection "Shop API", which `) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := hiding(t, only(lent()), hostapi.FetchRequest{URL: elsewhere.URL + "?k=" + handleOf("Pending", "apiKey")})
	if !fault.Is(err, fault.Refused) || err.Error() != `the connection "Pending" is pending` {
		t.Errorf("a connection that cannot be used: %v", err)
	}
	if got := elsewhere.requests(); got != nil {
		t.Errorf("elsewhere saw %v", got)
	}
}

// TestHandlesOnRedirects: they are secrets where the connection is for the host, and texts elsewhere.
func TestHandlesOnRedirects(t *testing.T) {
	t.Parallel()
	key := handleOf("Shop API", "apiKey")
	end, elsewhere := listen(t, false, nil), listen(t, false, nil)
	first := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		host := end.URL
		if request.URL.Path == "/elsewhere" {
			host = elsewhere.URL
		}
		to(http.StatusPermanentRedirect, host+"?"+request.URL.RawQuery)(writer, request)
	})
	send := func(path string) (hostapi.FetchResponse, error) {
		return hiding(t, only(lent(first.URL, end.URL)), hostapi.FetchRequest{
			Method: "POST", URL: first.URL + path + "?k=" + key, Body: []byte("b=" + key), Headers: []hostapi.Header{{Name: "X-Plain", Value: key}},
		})
	}
	got, err := send("/")
	if err != nil || got.URL != end.URL+"?k="+key {
		t.Errorf("code sees %s, %v", got.URL, err)
	}
	if seen := end.last(); seen.URI != "/?k="+url.QueryEscape(secret) || seen.Body != "b="+secret || seen.Header.Get("X-Plain") != secret {
		t.Errorf("the end saw %+v", seen)
	}
	got, err = send("/elsewhere")
	if err != nil || got.URL != elsewhere.URL+"?k="+key {
		t.Errorf("code sees %s, %v", got.URL, err)
	}
	if seen := elsewhere.last(); seen.URI != "/?k="+key || seen.Body != "b="+key || seen.Header.Get("X-Plain") != key {
		t.Errorf("elsewhere saw %+v", seen)
	}
}

func TestEchoesAreHidden(t *testing.T) {
	t.Parallel()
	api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		writer.Header().Set("X-Echo", "<"+secret+">")
		writer.Header().Set("X-Coded", base64.StdEncoding.EncodeToString([]byte(secret)))
		var out io.Writer = writer
		if request.URL.Path == "/gzip" {
			writer.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(writer)
			defer func() { _ = packed.Close() }()
			out = packed
		}
		_ = json.NewEncoder(out).Encode(map[string]any{"plain": secret, "hex": hex.EncodeToString([]byte(secret)), "url": "/?k=" + url.QueryEscape(secret), "token": token, "n": 1})
	})
	key := handleOf("Shop API", "apiKey")
	for _, path := range []string{"/", "/gzip"} {
		for name, request := range map[string]hostapi.FetchRequest{
			"named":  {URL: api.URL + path, Connection: "Shop API"},
			"handle": {URL: api.URL + path + "?k=" + key},
		} {
			got, err := hiding(t, only(lent(api.URL)), request)
			if err != nil {
				t.Fatal(err)
			}
			requireNoSecret(t, path+name, fmt.Sprintf("%+v %s", got, got.Body))
			var body map[string]any
			if err := json.Unmarshal(got.Body, &body); err != nil {
				t.Fatalf("%s: %v", got.Body, err)
			}
			want := map[string]any{"plain": key, "hex": key, "url": "/?k=" + key, "token": handleOf("Shop API", "token.access_token"), "n": 1.0}
			if diff := cmp.Diff(want, body); diff != "" || header(got.Headers, "x-echo") != "<"+key+">" || header(got.Headers, "x-coded") != key {
				t.Errorf("%s%s: %v (-want +got):\n%s", path, name, got.Headers, diff)
			}
			if length := header(got.Headers, "content-length"); length != "" && length != fmt.Sprint(len(got.Body)) {
				t.Errorf("content-length %s of %d", length, len(got.Body))
			}
		}
	}
}

// TestHandlesOfTokensAreRenewed: a handle of a token stays the same when the token does not. That of another secret has nothing renewed.
func TestHandlesOfTokensAreRenewed(t *testing.T) {
	t.Parallel()
	body := []byte("t=" + handleOf("Shop API", "token.access_token") + strings.Repeat("x", 32<<20))
	api := listen(t, false, func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") == "Bearer newer-token" {
			_, _ = io.WriteString(writer, "welcome newer-token, no more "+token)
			return
		}
		writer.WriteHeader(http.StatusUnauthorized)
	})
	asked := 0
	old := lent(api.URL)
	old.again = func() (scope.Credential, error) {
		asked++
		newer := lent(api.URL)
		newer.secrets[1].Value = "newer-token"
		newer.again = func() (scope.Credential, error) { return nil, errors.New("asked twice") }
		return newer, nil
	}
	access := handleOf("Shop API", "token.access_token")
	got, err := hiding(t, only(old), hostapi.FetchRequest{Method: "POST", URL: api.URL, Body: body, Headers: []hostapi.Header{{Name: "Authorization", Value: "Bearer " + access}}})
	if err != nil || string(got.Body) != "welcome "+access+", no more "+access || asked != 1 || len(api.requests()) != 2 {
		t.Fatalf("got %d %s, %v, asked %d times", got.Status, got.Body, err, asked)
	}
	want := append([]byte("t=newer-token"), bytes.Repeat([]byte("x"), 32<<20)...)
	if api.last().Body != string(want) {
		t.Error("the repeated body is another")
	}
	got, err = hiding(t, only(old), hostapi.FetchRequest{URL: api.URL, Headers: []hostapi.Header{{Name: "Authorization", Value: "Bearer " + handleOf("Shop API", "apiKey")}}})
	if err != nil || got.Status != http.StatusUnauthorized || asked != 1 {
		t.Errorf("another secret: %d, %v, asked %d times", got.Status, err, asked)
	}
}
