package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

// TestNoSecretIsLeft has code tell every secret of every type of connection in every way that there is, and then looks for them in all
// that the host keeps and tells.
func TestNoSecretIsLeft(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		findCanaries(t, func(*testing.T, *canaries) {})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		database := scratch.ForTest(t)
		findCanaries(t, func(t *testing.T, c *canaries) {
			t.Helper()
			dump, err := database.Dump(t.Context(), database.URL())
			if err != nil {
				t.Fatal(err)
			}
			c.look("dump of the database", dump)
			for _, bytes := range regexp.MustCompile(`\\x([0-9a-f]+)`).FindAllSubmatch(dump, -1) {
				decoded, err := hex.DecodeString(string(bytes[1]))
				if err != nil {
					t.Fatal(err)
				}
				c.look("dump of the database, bytes", decoded)
			}
		}, "--database", database.URL())
	})
}

func findCanaries(t *testing.T, dump func(*testing.T, *canaries), args ...string) {
	t.Helper()
	c := newCanaries(t)
	c.serve(args...)
	c.authorize()
	c.tell()
	c.crash()
	c.resume(args...)
	c.end()
	c.lookAtFiles(filepath.Join(c.folder, ".hookstep"))
	dump(t, c)
	t.Logf("looked for %d canaries in %d places, %d bytes: %s", len(c.known), len(c.places), c.bytes, strings.Join(c.places, ", "))
	for _, hit := range c.hits {
		t.Error(hit)
	}
	for _, form := range []string{"itself", "base64", "hex"} {
		if !slices.ContainsFunc(c.planted, func(found string) bool { return strings.Contains(found, form) }) {
			t.Errorf("the canary that was planted in the database was not found in the form %q, so nothing would be: %q", form, c.planted)
		}
	}
}

// canaries is a host full of secrets, and what was found of them.
type canaries struct {
	t       *testing.T
	folder  string
	host    *hostUnderTest
	service *teller
	known   map[string]string // name → what is looked for
	secrets map[string]string // name → the whole secret

	ids     []string // of executions
	places  []string
	bytes   int
	hits    []string
	planted []string // forms in which the planted one was found in the database
}

const planted = "Planted"

func newCanaries(t *testing.T) *canaries {
	t.Helper()
	c := &canaries{t: t, folder: t.TempDir(), known: map[string]string{}, secrets: map[string]string{}}
	for i, name := range []string{
		"Key", "Pair", "Login", "Robot", "Person", "Broken", planted, "Last", "Hook", "Caller", "Cookie", "Access", "Refresh", "Identity", "Code", "BadCode",
	} {
		c.known[name] = fmt.Sprintf("cnry%s%07d%06d", name, os.Getpid(), 7_919*(i+1))
		c.secrets[name] = c.known[name]
		if i < 8 { // those that people type have all that has to be escaped
			c.secrets[name] += `+/"q'u=&<o> %41\n` + "é"
		}
	}
	c.secrets["Signer"] = "-----BEGIN PRIVATE KEY-----\n"
	for i := range 12 {
		name := fmt.Sprint("Line", i)
		c.known[name] = fmt.Sprintf("cnryLine%d%07d", i, os.Getpid())
		c.secrets["Signer"] += "MIIEvQIBADANBgkqhkiG9w0B" + c.known[name] + "+/AASCBKcwggSjAgEA\n"
	}
	c.secrets["Signer"] += "-----END PRIVATE KEY-----\n"
	c.service = newTeller(t, c)
	c.write()
	return c
}

// write puts the integrations and the configuration into the folder.
func (c *canaries) write() {
	c.t.Helper()
	from := filepath.Join(repository(c.t), "testdata", "canary")
	if err := os.CopyFS(c.folder, os.DirFS(from)); err != nil {
		c.t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(c.folder, "leaky", "*.*"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		c.save(file, strings.ReplaceAll(string(text), "$SERVICE", c.service.URL))
	}
	give := func(keys map[string]string) string {
		given := map[string]map[string]string{}
		for path, secret := range keys {
			name, field, _ := strings.Cut(path, ".")
			if given[name] == nil {
				given[name] = map[string]string{}
			}
			given[name][field] = c.secrets[secret]
		}
		given["Signer"] = map[string]string{"username": "signer", "privateKey": c.secrets["Signer"]}
		if _, last := keys["Last.apiKey"]; last {
			delete(given, "Signer")
		}
		text, err := json.Marshal(map[string]any{"configVars": given, "apiKeys": []string{c.secrets["Hook"]}})
		if err != nil {
			c.t.Fatal(err)
		}
		return string(text)
	}
	c.save(filepath.Join(c.folder, "leaky", "instances", "acme.yaml"), strings.Replace(give(map[string]string{
		"Key.apiKey": "Key", "Pair.apiSecret": "Pair", "Login.password": "Login", "Robot.clientSecret": "Robot", "Person.clientSecret": "Person",
		"Broken.clientSecret": "Broken", "Planted.apiKey": planted,
	}), `"Login":{`, `"Login":{"username":"user",`, 1))
	c.save(filepath.Join(c.folder, "crashing", "instances", "beta.yaml"), give(map[string]string{"Last.apiKey": "Last"}))
	telltale := filepath.Join(c.folder, "telltale")
	if output, err := exec.Command("go", "build", "-o", telltale, filepath.Join(repository(c.t), "testdata", "plugins", "telltale")).CombinedOutput(); err != nil {
		c.t.Fatalf("%v: %s", err, output)
	}
	c.save(filepath.Join(c.folder, "hookstep.yaml"), "fetch: {allow: [127.0.0.1]}\nlog: {level: debug}\nplugins: {telltale: "+telltale+"}\n")
}

func (c *canaries) save(path, text string) {
	c.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *canaries) serve(args ...string) {
	c.t.Helper()
	c.host = startServe(c.t, c.folder, append([]string{"leaky", "crashing"}, args...)...)
}

// post calls a flow of acme, with credentials of a caller, and remembers its execution.
func (c *canaries) post(flow string) (status int, answer string) {
	c.t.Helper()
	note := c.secrets["Key"]
	if strings.HasPrefix(flow, "beta/") { // to which it is nobody's secret
		note = "none"
	}
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.host.hooks+"/hooks/"+flow+"?note="+url.QueryEscape(note),
		strings.NewReader(`{"said": "⟦secret Key.apiKey⟧"}`))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Api-Key", c.secrets["Hook"])
	request.Header.Set("Authorization", "Bearer "+c.secrets["Caller"])
	request.Header.Set("Cookie", "theme=dark; session="+c.secrets["Cookie"])
	response, err := c.host.client.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.ids = append(c.ids, response.Header.Get("Hookstep-Execution-Id"))
	return response.StatusCode, string(body)
}

// authorize has a person authorize: first in vain, at a service that tells back all that it was sent.
func (c *canaries) authorize() {
	c.t.Helper()
	for _, works := range []bool{false, true} {
		c.service.refuses.Store(!works)
		link := strings.TrimSpace(c.command("connections authorize --link", "connections", "authorize", "Person", "--instance", "acme", "--link"))
		jar, err := cookiejar.New(nil)
		if err != nil {
			c.t.Fatal(err)
		}
		browser := &http.Client{Jar: jar, Transport: rewritten{c.host.admin}}
		response, err := browser.Get(link)
		if err != nil {
			c.t.Fatal(err)
		}
		page, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			c.t.Fatal(err)
		}
		c.look(fmt.Sprintf("page after an authorization (works: %t)", works), page)
		if shown := c.command("connections show", "connections", "show", "Person", "--instance", "acme"); strings.Contains(shown, "active") != works {
			c.t.Errorf("after an authorization (works: %t):\n%s", works, shown)
		}
	}
	c.service.mu.Lock()
	defer c.service.mu.Unlock()
	maps.Copy(c.known, c.service.learned)
}

// rewritten sends what is for the operators' listener, whose port the configuration does not know, to where it is.
type rewritten struct{ admin string }

// RoundTrip implements http.RoundTripper.
func (r rewritten) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Host == "127.0.0.1:0" {
		request.URL.Host = strings.TrimPrefix(r.admin, "http://")
	}
	return http.DefaultTransport.RoundTrip(request)
}

// tell runs the flows that tell, and keeps what they answer out of the search: that is the business of who calls. What an error answers
// is not.
func (c *canaries) tell() {
	c.t.Helper()
	for flow, want := range map[string]int{"tell": 200, "call": 200, "in-lua": 200, "ignore": 200, "plant": 200, "throw": 500, "throw-in-lua": 500} {
		status, answer := c.post("acme/" + flow)
		if status != want {
			c.t.Fatalf("%s: %d %.2000s", flow, status, answer)
		}
		if status == http.StatusInternalServerError {
			c.look("answer of "+flow, []byte(answer))
		}
		if flow == "tell" && !strings.Contains(answer, c.known["Key"]) {
			c.t.Errorf("the caller does not get what code gave: %.2000s", answer)
		}
	}
}

func (c *canaries) crash() {
	c.t.Helper()
	status, answer := c.post("beta/crash")
	if status != http.StatusInternalServerError && status != http.StatusBadGateway {
		c.t.Errorf("the crash was answered with %d %s", status, answer)
	}
	c.look("answer of a crash", []byte(answer))
}

// resume kills the host between two steps, and lets another one go on.
func (c *canaries) resume(args ...string) {
	c.t.Helper()
	status, answer := c.post("acme/resume")
	if status != http.StatusAccepted || !strings.Contains(answer, c.known["Key"]) {
		c.t.Fatalf("%d %s", status, answer)
	}
	id := c.ids[len(c.ids)-1]
	<-c.service.waiting
	c.ask("API before the kill")
	if err := c.host.server.command.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	<-c.host.server.ended
	c.look("log before the kill", []byte(c.host.server.out.String()+c.host.server.err.String()))
	c.lookAtFiles(filepath.Join(c.folder, ".hookstep"))
	close(c.service.open)
	c.serve(args...)
	var shown string
	if err := poll(func() error {
		shown = c.command("executions show", "executions", "show", id, "--json", "--full")
		if !strings.Contains(shown, `"status": "succeeded"`) && !strings.Contains(shown, `"status":"succeeded"`) {
			return fmt.Errorf("the execution has not gone on: %.3000s", shown)
		}
		return nil
	}); err != nil {
		c.t.Fatal(err)
	}
	compact := strings.Join(strings.Fields(shown), "")
	if !strings.Contains(compact, `"same":true`) || !strings.Contains(compact, `"key":true`) || !strings.Contains(compact, `"authorization":"⟦secret`) {
		c.t.Errorf("code did not get what it had told: %.6000s", shown[max(0, len(shown)-6000):])
	}
	if status, answer := c.post("acme/resume"); status != http.StatusAccepted || !strings.Contains(answer, c.known["Key"]) {
		c.t.Errorf("a duplicate is answered with %d %s", status, answer)
	}
	c.command("executions replay", "executions", "replay", id)
}

// end asks everything, stops the host, and looks at what it wrote.
func (c *canaries) end() {
	c.t.Helper()
	c.ask("API")
	for _, args := range [][]string{
		{"executions", "list", "--limit", "100"},
		{"executions", "list", "--json"},
		{"connections", "list"},
		{"connections", "list", "--json"},
		{"state", "list"},
		{"state", "get", "leaky/acme/tell"},
		{"state", "get", "leaky/acme"},
		{"state", "get", "leaky"},
		{"instances", "list"},
		{"schedules", "list"},
		{"tokens", "list"},
		{"keys", "status"},
		{"plugins", "list"},
	} {
		c.command(strings.Join(args, " "), args...)
	}
	for _, name := range []string{"Key", "Pair", "Login", "Signer", "Robot", "Person", "Broken", planted} {
		c.command("connections show "+name, "connections", "show", name, "--instance", "acme")
		c.command("connections test "+name, "connections", "test", name, "--instance", "acme")
	}
	for _, id := range c.ids {
		c.command("executions show", "executions", "show", id, "--full")
		c.command("executions logs", "executions", "logs", id)
	}
	for name := range c.known {
		if name == planted {
			continue
		}
		if found := c.command("executions list --text", "executions", "list", "--json", "--text", c.known[name]); strings.Contains(found, `"id"`) {
			c.hits = append(c.hits, "a search for "+name+" finds an execution")
		}
	}
	server := c.host.server
	if err := server.command.Process.Signal(os.Interrupt); err != nil {
		c.t.Fatal(err)
	}
	<-server.ended
	c.look("log", []byte(server.out.String()+server.err.String()))
}

// command runs hookstep on the host and looks at what it prints. It may fail: that is told too.
func (c *canaries) command(what string, args ...string) string {
	c.t.Helper()
	if !slices.Contains(args, "plugins") {
		args = append(args, "--admin", c.host.admin, "--data", filepath.Join(c.folder, ".hookstep"))
	}
	command := exec.Command(filepath.Join(binary, "hookstep"), args...)
	command.Dir = c.folder
	var out, failed bytes.Buffer
	command.Stdout, command.Stderr = &out, &failed
	if err := command.Run(); err != nil && !slices.Contains(args, "test") {
		c.t.Errorf("%s: %v: %s", what, err, failed.String())
	}
	c.look("hookstep "+what, slices.Concat(out.Bytes(), failed.Bytes()))
	return out.String()
}

// ask gets every route of the operators' listener that can be got.
func (c *canaries) ask(what string) {
	c.t.Helper()
	paths := []string{
		"/metrics", "/healthz", "/readyz", "/api/v1/executions?limit=100", "/api/v1/state", "/api/v1/state/leaky", "/api/v1/state/leaky/acme",
		"/api/v1/state/leaky/acme/tell", "/api/v1/instances", "/api/v1/connections", "/api/v1/schedules", "/api/v1/tokens", "/api/v1/keys", "/api/v1/openapi.json",
	}
	for _, name := range []string{"Key", "Pair", "Login", "Signer", "Robot", "Person", "Broken", planted} {
		paths = append(paths, "/api/v1/connections/leaky/"+name+"?instance=acme")
	}
	for _, id := range c.ids {
		paths = append(paths, "/api/v1/executions/"+id, "/api/v1/executions/"+id+"?full=true", "/api/v1/executions/"+id+"/logs")
	}
	token, err := os.ReadFile(filepath.Join(c.folder, ".hookstep", "admin.token"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, path := range paths {
		request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.host.admin+path, http.NoBody)
		if err != nil {
			c.t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		response, err := c.host.client.Do(request)
		if err != nil {
			c.t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK && what == "API" {
			c.t.Errorf("%s: %d %.300s %v", path, response.StatusCode, body, err)
		}
		route, _, _ := strings.Cut(path, "?")
		for _, id := range c.ids {
			route = strings.Replace(route, id, "{id}", 1)
		}
		c.look(what+" "+route, body)
	}
}

// lookAtFiles looks at every byte of every file below a folder.
func (c *canaries) lookAtFiles(folder string) {
	c.t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		c.look("file "+entry.Name(), content)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// look looks for every canary in every form.
func (c *canaries) look(place string, text []byte) {
	c.bytes += len(text)
	if !slices.Contains(c.places, place) {
		c.places = append(c.places, place)
	}
	lower := bytes.ToLower(text)
	for name, canary := range c.known {
		for form, written := range written(canary) {
			if !bytes.Contains(text, []byte(written)) && (form != "itself" || !bytes.Contains(lower, []byte(strings.ToLower(canary)))) {
				continue
			}
			if isDatabase := strings.HasPrefix(place, "file hookstep.db") || strings.HasPrefix(place, "dump"); name == planted && isDatabase {
				c.planted = append(c.planted, form)
				continue
			}
			at := bytes.Index(text, []byte(written))
			c.hits = append(c.hits, fmt.Sprintf("%s: %s, %s: …%q…", place, name, form, text[max(0, at-60):min(len(text), max(at, 0)+len(written)+20)]))
		}
	}
}

// written gives the forms in which a canary, which has letters and digits only, can be found in other texts.
func written(canary string) map[string]string {
	made := map[string]string{
		"itself": canary, "hex": hex.EncodeToString([]byte(canary)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(canary))),
		"hex of hex": hex.EncodeToString([]byte(hex.EncodeToString([]byte(canary)))),
	}
	for offset := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString(append(make([]byte, offset), canary...))
			inner := encoded[(offset*8+5)/6 : (offset+len(canary))*8/6]
			made[fmt.Sprint(name, " at ", offset)] = inner
			made[fmt.Sprint("hex of ", name, " at ", offset)] = hex.EncodeToString([]byte(inner))
		}
	}
	return made
}
