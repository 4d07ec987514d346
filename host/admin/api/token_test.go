package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/api"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// token makes one with scopes.
func (d *desk) token(name string, expires time.Time, scopes ...string) string {
	d.t.Helper()
	made, err := d.client().CreateToken(d.t.Context(), wire.NewToken{Name: name, Scopes: scopes, ExpiresAt: expires})
	if err != nil {
		d.t.Fatal(err)
	}
	return made.Text
}

// Each route takes tokens of its own scope only, and none without.
func TestScopes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.accept().String()
	paths := strings.NewReplacer("{id}", id, "{integration}", "orders", "{instance}", "acme", "{flow}", "receive-order", "{name}", "nobody")
	tokens := map[admin.Scope]string{}
	for _, scope := range admin.Scopes() {
		tokens[scope] = d.token("only-"+string(scope), time.Time{}, string(scope))
	}
	tokens["all"] = d.guard.Local()
	for _, route := range api.Routes() {
		path := paths.Replace(route.Path)
		for _, wrong := range []string{"", "hs_wrong", strings.ToUpper(tokens["all"]), tokens["all"] + "x"} {
			status, header, body := d.do(route.Method, path, wrong, "")
			if status != http.StatusUnauthorized || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") || !strings.Contains(body, "token") {
				t.Errorf("%s %s with the token %.5q: %d %v %s", route.Method, path, wrong, status, header, body)
			}
		}
		for scope, token := range tokens {
			allowed := scope == route.Scope || scope == "all"
			status, header, body := d.do(route.Method, path, token, "")
			if got := status != http.StatusForbidden && status != http.StatusUnauthorized; got != allowed {
				t.Errorf("%s %s with %s: %d %s", route.Method, path, scope, status, body)
			}
			if !allowed && !strings.Contains(header.Get("WWW-Authenticate"), "insufficient_scope") {
				t.Errorf("%s %s with %s says %q", route.Method, path, scope, header.Get("WWW-Authenticate"))
			}
		}
	}
}

func TestSchemeOfTheToken(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for header, want := range map[string]int{
		"Bearer " + d.guard.Local(): 200, "bearer  " + d.guard.Local(): 200, "Basic " + d.guard.Local(): 401, d.guard.Local(): 401, "Bearer": 401,
	} {
		if status, _, body := d.do("GET", "/schedules", "", "", "Authorization", header); status != want {
			t.Errorf("%.10s…: %d %s", header, status, body)
		}
	}
}

// A token ends at its time, and soon after it is revoked.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host := d.client()
	short, long := d.token("short", time.Now().Add(time.Minute), "read"), d.token("long", time.Time{}, "read", "write", "read")
	listed, err := host.Tokens(t.Context())
	if err != nil || len(listed) != 2 || listed[0].Name != "long" || len(listed[0].Scopes) != 2 || !listed[0].ExpiresAt.IsZero() || listed[1].ExpiresAt.IsZero() {
		t.Errorf("got %+v, %v", listed, err)
	}
	expect := func(token string, want int, words string) {
		t.Helper()
		if status, _, body := d.do("GET", "/schedules", token, ""); status != want || !strings.Contains(body, words) {
			t.Errorf("got %d %s, want %d %q", status, body, want, words)
		}
	}
	expect(short, 200, "")
	expect(long, 200, "")
	d.ahead.Store(int64(time.Minute + time.Second))
	expect(short, 401, "expired at")
	expect(long, 200, "")
	if err := host.RevokeToken(t.Context(), "long"); err != nil {
		t.Fatal(err)
	}
	d.ahead.Add(int64(2 * time.Second)) // as long as a host remembers
	expect(long, 401, "not known")
	if _, err := host.CreateToken(t.Context(), wire.NewToken{Name: "short", Scopes: []string{"read"}}); statusOf(err) != http.StatusConflict {
		t.Errorf("a name that is taken: %v", err)
	}
}
