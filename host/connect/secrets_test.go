package connect_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// careless is a provider whose tokens are made by a test.
type careless struct {
	connection.Provider

	validate func(connection.Settings) // may be nil
	refresh  func(connection.Settings) (connection.Token, error)
}

func (c careless) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if c.validate != nil {
		c.validate(settings)
	}
	return c.Provider.Validate(ctx, settings)
}

func (c careless) Refresh(_ context.Context, settings connection.Settings, _ connection.Token) (connection.Token, error) {
	return c.refresh(settings)
}

// client is a connection of client credentials, whose provider is careless.
func client(t *testing.T, refresh func(connection.Settings) (connection.Token, error)) (*world, *integration.Integration, *connect.Room) {
	t.Helper()
	w, authority := newWorld(t), newAuthority(t)
	all := bundled()
	all["clientCredentials"] = careless{Provider: all["clientCredentials"], refresh: refresh}
	w.providers = all
	of := shop(authority.declared(t, "clientCredentials"), authority.fields("clientCredentials"))
	return w, of, w.host(of)
}

func TestProviderThatTellsSecrets(t *testing.T) {
	t.Parallel()
	var forms []string
	w, of, room := client(t, func(settings connection.Settings) (connection.Token, error) {
		secret := settings.Fields["clientSecret"]
		forms = []string{
			secret, base64.StdEncoding.EncodeToString([]byte(settings.Fields["clientId"] + ":" + secret)), hex.EncodeToString([]byte(secret)),
			url.QueryEscape(secret + "&"),
		}
		return connection.Token{}, fault.New(fault.Downstream, fault.Misconfigured, "refused: %s", strings.Join(forms, " "))
	})
	_, err := room.Credential(t.Context(), target(of), "Shop API")
	shown, bad := room.Show(t.Context(), key())
	if bad != nil {
		t.Fatal(bad)
	}
	told := fmt.Sprint(err, shown.Cause, shown.Events, w.log.String())
	if !strings.Contains(told, "refused: ") {
		t.Fatalf("nothing of it is told: %s", told)
	}
	for _, form := range forms {
		if strings.Contains(told, strings.TrimSuffix(form, "%26")) {
			t.Errorf("a secret is told: %s", form)
		}
	}
}

// TestSecretsAreHiddenBeforeAProviderHasThem: it may write them to the log at once, those too that are being set.
func TestSecretsAreHiddenBeforeAProviderHasThem(t *testing.T) {
	t.Parallel()
	w, authority := newWorld(t), newAuthority(t)
	known := map[string]bool{}
	w.change = func(options *connect.Options) {
		options.Hide = func(of store.ConnectionKey, secrets []connect.Secret) {
			for _, secret := range secrets {
				known[of.Name+" "+secret.Value] = true
			}
		}
	}
	look := func(settings connection.Settings) {
		if secret := settings.Fields["clientSecret"]; !known["Shop API "+secret] {
			t.Errorf("the provider has %s before anybody hides it", secret)
		}
	}
	all := bundled()
	all["clientCredentials"] = careless{
		Provider: all["clientCredentials"],
		validate: look,
		refresh: func(settings connection.Settings) (connection.Token, error) {
			look(settings)
			return connection.Token{Response: []byte(`{"access_token": "abcdefgh"}`)}, nil
		},
	}
	w.providers = all
	given := authority.fields("clientCredentials")
	delete(given, "clientSecret")
	of := shop(authority.declared(t, "clientCredentials"), given)
	room := w.host(of)
	if _, err := room.Set(t.Context(), key(), connection.Values{"clientSecret": "set-just-now"}); err != nil {
		t.Fatal(err)
	}
	if _, err := room.Credential(t.Context(), target(of), "Shop API"); err != nil {
		t.Fatal(err)
	}
	if !known["Shop API set-just-now"] {
		t.Error("the provider was not asked")
	}
}

func TestTokensWithTooMuch(t *testing.T) {
	t.Parallel()
	many := map[string]string{"access_token": "abcdefgh"}
	for i := range 1000 {
		many[fmt.Sprintf("key_%d", i)] = fmt.Sprintf("abcdefgh%d", i)
	}
	crowd, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	for words, response := range map[string]string{
		"more than 64 secrets":                string(crowd),
		"more than 262144 bytes":              `{"access_token": "` + strings.Repeat("a", 256<<10) + `"}`,
		"more than 32 objects in one another": `{"access_token": "abcdefgh", "a": ` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}",
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			_, of, room := client(t, func(connection.Settings) (connection.Token, error) {
				return connection.Token{Response: []byte(response)}, nil
			})
			if _, err := room.Credential(t.Context(), target(of), "Shop API"); err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("told: %v", err)
			}
		})
	}
}

func TestHeadersThatAreSecret(t *testing.T) {
	t.Parallel()
	w, authority := newWorld(t), newAuthority(t)
	given := authority.fields("clientCredentials")
	given["headers"] = `[{"key": "X-Tenant", "value": "seven"}, {"key": "X-Api-Key", "value": "header-canary"}]`
	of := shop(authority.declared(t, "clientCredentials"), given)
	room := w.host(of)
	known, err := room.Secrets(t.Context(), target(of))
	if err != nil || !slices.Contains(known, connect.Secret{Name: "Shop API.headers.X-Api-Key", Value: "header-canary"}) {
		t.Errorf("known: %v, %v", known, err)
	}
	shown, err := room.Show(t.Context(), key())
	if told := fmt.Sprint(shown); err != nil || strings.Contains(told, "header-canary") || !strings.Contains(told, "seven") {
		t.Errorf("shown: %s, %v", told, err)
	}
	for _, input := range shown.Inputs {
		if input.Key == "headers" {
			of.Instances[0].Connections["Shop API"]["headers"] = ""
			if _, err := room.Set(t.Context(), key(), connection.Values{"headers": input.Value}); err == nil || !strings.Contains(err.Error(), "write the value") {
				t.Errorf("what is shown was set: %v", err)
			}
		}
	}
}

func TestWhatOfATokenIsSecret(t *testing.T) {
	t.Parallel()
	_, of, room := client(t, func(connection.Settings) (connection.Token, error) {
		return connection.Token{
			Response: []byte(`{"access_token": "1", "token_type": "bearer", "proof": "eyJhbGciOi.eyJzdWIi.c2ln", "sessionId": "2", "instance_url": "3", "expires_in": 4}`),
			Context:  []byte(`{"shop": "5", "accessToken": "6"}`),
		}, nil
	})
	values, err := room.Values(t.Context(), target(of), 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, secret := range values.Secrets {
		names = append(names, strings.TrimPrefix(secret.Name, "Shop API."))
	}
	slices.Sort(names)
	if got, want := strings.Join(names, " "), "clientSecret context.accessToken token.access_token token.proof token.sessionId"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
