package connect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// fetches makes exchanges as the host's own fetcher does, without its address policy.
func fetches(ctx context.Context, asked hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	request, err := http.NewRequestWithContext(ctx, asked.Method, asked.URL, bytes.NewReader(asked.Body))
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	for _, header := range asked.Headers {
		request.Header.Add(header.Name, header.Value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return hostapi.FetchResponse{}, fault.New(fault.Downstream, fault.Unreachable, "no answer: %v", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return hostapi.FetchResponse{Status: answer.StatusCode, Body: text}, err
}

func TestTestUsesTheConnectionOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(options *connect.Options) { options.Fetch = fetches })
	test := func() connect.Tested {
		t.Helper()
		tested, err := s.room.Test(t.Context(), key())
		if err != nil {
			t.Fatal(err)
		}
		return tested
	}
	if tested := test(); tested.OK || !strings.Contains(tested.Message, "nobody has authorized it yet") {
		t.Errorf("before: %+v", tested)
	}
	s.authorize()
	want := connect.Tested{OK: true, Message: "the service answered 200 OK", URL: s.authority.URL + "/me", Status: 200}
	if diff := cmp.Diff(want, test(), cmpopts.IgnoreFields(connect.Tested{}, "Elapsed")); diff != "" {
		t.Error(diff)
	}
	s.authority.expire()
	if tested := test(); !tested.OK {
		t.Errorf("with a token that the service refuses, and a newer one to be had: %+v", tested)
	}
	s.authority.end()
	if tested := test(); tested.OK || tested.Status != http.StatusUnauthorized {
		t.Errorf("with a grant that is gone: %+v", tested)
	}
}

func TestTestOfAKeyIsItsStatus(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	w.change = func(options *connect.Options) { options.Fetch = fetches }
	of := shop(&integration.Declaration{Type: typeOf(t, "apiKey"), Hosts: hosts(t, server.URL), TestURL: server.URL + "/me"}, connection.Values{"apiKey": "wrong-key"})
	room := w.host(of)
	tested, err := room.Test(t.Context(), key())
	if err != nil || tested.OK || tested.Status != http.StatusUnauthorized {
		t.Errorf("tested: %+v, %v", tested, err)
	}
	listed, err := room.List(t.Context(), store.ConnectionFilter{Status: store.ConnectionFailed})
	if err != nil || len(listed) != 1 || !strings.Contains(listed[0].Cause, "does not accept the credential") {
		t.Errorf("listed: %+v, %v", listed, err)
	}
	if _, err := room.Credential(t.Context(), target(of), "Shop API"); err != nil {
		t.Errorf("what a test found out keeps code from trying: %v", err)
	}
}

func TestListHasWhatIsDeclaredAndWhatIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kind := typeOf(t, "apiKey")
	of := shop(&integration.Declaration{Type: kind}, nil)
	of.ConfigVars = append(of.ConfigVars, integration.ConfigVar{
		Name: "Ours", Type: integration.VarConnection, Declaration: &integration.Declaration{Type: kind, Shared: true},
	})
	of.Instances = append(of.Instances, integration.Instance{Name: "beta", ConfigVars: []byte("{}")})
	room := w.host(of)
	ours := store.ConnectionKey{Integration: "shop", Name: "Ours"}
	for _, one := range []store.ConnectionKey{key(), ours} {
		if _, err := room.Set(t.Context(), one, connection.Values{"apiKey": "a-secret-key"}); err != nil {
			t.Fatal(err)
		}
	}
	type line struct {
		Instance, Name string
		Status         store.ConnectionStatus
		Declared       bool
	}
	list := func(room *connect.Room, of store.ConnectionFilter) []line {
		t.Helper()
		all, err := room.List(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		var lines []line
		for _, one := range all {
			lines = append(lines, line{string(one.Key.Instance), one.Key.Name, one.Status, one.Declared})
		}
		return lines
	}
	want := []line{{"acme", "Shop API", "active", true}, {"", "Ours", "active", true}, {"beta", "Shop API", "pending", true}}
	if diff := cmp.Diff(want, list(room, store.ConnectionFilter{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[2:], list(room, store.ConnectionFilter{Status: store.ConnectionPending})); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	for _, instance := range of.Instances {
		values, err := room.Values(t.Context(), &integration.Target{Integration: of, Instance: &instance, Flow: &of.Flows[0]}, 0)
		if err != nil || !strings.Contains(string(values.JSON["Ours"]), "a-secret-key") {
			t.Errorf("%s sees %s, %v", instance.Name, values.JSON["Ours"], err)
		}
	}
	empty := w.host(shop(nil, nil))
	if diff := cmp.Diff([]line{{"", "Ours", "active", false}, {"acme", "Shop API", "active", false}}, list(empty, store.ConnectionFilter{})); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	if _, err := empty.Show(t.Context(), ours); err != nil {
		t.Error(err)
	}
	if err := empty.Delete(t.Context(), ours); err != nil {
		t.Error(err)
	}
}

func TestDetailsHoldNoSecret(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.authorize()
	shown := fmt.Sprintf("%+v %#v", s.show(), s.show())
	credential, err := s.room.Credential(t.Context(), target(s.of), "Shop API")
	if err != nil {
		t.Fatal(err)
	}
	shown += fmt.Sprintf("%v %s %+v", credential, credential, credential.Secrets())
	listed, err := s.room.List(t.Context(), store.ConnectionFilter{})
	if err != nil {
		t.Fatal(err)
	}
	shown += fmt.Sprintf("%+v", listed) + s.log.String()
	for _, secret := range credential.Secrets() {
		if strings.Contains(shown, secret.Value) {
			t.Errorf("%s is shown", secret.Name)
		}
	}
	var names []string
	for _, secret := range credential.Secrets() {
		names = append(names, secret.Name)
	}
	want := []string{"Shop API.clientSecret", "Shop API.token.access_token", "Shop API.token.refresh_token"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestUseTellsWhatProvidersFind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	room := w.host()
	of := shop(&integration.Declaration{Type: typeOf(t, "authorizationCode"), Options: connection.Values{"preset": "no such service"}}, nil)
	err := room.Use(t.Context(), []*integration.Integration{of})
	problems, ok := errors.AsType[integration.Problems](err)
	if !ok || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), `shop/integration.yaml:7: connection "Shop API": preset `) {
		t.Errorf("Use gave %v", err)
	}
	of = shop(&integration.Declaration{Type: typeOf(t, "apiKey")}, connection.Values{"apikey": "x"})
	want := `shop/instances/acme.yaml: connection "Shop API" has no input "apikey"; did you mean "apiKey"?`
	if err := room.Use(t.Context(), []*integration.Integration{of}); err == nil || err.Error() != want {
		t.Errorf("Use gave %v", err)
	}
}

// TestProviderThatIsThereLater is asked again when the connection is used.
func TestProviderThatIsThereLater(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	there := providers{}
	w.providers = there
	of := shop(server.declared(t, "clientCredentials"), server.fields("clientCredentials"))
	room := w.host(of)
	if token := accessToken(t, room, of, 0); token != "" {
		t.Errorf("there is a token: %s", token)
	}
	shown, err := room.Show(t.Context(), key())
	if err != nil || shown.Status.Status != store.ConnectionFailed || !strings.Contains(shown.Cause, "no plugin offers") {
		t.Errorf("shown: %+v, %v", shown.Status, err)
	}
	maps.Copy(there, bundled())
	w.clock.advance(2 * time.Second)
	if token := accessToken(t, room, of, 0); !server.good(token) {
		t.Errorf("the token is %q", token)
	}
}

// TestTransientHost keeps what it needs in memory.
func TestTransientHost(t *testing.T) {
	t.Parallel()
	w, server := newWorld(t), newAuthority(t)
	w.change = func(options *connect.Options) {
		options.Store, options.Sealer, options.Callback = connect.NewMemory(), connect.Unsealed{}, ""
	}
	of := shop(server.declared(t, "clientCredentials"), server.fields("clientCredentials"))
	if token := accessToken(t, w.host(of), of, 0); !server.good(token) {
		t.Errorf("the token is %q", token)
	}
	authorizes := w.host(shop(server.declared(t, "authorizationCode"), server.fields("authorizationCode")))
	if _, err := authorizes.Authorize(t.Context(), key(), connect.Back{}); err == nil || !strings.Contains(err.Error(), "authorize it there") {
		t.Errorf("Authorize gave %v", err)
	}
}

// TestSealedAnew has every row sealed with the key that came last, while tokens stay good.
func TestSealedAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if _, err := s.room.Set(t.Context(), key(), connection.Values{"scopes": "read"}); err != nil {
		t.Fatal(err)
	}
	s.authorize()
	was := s.token(0)
	if err := s.box.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "all is sealed again", func() bool {
		done, _, err := s.box.Reseal(t.Context(), s.room, 10)
		return err == nil && done
	})
	row, err := s.database.FindConnection(t.Context(), key())
	if err != nil || s.box.Stale(row.Token) || s.box.Stale(row.Inputs) {
		t.Errorf("the row is not sealed anew: %v", err)
	}
	if token := accessToken(t, s.host(s.of), s.of, 0); token != was {
		t.Errorf("afterwards the token is %q", token)
	}
}

// TestMovedSecretsDoNotOpen puts the row of one instance in the place of another's.
func TestMovedSecretsDoNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	of := shop(&integration.Declaration{Type: typeOf(t, "apiKey")}, nil)
	of.Instances = append(of.Instances, integration.Instance{Name: "beta", ConfigVars: []byte("{}")})
	room := w.host(of)
	if _, err := room.Set(t.Context(), key(), connection.Values{"apiKey": "the key of acme"}); err != nil {
		t.Fatal(err)
	}
	row, err := w.database.FindConnection(t.Context(), key())
	if err != nil {
		t.Fatal(err)
	}
	row.Key.Instance = "beta"
	for version := range row.Version {
		row.Version = version + 1
		if err := w.database.SaveConnection(t.Context(), &row, nil); err != nil {
			t.Fatal(err)
		}
	}
	shown, err := room.Show(t.Context(), row.Key)
	if err != nil || shown.Status.Status != store.ConnectionFailed || !strings.Contains(shown.Cause, "does not open") {
		t.Errorf("shown: %+v, %v", shown.Status, err)
	}
	values, err := room.Values(t.Context(), &integration.Target{Integration: of, Instance: &of.Instances[1], Flow: &of.Flows[0]}, 0)
	if err != nil || strings.Contains(string(values.JSON["Shop API"]), "acme") {
		t.Errorf("code sees %s, %v", values.JSON["Shop API"], err)
	}
}
