package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

const (
	guarded = 12 // connections, one of each instance
	stuck   = 5  // of them, that somebody else changes while keys are rotated
)

const guardedIntegration = `
name: Guarded
configVars:
  Shop API: {type: connection, connection: apiKey, hosts: ["$SHOP"]}
flows:
  - name: Use
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async (context, { trigger }) => {
            const { status } = await fetch("$SHOP/ask/" + trigger.results.body.data, { connection: "Shop API" });
            return { data: status };
          };
  - name: Carry
    steps:
      - name: Make
        code: |
          module.exports = async ({ configVars }, { trigger }) => {
            await fetch("$SHOP/made/" + trigger.results.body.data);
            return { data: { key: configVars["Shop API"].fields.apiKey, caller: trigger.results.headers["authorization"] } };
          };
      - name: Wait
        code: |
          module.exports = async (context, { trigger }) => ({ data: (await fetch("$SHOP/wait/" + trigger.results.body.data)).status });
      - name: Tell
        code: |
          module.exports = async (context, { trigger, make }) => {
            const told = { ...make.results, header: trigger.results.headers["authorization"] };
            await fetch("$SHOP/tell/" + trigger.results.body.data, { method: "POST", body: JSON.stringify(told) });
            return { data: null };
          };
`

func guardedName(number int) string { return fmt.Sprintf("shop-%02d", number) }

func guardedKey(instance string) string { return "canary-key-of-" + instance }

func guardedCaller(instance string) string { return "Bearer canary-caller-of-" + instance }

// guardedShop is the service that the connections are of.
type guardedShop struct {
	http.ServeMux

	open chan struct{} // when it is closed, who waits may go on

	mu      sync.Mutex
	made    map[string]int // how often by instance
	waiting map[string]int
	told    map[string]map[string]string
}

func newGuardedShop() *guardedShop {
	made := &guardedShop{open: make(chan struct{}), made: map[string]int{}, waiting: map[string]int{}, told: map[string]map[string]string{}}
	made.HandleFunc("/ask/{instance}", func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer "+guardedKey(request.PathValue("instance")) {
			writer.WriteHeader(http.StatusForbidden)
		}
	})
	made.HandleFunc("/made/{instance}", func(_ http.ResponseWriter, request *http.Request) { made.count(made.made, request) })
	made.HandleFunc("/wait/{instance}", func(_ http.ResponseWriter, request *http.Request) {
		made.count(made.waiting, request)
		select {
		case <-made.open:
		case <-request.Context().Done():
		}
	})
	made.HandleFunc("/tell/{instance}", func(_ http.ResponseWriter, request *http.Request) {
		var told map[string]string
		_ = json.NewDecoder(request.Body).Decode(&told) // a wrong one is found later
		made.mu.Lock()
		defer made.mu.Unlock()
		made.told[request.PathValue("instance")] = told
	})
	return made
}

func (g *guardedShop) count(in map[string]int, request *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	in[request.PathValue("instance")]++
}

// has polls until as many instances as there are have come somewhere.
func (g *guardedShop) has(t *testing.T, what string, count func() int) {
	t.Helper()
	err := poll(func() error {
		g.mu.Lock()
		defer g.mu.Unlock()
		if have := count(); have < guarded {
			return fmt.Errorf("%d of %d instances have %s", have, guarded, what)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// guardedHost is a host with a data folder of its own.
type guardedHost struct {
	*hostUnderTest

	data   string
	client *client.Client
	killed atomic.Bool
	served atomic.Int64
}

// guardedHosts are hosts of one database.
type guardedHosts struct {
	database, keyFile, integration string
}

func (g *guardedHosts) start(t *testing.T, data string) *guardedHost {
	t.Helper()
	host := startServe(t, g.integration, "--data", data, "--database", g.database, "--seal-key-file", g.keyFile, "--fetch-allow", "127.0.0.1", g.integration)
	token, err := admin.ReadLocal(data)
	if err != nil {
		t.Fatal(err)
	}
	asks, err := client.New(host.admin, token)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(asks.Close)
	return &guardedHost{hostUnderTest: host, data: data, client: asks}
}

// run runs a command of the program against the host, and gives what it wrote.
func (g *guardedHost) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(binary, "hookstep"), append(args, "--admin", g.admin)...)
	command.Dir, command.Env = g.data, append(os.Environ(), "HOOKSTEP_DATA="+g.data)
	out, err := command.CombinedOutput()
	return string(out), err
}

// use has an instance's code call the service with the credential.
func (g *guardedHost) use(instance string) error {
	answer, err := g.hostUnderTest.client.Post(g.hooks+"/hooks/"+instance+"/use", "application/json", strings.NewReader(`"`+instance+`"`))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(text.String()) != "200" {
		return fmt.Errorf("the flow of %s says %d %s", instance, answer.StatusCode, &text)
	}
	return nil
}

// useAll uses all credentials in turn until stop is closed or the host was killed. None may fail.
func (g *guardedHost) useAll(t *testing.T, stop <-chan struct{}) {
	t.Helper()
	for number := 0; ; number++ {
		select {
		case <-stop:
			return
		default:
		}
		err := g.use(guardedName(number % guarded))
		if g.killed.Load() {
			return
		}
		if err != nil {
			t.Errorf("after %d calls: %v", number, err)
			return
		}
		g.served.Add(1)
	}
}

// carry starts the asynchronous flow of an instance, with a credential of the caller.
func (g *guardedHost) carry(t *testing.T, instance string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.hooks+"/hooks/"+instance+"/carry", strings.NewReader(`"`+instance+`"`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", guardedCaller(instance))
	answer, err := g.hostUnderTest.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if _ = answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status)
	}
}

// kill ends the host as a crash does.
func (g *guardedHost) kill(t *testing.T) {
	t.Helper()
	g.killed.Store(true)
	if err := g.server.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-g.server.ended
}

// hold claims connections, as who renews one does, so that they cannot be sealed again, and gives what frees them.
func hold(t *testing.T, database string, count int) (free func()) {
	t.Helper()
	opened, err := home.Open(t.Context(), database, home.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := opened.ListConnections(t.Context(), store.ConnectionFilter{})
	if err != nil || len(rows) != guarded {
		t.Fatalf("%d connections, %v", len(rows), err)
	}
	const holder = "somebody else"
	for i := range count {
		now := time.Now()
		held, err := opened.ClaimConnection(t.Context(), store.ConnectionClaim{
			Key: rows[i].Key, Version: rows[i].Version, Holder: holder, Now: now, Until: now.Add(time.Hour),
		})
		if err != nil || !held {
			t.Fatalf("claimed: %t, %v", held, err)
		}
	}
	return func() {
		for i := range count {
			if err := opened.ReleaseConnection(t.Context(), rows[i].Key, holder); err != nil {
				t.Error(err)
			}
		}
		if err := opened.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestKeysAreRotatedWhileHostsServeAndDie has two hosts of one database whose data folders have nothing in common but the key file. The one
// that rotates keys is killed on the way, with executions that the other one goes on with.
func TestKeysAreRotatedWhileHostsServeAndDie(t *testing.T) {
	t.Parallel()
	shop := newGuardedShop()
	of := &guardedHosts{database: scratch.ForTest(t).URL(), keyFile: filepath.Join(t.TempDir(), "seal.key"), integration: writeGuarded(t, serveShop(t, shop))}
	if out, err := exec.CommandContext(t.Context(), filepath.Join(binary, "hookstep"), "keys", "new", "--out", of.keyFile).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	first := of.start(t, t.TempDir())
	for i := range guarded {
		instance, key := guardedName(i), guardedKey(guardedName(i))
		if _, err := first.client.SetConnection(t.Context(), client.ConnectionKey{Integration: "guarded", Instance: instance, Name: "Shop API"}, map[string]*string{"apiKey": &key}); err != nil {
			t.Fatal(err)
		}
		first.carry(t, instance)
	}
	shop.has(t, "come to wait", func() int { return len(shop.waiting) }) // on the only host; what they made before is kept
	second := of.start(t, t.TempDir())

	stop := make(chan struct{})
	var callers sync.WaitGroup
	for _, host := range []*guardedHost{first, second} {
		callers.Go(func() { host.useAll(t, stop) })
	}
	rotateAndKill(t, of, first, second)
	close(shop.open)
	out, err := second.run(t, "keys", "rotate")
	if err != nil || !strings.Contains(out, "everything is sealed with the key") {
		t.Errorf("rotating on the other host: %v\n%s", err, out)
	}
	told, err := second.client.Keys(t.Context())
	if err != nil || told.Rotating || told.Unknown != 0 || len(told.Keys) != 2 || told.Keys[0].Sealed != guarded || told.Keys[1].Sealed != 0 {
		t.Errorf("afterwards: %+v, %v", told, err)
	}
	shop.has(t, "told", func() int { return len(shop.told) })
	close(stop)
	callers.Wait()
	if first.served.Load() == 0 || second.served.Load() == 0 {
		t.Errorf("served: %d and %d", first.served.Load(), second.served.Load())
	}
	shop.check(t)
	again := of.start(t, first.data)
	for i := range guarded {
		if err := again.use(guardedName(i)); err != nil {
			t.Error(err)
		}
	}
}

// rotateAndKill kills a host that is in the middle of rotating keys.
func rotateAndKill(t *testing.T, of *guardedHosts, rotating, other *guardedHost) {
	t.Helper()
	free := hold(t, of.database, stuck)
	defer free()
	ended := make(chan error, 1)
	go func() {
		out, err := rotating.run(t, "keys", "rotate")
		if err == nil {
			ended <- fmt.Errorf("rotating ended well although the host was killed:\n%s", out)
			return
		}
		ended <- nil
	}()
	err := poll(func() error {
		told, err := other.client.Keys(t.Context())
		if err == nil && (!told.Rotating || told.Keys[0].Sealed != guarded-stuck || told.Keys[1].Sealed != stuck) {
			err = fmt.Errorf("the rotation is not on its way: %+v", told)
		}
		return err
	})
	served := [2]int64{rotating.served.Load(), other.served.Load()}
	err = errors.Join(err, poll(func() error { // with two keys in use
		if rotating.served.Load() < served[0]+guarded || other.served.Load() < served[1]+guarded {
			return fmt.Errorf("not all credentials were used on both hosts meanwhile")
		}
		return nil
	}))
	rotating.kill(t)
	if err := errors.Join(err, <-ended); err != nil {
		t.Fatal(err)
	}
}

// check looks at what the code of the executions was given.
func (g *guardedShop) check(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range guarded {
		instance := guardedName(i)
		want := map[string]string{"key": guardedKey(instance), "caller": guardedCaller(instance), "header": guardedCaller(instance)}
		if diff := cmp.Diff(want, g.told[instance]); diff != "" {
			t.Errorf("what the second host made of the first one's step for %s (-want +got):\n%s", instance, diff)
		}
		if g.made[instance] != 1 || g.waiting[instance] < 2 {
			t.Errorf("%s: the first step ran %d times, the second %d", instance, g.made[instance], g.waiting[instance])
		}
	}
}

// writeGuarded writes the integration with its instances.
func writeGuarded(t *testing.T, shop string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "guarded")
	if err := os.MkdirAll(filepath.Join(folder, "instances"), 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"integration.yaml": strings.ReplaceAll(guardedIntegration, "$SHOP", shop)}
	for i := range guarded {
		files["instances/"+guardedName(i)+".yaml"] = fmt.Sprintf("name: Shop %d\n", i)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func serveShop(t *testing.T, shop http.Handler) string {
	t.Helper()
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	return server.URL
}
