package endpoint_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The limit holds for each part of an exchange: a server that takes the connection and is silent, one that never ends its headers, and
// one that never ends its body.
func TestLimit(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(http.ResponseWriter){
		"silent": func(http.ResponseWriter) {},
		"headers alone": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusOK)
			http.NewResponseController(w).Flush()
		},
		"half a body": func(w http.ResponseWriter) {
			w.Write([]byte(`{"access_token":`))
			http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				begin(w)
				<-end
			}))
			defer server.Close()
			defer close(end)
			begun := time.Now()
			_, err := endpoint.New(100*time.Millisecond).Post(t.Context(), endpoint.Call{Name: "the token endpoint", URL: server.URL})
			if !fault.Is(err, fault.Unreachable) || !strings.Contains(err.Error(), "did not answer in time") {
				t.Errorf("error %v", err)
			}
			if took := time.Since(begun); took > endpoint.Limit {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://auth.example.com/token":      "",
		"https://auth.example.com:8443/t?a=b": "",
		"http://localhost:8080/token":         "",
		"http://127.0.0.1/token":              "",
		"http://[::1]:80/token":               "",
		"http://keycloak.localhost/token":     "",
		"http://auth.example.com/token":       "is not encrypted",
		"http://127.0.0.1.example.com/":       "is not encrypted",
		"http://10.0.0.1/":                    "is not encrypted",
		"http://localhost.example.com/":       "is not encrypted",
		"ftp://auth.example.com/":             "is no https URL",
		"auth.example.com/token":              "is no absolute URL",
		"//auth.example.com/token":            "is no https URL",
		"https:///token":                      "is no absolute URL",
		"https://:443/token":                  "is no absolute URL",
		"https://user:canary@example.com/":    "holds a user name or password",
		"https://example.com/#canary":         "behind #",
		" https://example.com/":               "is no absolute URL",
		"https://example.com/a b":             "white space",
		"":                                    "is no absolute URL",
	} {
		err := endpoint.CheckURL(text)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary")) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
