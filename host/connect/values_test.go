package connect_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func TestValuesOfFileAndDatabase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	of := shop(&integration.Declaration{Type: typeOf(t, "apiKeySecret")}, connection.Values{"apiKey": "from file"})
	room := w.host(of)

	before, err := room.Values(t.Context(), target(of), 0)
	if err != nil {
		t.Fatal(err)
	}
	sees(t, before, `{"key":"apiKeySecret","configVarKey":"Shop API","fields":{"apiKey":"from file"}}`)
	shown, err := room.Show(t.Context(), key())
	if err != nil || shown.Status.Status != store.ConnectionPending || shown.Cause != "set apiSecret" {
		t.Errorf("shown: %+v, %v", shown.Status, err)
	}

	if _, err := room.Set(t.Context(), key(), connection.Values{"apiSecret": "s3cret"}); err != nil {
		t.Fatal(err)
	}
	after, err := room.Values(t.Context(), target(of), 0)
	if err != nil {
		t.Fatal(err)
	}
	sees(t, after, `{"key":"apiKeySecret","configVarKey":"Shop API","fields":{"apiKey":"from file","apiSecret":"s3cret"}}`)
	if after.Version == before.Version || before.Version == 0 {
		t.Errorf("the version is %d, and was %d", after.Version, before.Version)
	}
	if diff := cmp.Diff([]connect.Secret{{Name: "Shop API.apiSecret", Value: "s3cret"}}, after.Secrets); diff != "" {
		t.Error(diff)
	}
	again, err := room.Values(t.Context(), target(of), 0)
	if err != nil || again.Version != after.Version {
		t.Errorf("the version moved from %d to %d without a change, %v", after.Version, again.Version, err)
	}

	other := w.host(of)
	elsewhere, err := other.Values(t.Context(), target(of), 0)
	if err != nil {
		t.Fatal(err)
	}
	sees(t, elsewhere, string(after.JSON["Shop API"]))
}

func TestSetJudgesByField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	room := w.host(shop(&integration.Declaration{Type: typeOf(t, "apiKeySecret")}, connection.Values{"apiKey": "from file"}))
	_, err := room.Set(t.Context(), key(), connection.Values{"apiKey": "x", "apiSecret": "two\nlines", "secret": "x"})
	invalid, ok := errors.AsType[*connect.Invalid](err)
	if !ok {
		t.Fatalf("Set gave %v", err)
	}
	want := []connection.Finding{
		{Key: "apiKey", Message: "is given by shop/instances/acme.yaml, which stands above what is set here: change it there"},
		{Key: "apiSecret", Message: "has more than one line"},
		{Key: "secret", Message: "is no input of this connection; it has apiKey, apiSecret"},
	}
	if diff := cmp.Diff(want, invalid.Findings); diff != "" {
		t.Error(diff)
	}
	if _, err := room.Set(t.Context(), store.ConnectionKey{Integration: "shop", Instance: "acme", Name: "Shop"}, nil); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a connection that is not there: %v", err)
	}
}

func sees(tb testing.TB, values connect.Values, want string) {
	tb.Helper()
	if diff := cmp.Diff(want, string(values.JSON["Shop API"])); diff != "" {
		tb.Errorf("code sees (-want +got):\n%s", diff)
	}
}

// What a file gives whole needs no row, and is judged all the same.
func TestSetOfWhatTheFileGives(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	room := w.host(shop(&integration.Declaration{Type: typeOf(t, "apiKey")}, connection.Values{"apiKey": "canary-of-the-file"}))
	_, err := room.Set(t.Context(), key(), connection.Values{"apiKey": "canary-other"})
	found, ok := errors.AsType[*connect.Invalid](err)
	if !ok || len(found.Findings) != 1 || !strings.Contains(found.Findings[0].Message, "acme.yaml") {
		t.Errorf("got %v", err)
	}
}

// Who may set inputs learns no secret by sending it to a service of his own.
func TestSecretIsNotSentElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	room := w.host(shop(&integration.Declaration{Type: typeOf(t, "clientCredentials")}, nil))
	whole := connection.Values{"tokenUrl": "https://login.example/token", "clientId": "us", "clientSecret": "canary-of-ours"}
	if _, err := room.Set(t.Context(), key(), whole); err != nil {
		t.Fatal(err)
	}
	for _, change := range []connection.Values{{"tokenUrl": "https://evil.example/token"}, {"clientId": "them"}, {"tokenUrl": ""}} {
		_, err := room.Set(t.Context(), key(), change)
		found, ok := errors.AsType[*connect.Invalid](err)
		if !ok || len(found.Findings) != 1 || found.Findings[0].Key != "clientSecret" {
			t.Errorf("%v: %v", map[string]string(change), err)
		}
		change["clientSecret"] = "canary-new"
		if _, err := room.Set(t.Context(), key(), change); err != nil {
			t.Errorf("with the secret: %v", err)
		}
		if _, err := room.Set(t.Context(), key(), whole); err != nil {
			t.Error(err)
		}
	}
	for _, harmless := range []connection.Values{{"clientSecret": "canary-next"}, {"scopes": "read"}} {
		if _, err := room.Set(t.Context(), key(), harmless); err != nil {
			t.Errorf("%v alone: %v", slices.Sorted(maps.Keys(harmless)), err)
		}
	}
}
