package connection_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Whatever prints or logs what may hold a secret, the secret is not in it.
func TestHidden(t *testing.T) {
	t.Parallel()
	const secret = "swordfish"
	values := connection.Values{"password": secret}
	settings := connection.Settings{Type: "basic", Options: values, Fields: values}
	token := connection.Token{Response: []byte(`{"access_token":"` + secret + `"}`)}
	for _, value := range []any{
		values, &values, settings, &settings, token, &token,
		[]connection.Token{token},
		map[string]connection.Settings{"a": settings},
		connection.Begin{Settings: settings},
		connection.Declared{Fields: values},
		connection.Exchange{CodeVerifier: secret, Parameters: []connection.Pair{{Key: "code", Value: secret}}},
		connection.Additions{Headers: []hostapi.Header{{Name: "Authorization", Value: secret}}},
	} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("it", slog.Any("value", value))
		if _, hides := value.(slog.LogValuer); hides {
			slog.New(slog.NewJSONHandler(&log, nil)).Info("it", slog.Any("value", value))
		}
		told := log.String()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			told += fmt.Sprintf(verb, value)
		}
		for _, form := range []string{secret, fmt.Sprintf("%x", secret), "115 119 111 114 100"} {
			if strings.Contains(told, form) {
				t.Errorf("%T tells it: %s", value, told)
			}
		}
	}
	if got := fmt.Sprint(values, connection.Token{}, token); got != "(1 values, hidden) (no token) (a token, hidden)" {
		t.Errorf("got %s", got)
	}
}
