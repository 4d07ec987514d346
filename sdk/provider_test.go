package sdk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// The example's provider passes the conformance suite as it stands.
func TestExampleProviderConforms(t *testing.T) {
	t.Parallel()
	samples := connectiontest.Samples{"session": {
		Invalid: []connectiontest.Invalid{{Fields: connection.Values{"loginUrl": "example.com"}, Key: "loginUrl"}},
	}}
	target := connectiontest.Target{Command: &launch.Command{Path: program(t), Env: []string{role + "=provider"}}}
	connectiontest.Test(t, target, connectiontest.Options{Samples: samples})
}

// The example's provider logs in, and tells what to do where that fails.
func TestExampleProvider(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.PostFormValue("user") == "ada" && r.PostFormValue("password") == "swordfish":
			_, _ = w.Write([]byte(`{"session":"s1","seconds":900}`))
		case r.PostFormValue("user") == "busy":
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer service.Close()
	process, err := launch.Start(t.Context(), launch.Command{Path: program(t), Env: []string{role + "=provider"}})
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill(fault.New(fault.Host, fault.WorkerLost, "the test is over"))
	login := func(user string) (connection.Token, error) {
		settings := connection.Settings{Type: "session", Fields: connection.Values{"loginUrl": service.URL, "user": user, "password": "swordfish"}}
		return process.Provider().Refresh(t.Context(), settings, connection.Token{})
	}
	token, err := login("ada")
	if err != nil || string(token.Response) != `{"session":"s1","seconds":900}` || !token.Renews {
		t.Errorf("got %s, %v", token.Response, err)
	}
	if lives := token.ExpiresAt.Sub(token.ObtainedAt).Round(time.Second); lives != 15*time.Minute {
		t.Errorf("it lives %s", lives)
	}
	if _, err := login("eve"); !fault.Is(err, fault.Misconfigured) {
		t.Errorf("refused: %v", err)
	}
	if _, err := login("busy"); !fault.Is(err, fault.Unreachable) || fault.As(err, fault.Host).RetryAfter != 3*time.Second {
		t.Errorf("overloaded: %v", err)
	}
}
