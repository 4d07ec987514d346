package metadata_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/metadata"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// publisher is a server that publishes one document at one place. ISSUER in it becomes the server's own issuer.
type publisher struct {
	*httptest.Server

	asked atomic.Int32
}

func publish(t *testing.T, place string, status int, document string) *publisher {
	t.Helper()
	made := &publisher{}
	made.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		made.asked.Add(1)
		if r.URL.Path != place {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Location", "https://elsewhere.example/")
		w.WriteHeader(status)
		w.Write([]byte(strings.ReplaceAll(document, "ISSUER", made.URL)))
	}))
	t.Cleanup(made.Close)
	return made
}

func read(t *testing.T, issuer string) (metadata.Document, error) {
	t.Helper()
	return metadata.NewReader(endpoint.New(endpoint.Limit), time.Now).Read(t.Context(), issuer)
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ path, place string }{
		{"", "/.well-known/openid-configuration"},
		{"", "/.well-known/oauth-authorization-server"},
		{"/", "/.well-known/openid-configuration"},
		{"/realms/a", "/realms/a/.well-known/openid-configuration"},
		{"/realms/a", "/.well-known/oauth-authorization-server/realms/a"},
		{"/realms/a", "/.well-known/openid-configuration/realms/a"},
	} {
		server := publish(t, test.place, http.StatusOK, `{"issuer":"ISSUER`+test.path+`","authorization_endpoint":"ISSUER/a","token_endpoint":"ISSUER/t",
			"revocation_endpoint":"ISSUER/r","token_endpoint_auth_methods_supported":["client_secret_post"],"authorization_response_iss_parameter_supported":true}`)
		got, err := read(t, server.URL+test.path)
		if err != nil {
			t.Errorf("%s at %s: %v", test.path, test.place, err)
			continue
		}
		want := metadata.Document{
			Issuer: server.URL + test.path, AuthorizeURL: server.URL + "/a", TokenURL: server.URL + "/t", RevokeURL: server.URL + "/r",
			AuthMethods: []string{"client_secret_post"}, SendsIssuer: true,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.place, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	const place = "/.well-known/openid-configuration"
	good := map[string]string{"issuer": "ISSUER", "authorization_endpoint": "ISSUER/a", "token_endpoint": "ISSUER/t"}
	changed := func(key, value string) string {
		object := maps.Clone(good)
		object[key] = value
		text, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, test := range map[string]struct {
		status   int
		document string
		code     fault.Code
		words    string
	}{
		"another issuer":       {200, changed("issuer", "https://evil.example"), fault.Misconfigured, `those of the issuer "https://evil.example"`},
		"a slash more":         {200, changed("issuer", "ISSUER/"), fault.Misconfigured, "write the issuer exactly so"},
		"no issuer":            {200, changed("issuer", ""), fault.Misconfigured, `the issuer ""`},
		"a plain token URL":    {200, changed("token_endpoint", "http://auth.example.com/t"), fault.Misconfigured, "token_endpoint is not encrypted"},
		"a script":             {200, changed("authorization_endpoint", "javascript:alert(1)"), fault.Misconfigured, "authorization_endpoint is no absolute URL"},
		"none":                 {404, "", fault.Misconfigured, "publishes no metadata"},
		"a page":               {200, "<html></html>", fault.Misconfigured, "publishes no metadata"},
		"a redirect":           {302, "", fault.Misconfigured, "publishes no metadata"},
		"an outage":            {503, "", fault.Unreachable, "answered 503"},
		"too much":             {200, `{"issuer":"ISSUER","a":"` + strings.Repeat("a", 2<<20) + `"}`, fault.Misconfigured, "publishes no metadata"},
		"an issuer of no text": {200, `{"issuer":["ISSUER"]}`, fault.Misconfigured, "write the issuer exactly so"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, publish(t, place, test.status, test.document).URL)
			if !fault.Is(err, test.code) || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %v, want %s with %q", err, test.code, test.words)
			}
		})
	}
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"", "auth.example.com", "http://auth.example.com", "https://auth.example.com?a=b", "https://auth.example.com#a", "https://a:b@auth.example.com"} {
		if _, err := read(t, issuer); !fault.Is(err, fault.Misconfigured) {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	server := publish(t, "/.well-known/openid-configuration", http.StatusOK, `{"issuer":"ISSUER","token_endpoint":"ISSUER/t"}`)
	var later atomic.Int64
	begun := time.Now()
	reader := metadata.NewReader(endpoint.New(endpoint.Limit), func() time.Time { return begun.Add(time.Duration(later.Load())) })
	for _, step := range []struct {
		later time.Duration
		asked int32
	}{{0, 1}, {4 * time.Minute, 1}, {5 * time.Minute, 2}, {6 * time.Minute, 2}} {
		later.Store(int64(step.later))
		if _, err := reader.Read(t.Context(), server.URL); err != nil {
			t.Fatal(err)
		}
		if got := server.asked.Load(); got != step.asked {
			t.Errorf("after %s it was asked %d times, want %d", step.later, got, step.asked)
		}
	}
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		issuer, address string
		fine            bool
	}{
		{"https://auth.example.com", "https://auth.example.com/token", true},
		{"https://auth.example.com", "https://tokens.example.net/token", true},
		{"https://auth.example.com", "", true},
		{"https://auth.example.com", "https://localhost/token", false},
		{"https://auth.example.com", "http://127.0.0.1:9200/token", false},
		{"http://localhost:8080", "http://127.0.0.1:8080/token", true},
	} {
		if err := metadata.CheckEndpoint(test.issuer, test.address); (err == nil) != test.fine {
			t.Errorf("%s has the endpoint %q: %v", test.issuer, test.address, err)
		}
	}
}
