package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// shopKey is what the desk's shop takes.
const shopKey = "canary-shop-key-4711"

// byType finds the provider of a type among those of this process.
type byType map[string]connection.Provider

func (b byType) Provider(_ context.Context, name string) (connection.Provider, error) {
	if found := b[name]; found != nil {
		return found, nil
	}
	return nil, fault.New(fault.Engine, fault.Unavailable, "no plugin offers %q", name)
}

// connections makes the room of a host that serves an integration with three connections. The shop that the first is for answers who has
// its key.
func (d *desk) connections(box *seal.Box, log *slog.Logger) *connect.Room {
	d.t.Helper()
	shop := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer "+shopKey {
			writer.WriteHeader(http.StatusUnauthorized)
		}
	}))
	d.t.Cleanup(shop.Close)
	policy := scope.DefaultFetchPolicy()
	policy.Allow("127.0.0.1")
	fetcher := scope.NewFetcher(policy)
	d.t.Cleanup(fetcher.Close)
	made := connect.New(connect.Options{
		Store: d.store, Sealer: box, Fetch: fetcher.Fetch, Callback: "https://hooks.example/oauth2/callback", Back: []string{"https://app.example"},
		Providers: byType{"apiKey": apikey.New(), "apiKeySecret": apikey.New(), "authorizationCode": oauth2.New()},
		Holder:    "desk", Now: time.Now, Random: func() float64 { return 0 }, Log: log,
	})
	d.t.Cleanup(func() { made.Close(context.WithoutCancel(d.t.Context())) })
	if err := made.Use(d.t.Context(), []*integration.Integration{connected(d.t, shop.URL)}); err != nil {
		d.t.Fatal(err)
	}
	return made
}

// connected declares the connections, with the names that are hardest to bring through a URL.
func connected(t *testing.T, shop string) *integration.Integration {
	t.Helper()
	pattern, err := integration.ParseHostPattern(shop)
	if err != nil {
		t.Fatal(err)
	}
	types := slices.Concat(apikey.Description().Types, oauth2.Description().Types)
	declare := func(kind string, change func(*integration.Declaration)) *integration.Declaration {
		found, _ := integration.FindType(types, kind)
		made := &integration.Declaration{Type: found}
		change(made)
		return made
	}
	return &integration.Integration{
		ID: "crm", Name: "CRM", File: "crm/integration.yaml",
		ConfigVars: []integration.ConfigVar{
			{Name: "Shop API", Type: integration.VarConnection, Declaration: declare("apiKey", func(of *integration.Declaration) {
				of.Hosts, of.TestURL = []integration.HostPattern{pattern}, shop+"/me"
			})},
			{Name: "CRM/Sales & more?", Type: integration.VarConnection, Declaration: declare("authorizationCode", func(of *integration.Declaration) {
				of.Fields = connection.Values{"authorizeUrl": "https://crm.example/authorize", "tokenUrl": "https://crm.example/token"}
			})},
			{Name: "Pair", Type: integration.VarConnection, Declaration: declare("apiKeySecret", func(of *integration.Declaration) { of.Shared = true })},
		},
		Instances: []integration.Instance{{Name: "acme", ConfigVars: []byte("{}")}},
	}
}

func crm(name string) client.ConnectionKey {
	return client.ConnectionKey{Integration: "crm", Instance: "acme", Name: name}
}

func TestConnectionsAreListed(t *testing.T) {
	t.Parallel()
	host := newDesk(t).client()
	for _, each := range []struct {
		integration, instance, status string

		want []string
	}{
		{want: []string{"acme: Shop API is pending", "acme: CRM/Sales & more? is pending", ": Pair is pending"}},
		{integration: "crm", instance: "acme", want: []string{"acme: Shop API is pending", "acme: CRM/Sales & more? is pending"}},
		{integration: "orders"},
		{status: "active"},
	} {
		all, err := host.Connections(t.Context(), each.integration, each.instance, each.status)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, one := range all {
			got = append(got, one.Instance+": "+one.Name+" is "+one.Status)
		}
		if diff := cmp.Diff(each.want, got); diff != "" {
			t.Errorf("%+v:\n%s", each, diff)
		}
	}
	_, err := host.Connections(t.Context(), "", "", "activ")
	if said, ok := errors.AsType[*client.Error](err); !ok || said.Status != 400 || said.Field != "status" || !strings.Contains(said.Message, "active") {
		t.Errorf("an unknown status: %v", err)
	}
}

func TestConnectionIsSetTestedAndDeleted(t *testing.T) {
	t.Parallel()
	host, shop := newDesk(t).client(), crm("Shop API")
	wrong, right := "canary-wrong", shopKey
	for _, each := range []struct {
		key   *string
		ok    bool
		words string
	}{
		{&wrong, false, "401"},
		{&right, true, "200"},
	} {
		made, err := host.SetConnection(t.Context(), shop, map[string]*string{"apiKey": each.key})
		if err != nil || made.Status != "active" || made.Inputs[0].From != "database" || made.Inputs[0].Value != "" {
			t.Fatalf("set: %+v, %v", made, err)
		}
		tested, err := host.TestConnection(t.Context(), shop)
		if err != nil || tested.OK != each.ok || !strings.Contains(tested.Message, each.words) {
			t.Errorf("with %s: %+v, %v", *each.key, tested, err)
		}
	}
	made, err := host.SetConnection(t.Context(), shop, map[string]*string{"apiKey": nil})
	if err != nil || made.Status != "pending" || made.Inputs[0].From != "" {
		t.Errorf("taken back: %+v, %v", made, err)
	}
	if err := host.DeleteConnection(t.Context(), shop); err != nil {
		t.Error(err)
	}
	if now, err := host.Connection(t.Context(), shop); err != nil || len(now.Events) != 0 {
		t.Errorf("deleted: %+v, %v", now, err)
	}
}

func TestConnectionIsAuthorized(t *testing.T) {
	t.Parallel()
	host, sales := newDesk(t).client(), crm("CRM/Sales & more?")
	_, err := host.AuthorizeConnection(t.Context(), sales, wire.Authorize{})
	said, ok := errors.AsType[*client.Error](err)
	if !ok || said.Status != 400 || len(said.Findings) != 2 || said.Findings[0].Field != "clientId" {
		t.Errorf("without inputs: %v, %+v", err, said)
	}
	id, secret := "us", "canary-client-secret"
	made, err := host.SetConnection(t.Context(), sales, map[string]*string{"clientId": &id, "clientSecret": &secret})
	if err != nil || made.Status != "pending" || made.CallbackURL != "https://hooks.example/oauth2/callback" {
		t.Fatalf("got %+v, %v", made, err)
	}
	begun, err := host.AuthorizeConnection(t.Context(), sales, wire.Authorize{Success: "https://app.example/done"})
	if err != nil || !strings.HasPrefix(begun.Link, "https://hooks.example/oauth2/start/") || !begun.ExpiresAt.After(time.Now()) {
		t.Errorf("got %+v, %v", begun, err)
	}
	_, err = host.AuthorizeConnection(t.Context(), sales, wire.Authorize{Failure: "https://evil.example/"})
	if said, ok := errors.AsType[*client.Error](err); !ok || said.Status != 400 || said.Findings[0].Field != "failure" {
		t.Errorf("to an origin that is not allowed: %v", err)
	}
}

func TestConnectionErrors(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host, text := d.client(), "x"
	for name, each := range map[string]struct {
		do     func() error
		status int
		words  string
	}{
		"unknown connection": {func() error { _, err := host.Connection(t.Context(), crm("Shop")); return err }, 404, "Shop API"},
		"unknown input": {func() error {
			_, err := host.SetConnection(t.Context(), crm("Shop API"), map[string]*string{"apikey": &text})
			return err
		}, 400, "apiKey"},
		"a shared one of an instance": {func() error { _, err := host.Connection(t.Context(), crm("Pair")); return err }, 404, "Pair"},
		"no token to revoke":          {func() error { return host.RevokeConnection(t.Context(), crm("Shop API")) }, 409, ""},
		"nothing to authorize": {func() error {
			_, err := host.AuthorizeConnection(t.Context(), crm("Shop API"), wire.Authorize{})
			return err
		}, 409, "apiKey"},
	} {
		said, ok := errors.AsType[*client.Error](each.do())
		if !ok || said.Status != each.status || !strings.Contains(said.Message, each.words) {
			t.Errorf("%s: got %+v", name, said)
		}
	}
	shared := client.ConnectionKey{Integration: "crm", Name: "Pair"}
	if found, err := host.Connection(t.Context(), shared); err != nil || found.Type != "apiKeySecret" || found.Instance != "" {
		t.Errorf("the shared one: %+v, %v", found, err)
	}
}

// No answer and no log line of the API tells what is secret.
func TestConnectionTellsNoSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host, id, secret := d.client(), "canary-id", "canary-secret"
	shared := client.ConnectionKey{Integration: "crm", Name: "Pair"}
	made, err := host.SetConnection(t.Context(), shared, map[string]*string{"apiKey": &id, "apiSecret": &secret})
	if err != nil {
		t.Fatal(err)
	}
	all, err := host.Connections(t.Context(), "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal([]any{made, all})
	if err != nil {
		t.Fatal(err)
	}
	if said := string(text) + d.log.String(); strings.Contains(said, secret) || !strings.Contains(said, id) {
		t.Errorf("told: %s", said)
	}
}
