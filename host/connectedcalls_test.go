package host_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/config"
)

// shop is a service with an API, and the authorization server for it.
type shop struct {
	*httptest.Server

	mu     sync.Mutex
	seen   []string // what calls of the API showed
	echoed []echo
	issued int    // tokens
	valid  string // the one that the API takes
}

const shopKey = `k3y/of+"acme"&sons`

func newShop(t *testing.T) *shop {
	t.Helper()
	made := &shop{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", made.token)
	mux.HandleFunc("/api/", made.api)
	mux.HandleFunc("/echo/", made.echo)
	made.Server = httptest.NewServer(mux)
	t.Cleanup(made.Close)
	return made
}

// echo is what a call showed.
type echo struct{ Key, Authorization, Query, Body string }

// echo tells back what it is shown.
func (s *shop) echo(writer http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	shown := echo{request.Header.Get("X-Key"), request.Header.Get("Authorization"), request.URL.RawQuery, string(body)}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.echoed = append(s.echoed, shown)
	answer, err := json.Marshal(map[string]string{"key": shown.Key, "authorization": shown.Authorization, "query": shown.Query, "body": shown.Body})
	if err != nil {
		writer.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = writer.Write(answer)
}

// shown is what echo was shown last.
func (s *shop) shown() echo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.echoed[len(s.echoed)-1]
}

// token issues tokens that live for an hour.
func (s *shop) token(writer http.ResponseWriter, request *http.Request) {
	id, secret, _ := request.BasicAuth()
	secret, err := url.QueryUnescape(secret) // RFC 6749, 2.3.1
	if err != nil || id != "acme" || secret != shopKey {
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	s.valid = fmt.Sprintf("token-%d-0123456789abcdef", s.issued)
	writer.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(writer, `{"access_token": %q, "token_type": "Bearer", "expires_in": 3600, "instance_url": "https://acme.example"}`, s.valid)
}

// api takes the newest token only, and tells it back.
func (s *shop) api(writer http.ResponseWriter, request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := request.Header.Get("Authorization")
	s.seen = append(s.seen, shown)
	if shown != "Bearer "+s.valid {
		writer.WriteHeader(http.StatusUnauthorized)
		return
	}
	_, _ = io.WriteString(writer, "hello "+shown)
}

// expire has the API take no token that was issued so far.
func (s *shop) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.valid = "none"
}

func (s *shop) told() (issued int, seen []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued, slices.Clone(s.seen)
}

const shopYAML = `
name: Shop
secrets: $SECRETS
configVars:
  Shop API:
    type: connection
    connection: apiKey
    hosts: ["$SHOP"]
    send: {headers: {X-Key: "{apiKey}"}}
  Token API:
    type: connection
    connection: clientCredentials
    hosts: ["$SHOP"]
    fields: {tokenUrl: "$SHOP/token", clientId: acme}
flows:
  - name: Named
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ configVars }) => {
            const { body, ...answer } = await (await fetch("$SHOP/echo/", { method: "POST", connection: "Shop API", body: "plain" })).json();
            return { data: { ...answer, field: configVars["Shop API"].fields.apiKey } };
          };
  - name: In Lua
    synchronous: true
    steps:
      - name: Ask
        file: ask.lua
  - name: As elsewhere
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ configVars }) => {
            const { token } = configVars["Token API"];
            const answer = await fetch("$SHOP/api/", { headers: { Authorization: "Bearer " + token.access_token } });
            return { data: { status: answer.status, text: await answer.text(), url: token.instance_url } };
          };
  - name: Everywhere
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ configVars }) => {
            const { apiKey } = configVars["Shop API"].fields;
            const answer = await fetch("$SHOP/echo/?a=%20&k=" + encodeURIComponent(apiKey), {
              method: "POST",
              headers: { Authorization: "Basic " + btoa("me:" + apiKey), "Content-Type": "application/json" },
              body: JSON.stringify({ key: apiKey }),
            });
            return { data: await answer.json() };
          };
  - name: Keep
    synchronous: true
    steps:
      - name: Keep
        code: |
          module.exports = async ({ configVars, crossFlowState }) => {
            crossFlowState.key ??= configVars["Shop API"].fields.apiKey;
            const answer = await fetch("$SHOP/echo/", { headers: { "X-Key": crossFlowState.key } });
            return { data: [crossFlowState.key, (await answer.json()).key] };
          };
  - name: Try
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ configVars }, { trigger }) => {
            const { url, connection, key } = trigger.results.body.data;
            try {
              await fetch(url, { connection, headers: key ? { "X-Key": configVars["Shop API"].fields.apiKey } : {} });
              return { data: "sent" };
            } catch (error) {
              return { data: error.cause.message };
            }
          };
`

const shopLua = `
return function(ctx, steps)
  local answer = fetch("$SHOP/echo/", { method = "POST", connection = "Shop API", body = "plain" }).json()
  return { data = { key = answer.key, authorization = answer.authorization, query = answer.query, field = ctx.configVars["Shop API"].fields.apiKey } }
end
`

// serveShop writes the integration and its instance acme.
func serveShop(t *testing.T, of *shop, secrets string) string {
	t.Helper()
	fill := strings.NewReplacer("$SHOP", of.URL, "$SECRETS", secrets).Replace
	quoted, err := json.Marshal(shopKey)
	if err != nil {
		t.Fatal(err)
	}
	yaml := fill(shopYAML)
	if secrets == "" {
		yaml = strings.Replace(yaml, "\nsecrets: \n", "\n", 1)
	}
	return write(t, "shop", map[string]string{
		"integration.yaml": yaml, "ask.lua": fill(shopLua),
		"instances/acme.yaml": fmt.Sprintf("configVars:\n  Shop API: {apiKey: %s}\n  Token API: {clientSecret: %s}\n", quoted, quoted),
		"instances/beta.yaml": "configVars:\n  Shop API: {apiKey: another-key-of-beta}\n",
	})
}

func atHome(set *config.Config) { set.Fetch.Allow = []string{"127.0.0.1"} }

// asked calls a flow of the instance acme, and reads its answer.
func asked[T any](t *testing.T, base, flow, body string) T {
	t.Helper()
	status, _, answer := post(t, base, "/hooks/acme/"+flow, body, asJSON)
	var value T
	if err := json.Unmarshal([]byte(answer), &value); err != nil || status != http.StatusOK {
		t.Fatalf("%s: %d %s", flow, status, answer)
	}
	return value
}

// tried gives what the flow Try says of a call.
func tried(t *testing.T, base, body string) string {
	t.Helper()
	status, _, answer := post(t, base, "/hooks/acme/try", body, asJSON)
	if status != http.StatusOK {
		t.Errorf("%d %s", status, answer)
	}
	return answer
}

var handleForm = regexp.MustCompile(`^hks-[a-z2-7]{26}$`)

func TestCallsWithAConnection(t *testing.T) {
	t.Parallel()
	service := newShop(t)
	base := listen(t, start(t, atHome, serveShop(t, service, "")))
	for _, flow := range []string{"named", "in-lua"} {
		want := map[string]string{"key": shopKey, "authorization": "", "query": "", "field": shopKey}
		if diff := cmp.Diff(want, asked[map[string]string](t, base, flow, `{}`)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", flow, diff)
		}
		if got := service.shown(); got.Key != shopKey || got.Body != "plain" {
			t.Errorf("%s: the service was shown %+v", flow, got)
		}
	}
	for body, want := range map[string]string{
		`{"url":"` + service.URL + `/echo/","connection":"Shop API"}`:       "sent",
		`{"url":"http://localhost:1/","connection":"Shop API"}`:             `the connection "Shop API" may be sent to ` + service.URL + ` only; add "http://localhost:1" to its hosts in integration.yaml`,
		`{"url":"https://` + service.URL[7:] + `","connection":"Shop API"}`: `may be sent to ` + service.URL + ` only`,
		`{"url":"` + service.URL + `","connection":"Shop APi"}`:             `there is no connection "Shop APi"; did you mean "Shop API"?`,
	} {
		if got := tried(t, base, body); !strings.Contains(got, want) {
			t.Errorf("%s: got %s", body, got)
		}
	}
	status, _, answer := post(t, base, "/hooks/beta/try", `{"url":"`+service.URL+`","connection":"Token API"}`, asJSON)
	if status != http.StatusOK || !strings.Contains(answer, `"Token API"`) || !strings.Contains(answer, "pending") {
		t.Errorf("a connection without its inputs: %d %s", status, answer)
	}
}

// TestCodeWrittenForSecretsRunsWithHandles runs the same code with and without them. What a service echoes is what code knows.
func TestCodeWrittenForSecretsRunsWithHandles(t *testing.T) {
	t.Parallel()
	for _, secrets := range []string{"", "hidden"} {
		t.Run("secrets "+secrets, func(t *testing.T) {
			t.Parallel()
			service := newShop(t)
			base := listen(t, start(t, atHome, serveShop(t, service, secrets)))
			key := asked[map[string]string](t, base, "named", `{}`)["field"]
			if isHandle := handleForm.MatchString(key); isHandle != (secrets == "hidden") || !isHandle && key != shopKey {
				t.Fatalf("code sees %s", key)
			}
			got := asked[echo](t, base, "everywhere", `{}`)
			whole := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:"+shopKey))
			want := echo{Authorization: whole, Query: "a=%20&k=" + url.QueryEscape(shopKey), Body: keyAsJSON(t, shopKey)}
			if diff := cmp.Diff(want, service.shown()); diff != "" {
				t.Errorf("the service was shown (-want +got):\n%s", diff)
			}
			if got.Body != keyAsJSON(t, key) || got.Query != "a=%20&k="+url.QueryEscape(key) {
				t.Errorf("code was told the body %s, the query %s", got.Body, got.Query)
			}
			if isHidden := got.Authorization != whole; isHidden != (secrets == "hidden") || isHidden && !strings.Contains(got.Authorization, key) {
				t.Errorf("code was told %s", got.Authorization)
			}
			first := asked[apiAnswer](t, base, "as-elsewhere", `{}`)
			if first.Status != http.StatusOK || first.URL != "https://acme.example" {
				t.Errorf("as elsewhere: %+v", first)
			}
			if _, seen := service.told(); !slices.Equal(seen, []string{"Bearer token-1-0123456789abcdef"}) {
				t.Errorf("the service saw %q", seen)
			}
			if isHandle := handleForm.MatchString(strings.TrimPrefix(first.Text, "hello Bearer ")); isHandle != (secrets == "hidden") {
				t.Errorf("code was told %q", first.Text)
			}
		})
	}
}

// keyAsJSON is what JSON.stringify makes of {key}.
func keyAsJSON(t *testing.T, key string) string {
	t.Helper()
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]string{"key": key}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(text.String())
}

// apiAnswer is what the flow As elsewhere gives.
type apiAnswer struct {
	Status    int
	Text, URL string
}

// TestHandlesRenewTokens: callers at once, with a token that the service does not take any more, have it renewed once.
func TestHandlesRenewTokens(t *testing.T) {
	t.Parallel()
	service := newShop(t)
	base := listen(t, start(t, atHome, serveShop(t, service, "hidden")))
	first := asked[apiAnswer](t, base, "as-elsewhere", `{}`)
	service.expire()
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			if got := asked[apiAnswer](t, base, "as-elsewhere", `{}`); got.Status != http.StatusOK || got.Text != first.Text {
				t.Errorf("got %+v, at first %+v", got, first)
			}
		})
	}
	done.Wait()
	if issued, _ := service.told(); issued != 2 {
		t.Errorf("%d tokens were issued", issued)
	}
}

func TestHandlesAreKeptOverARestart(t *testing.T) {
	t.Parallel()
	service := newShop(t)
	folder, data := serveShop(t, service, "hidden"), t.TempDir()
	settings := func(set *config.Config) {
		atHome(set)
		set.Data = data
	}
	var before []string
	for range 2 {
		made := start(t, settings, folder)
		got := asked[[]string](t, listen(t, made), "keep", `{}`)
		if !handleForm.MatchString(got[0]) || got[1] != got[0] || service.shown().Key != shopKey || before != nil && !slices.Equal(before, got) {
			t.Errorf("got %q, before %q", got, before)
		}
		before = got
		made.Close(context.WithoutCancel(t.Context()))
	}
}

func TestHandlesOfOthersAreTexts(t *testing.T) {
	t.Parallel()
	service := newShop(t)
	base := listen(t, start(t, atHome, serveShop(t, service, "hidden")))
	mine := asked[map[string]string](t, base, "named", `{}`)["field"]
	status, _, answer := post(t, base, "/hooks/beta/keep", `{}`, asJSON)
	if status != http.StatusOK || strings.Contains(answer, mine) || !strings.Contains(answer, "hks-") || service.shown().Key != "another-key-of-beta" {
		t.Errorf("beta: %d %s", status, answer)
	}
	if got := tried(t, base, `{"url":"`+service.URL+`/echo/?k=`+strings.Trim(strings.Split(answer, ",")[0], "[\"")+`"}`); got != "sent" || !strings.HasPrefix(service.shown().Query, "k=hks-") {
		t.Errorf("a handle of beta: %s, the service was shown %+v", got, service.shown())
	}
	got := tried(t, base, `{"url":"http://localhost:1/","key":true}`)
	if !strings.Contains(got, `the call holds a secret of the connection "Shop API", which may be sent to `+service.URL+` only`) {
		t.Errorf("elsewhere: %s", got)
	}
}
