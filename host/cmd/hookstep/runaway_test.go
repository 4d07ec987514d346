package main_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"
)

var hostile = flag.String("runaway", "main", "which hostile scripts run: main or all")

// stepLimit is the limit of each hostile step; slack is how much later its answer may come.
const (
	stepLimit = time.Second
	slack     = time.Second
)

// neighbourLimit is how long a good flow beside them may take in the worst case. Alone it takes a few milliseconds. Beside a
// process that spins on every core and collects garbage on them too, the kernel gives it its fair share in slices of some
// milliseconds each, for a few hops; a tenth of the limit would be missed only if something in the host held it up.
const neighbourLimit = 500 * time.Millisecond

// mainScripts are the kinds of runaway code that there are, by id. The others in testdata/hostile vary them.
var mainScripts = map[string][]string{
	"javascript": {
		"loop-forever", "recursion", "string-2GiB", "array-like-2^53", "bigint-pow", "redos-backref", "redos-lookahead",
		"log-million", "log-flood", "result-dag-2^40", "map-forever", "promise-never-awaited",
	},
	"lua": {
		"loop-forever", "recursion", "string-2GiB", "rep-2^53", "pattern-redos-3", "log-million", "print-flood",
		"result-dag-2^40", "table-forever",
	},
}

var languages = map[string]struct{ extension, good string }{
	"javascript": {".js", "module.exports = async () => ({ data: 'well' });\n"},
	"lua":        {".lua", "return function(ctx, steps) return { data = 'well' } end\n"},
}

// alone skips a test where its times and memory mean nothing. The tests that call it run before all that are parallel.
func alone(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector changes times and memory")
	}
}

func TestRunaways(t *testing.T) { //nolint:paralleltest // it measures time
	alone(t)
	for _, language := range []string{"javascript", "lua"} { //nolint:paralleltest // it measures time
		t.Run(language, func(t *testing.T) { checkRunaways(t, language, hostileScripts(t, language)) })
	}
}

func checkRunaways(t *testing.T, language string, scripts []hostileScript) {
	t.Helper()
	folder := t.TempDir()
	writeHostile(t, folder, language, scripts)
	host := startHost(t, folder)
	well := func() attempt { return host.call("/hooks/neighbour/well") }
	for _, path := range []string{"/hooks/neighbour/well", "/hooks/runaway/well"} {
		if warm := host.call(path); warm.status != http.StatusOK {
			t.Fatalf("%s before everything: %+v", path, warm)
		}
	}
	before := host.footprint(t)
	neighbour := watchNeighbour(well)
	var verdicts []verdict
	for _, script := range scripts {
		verdicts = append(verdicts, host.provoke(t, script))
	}
	neighbour.check(t)
	t.Logf("the neighbour: %d calls, slowest %s\n%s", neighbour.calls, neighbour.slowest.Round(time.Millisecond), table(verdicts))
	host.checkFootprint(t, before)
}

type hostileScript struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	Code string `json:"code"`
}

func hostileScripts(t *testing.T, language string) []hostileScript {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository(t), "testdata", "hostile", language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []hostileScript
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	if *hostile == "all" {
		return all
	}
	chosen := slices.DeleteFunc(all, func(script hostileScript) bool { return !slices.Contains(mainScripts[language], script.ID) })
	if len(chosen) != len(mainScripts[language]) {
		t.Fatalf("%d of %d main scripts are there", len(chosen), len(mainScripts[language]))
	}
	return chosen
}

// writeHostile makes two integrations: one with a flow for each script and a good one, one with a good flow alone.
func writeHostile(t *testing.T, folder, language string, scripts []hostileScript) {
	t.Helper()
	kind := languages[language]
	var flows strings.Builder
	flow := func(to *strings.Builder, name, file string) {
		fmt.Fprintf(to, "  - name: %q\n    synchronous: true\n    steps:\n      - {name: Go, file: %q, timeout: %s}\n", name, file, stepLimit)
	}
	files := map[string]string{"neighbour/well" + kind.extension: kind.good, "runaway/well" + kind.extension: kind.good}
	flow(&flows, "well", "well"+kind.extension)
	files["neighbour/integration.yaml"] = "name: Neighbour\nflows:\n" + flows.String()
	for i, script := range scripts {
		file := fmt.Sprintf("script%d%s", i, kind.extension)
		files["runaway/"+file] = script.Code
		flow(&flows, script.ID, file)
	}
	files["runaway/integration.yaml"] = "name: Runaway\nmemory: 256MB\nflows:\n" + flows.String()
	for name, text := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// hostUnderTest is a real `hookstep serve`.
type hostUnderTest struct {
	server       *server
	hooks, admin string
	client       *http.Client
}

func startHost(t *testing.T, folder string) *hostUnderTest {
	t.Helper()
	return startServe(t, folder, "--data", filepath.Join(folder, ".data"), filepath.Join(folder, "neighbour"), filepath.Join(folder, "runaway"))
}

// startServe starts a host on free ports, in a folder, and ends it with the test.
func startServe(t *testing.T, folder string, args ...string) *hostUnderTest {
	t.Helper()
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...)
	command := exec.Command(filepath.Join(binary, "hookstep"), args...)
	made := &server{command: command, ended: make(chan struct{})}
	command.Dir, command.Stdout, command.Stderr = folder, &made.out, &made.err
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		made.failure = command.Wait()
		close(made.ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-made.ended
		if t.Failed() {
			t.Logf("the host wrote:\n%s", tail(made.err.String()))
		}
	})
	found, err := made.await(&made.out, regexp.MustCompile(`(?m)^ready: hooks on (\S+), operators on (\S+)$`))
	if err != nil {
		t.Fatal(err)
	}
	return &hostUnderTest{server: made, hooks: found[1], admin: found[2], client: &http.Client{Timeout: patience}}
}

func tail(text string) string { return text[max(0, len(text)-8000):] }

func (h *hostUnderTest) pid() int { return h.server.command.Process.Pid }

// attempt is one call and what came of it.
type attempt struct {
	status int
	body   string
	took   time.Duration
	err    error
}

func (h *hostUnderTest) call(path string) attempt {
	begun := time.Now()
	body := []byte(`{"list": [1, 2, 3]}`)
	answer, err := h.client.Post(h.hooks+path, "application/json", bytes.NewReader(body))
	if err != nil {
		return attempt{err: err, took: time.Since(begun)}
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return attempt{status: answer.StatusCode, body: string(text), took: time.Since(begun), err: err}
}

// verdict is what one hostile script came to.
type verdict struct {
	script hostileScript
	attempt
	lost bool // its process did not survive it
}

// provoke runs a script, then a good flow of the same integration.
func (h *hostUnderTest) provoke(t *testing.T, script hostileScript) verdict {
	t.Helper()
	before := children(h.pid())
	path := "/hooks/runaway/" + slug(script.ID)
	got := verdict{script: script, attempt: h.call(path)}
	if got.err != nil {
		t.Errorf("%s: %v", script.ID, got.err)
	}
	if got.took > stepLimit+slack {
		t.Errorf("%s: answered after %s", script.ID, got.took)
	}
	if script.Kind == "ok" && got.status != http.StatusOK {
		t.Errorf("%s: is harmless, answered %d: %s", script.ID, got.status, got.body)
	}
	if got.status != http.StatusOK && errorText(got.body) == "" {
		t.Errorf("%s: status %d without an error text: %.200s", script.ID, got.status, got.body)
	}
	if next := h.call("/hooks/runaway/well"); next.status != http.StatusOK || next.took > stepLimit+slack {
		t.Errorf("%s: the next good request: %+v", script.ID, next)
	}
	got.lost = !slices.Equal(before, children(h.pid()))
	return got
}

func slug(id string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(id), "-"), "-")
}

func errorText(body string) string {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal([]byte(body), &answer) != nil {
		return ""
	}
	return answer.Error
}

func table(verdicts []verdict) string {
	var text strings.Builder
	rows := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "script\tstatus\ttime\tprocess\tanswer")
	for _, got := range verdicts {
		process, answer := "kept", errorText(got.body)
		if got.lost {
			process = "lost"
		}
		if answer == "" {
			answer = got.body
		}
		fmt.Fprintf(rows, "%s\t%d\t%s\t%s\t%.150q\n", got.script.ID, got.status, got.took.Round(time.Millisecond), process, answer)
	}
	_ = rows.Flush()
	return text.String()
}

// neighbour calls a good flow as long as it is watched.
type neighbour struct {
	stop, stopped chan struct{}
	calls         int
	slowest       time.Duration
	failures      []attempt
}

func watchNeighbour(call func() attempt) *neighbour {
	n := &neighbour{stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(n.stopped)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				n.note(call())
			case <-n.stop:
				return
			}
		}
	}()
	return n
}

func (n *neighbour) note(got attempt) {
	n.calls++
	n.slowest = max(n.slowest, got.took)
	if got.err != nil || got.status != http.StatusOK {
		n.failures = append(n.failures, got)
	}
}

func (n *neighbour) check(t *testing.T) {
	t.Helper()
	close(n.stop)
	<-n.stopped
	if len(n.failures) > 0 {
		t.Errorf("the neighbour failed %d of %d times, first: %+v", len(n.failures), n.calls, n.failures[0])
	}
	if n.slowest > neighbourLimit {
		t.Errorf("the neighbour's slowest answer took %s", n.slowest)
	}
}

// footprint is what a host holds.
type footprint struct {
	rss        int64
	goroutines int
	processes  int
}

func (h *hostUnderTest) footprint(t *testing.T) footprint {
	t.Helper()
	answer, err := h.client.Get(h.admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^go_goroutines (\d+)$`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no goroutines in the metrics: %.500s", text)
	}
	goroutines, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return footprint{rss: residentOf(t, h.pid()), goroutines: goroutines, processes: len(children(h.pid()))}
}

func residentOf(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(text), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

// checkFootprint waits until the host holds no more than before: the runtime gives memory back in its own time, and keeps
// some for the next; the record of what ran away, its floods of lines among them, may take as much before it is in the database.
func (h *hostUnderTest) checkFootprint(t *testing.T, before footprint) {
	t.Helper()
	const spareMemory, spareGoroutines = 80 << 20, 10
	var now footprint
	err := poll(func() error {
		now = h.footprint(t)
		if now.rss > before.rss+spareMemory || now.goroutines > before.goroutines+spareGoroutines || now.processes != before.processes {
			return fmt.Errorf("the host does not come back: %+v before, %+v now", before, now)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("the host: %d MiB, %d goroutines, %d processes before; %d MiB, %d, %d after",
		before.rss>>20, before.goroutines, before.processes, now.rss>>20, now.goroutines, now.processes)
}

// Many runaway executions at a time, which only the end of their process stops, are each answered in time, and so is a
// good one right after them, round after round.
func TestRunawaysAtATime(t *testing.T) { //nolint:paralleltest // it measures time
	alone(t)
	const rounds, callers = 3, 8
	folder := t.TempDir()
	spin := hostileScript{ID: "spin", Code: "module.exports = () => ({ data: encodeURIComponent('é'.repeat(20000000)).length });\n"}
	writeHostile(t, folder, "javascript", []hostileScript{spin})
	host := startHost(t, folder)
	neighbour := watchNeighbour(func() attempt { return host.call("/hooks/neighbour/well") })
	for range rounds {
		var calls sync.WaitGroup
		for range callers {
			calls.Go(func() {
				got := host.call("/hooks/runaway/spin")
				if got.err != nil || got.status < 500 || errorText(got.body) == "" || got.took > stepLimit+slack {
					t.Errorf("one of %d: %+v", callers, got)
				}
			})
		}
		calls.Wait()
		if next := host.call("/hooks/runaway/well"); next.status != http.StatusOK || next.took > stepLimit+slack {
			t.Errorf("the next good request: %+v", next)
		}
	}
	neighbour.check(t)
}

// A host that is killed takes its engines along, those that spin too, and the next one serves.
func TestHostIsKilled(t *testing.T) { //nolint:paralleltest // what spins would disturb others
	folder := t.TempDir()
	writeHostile(t, folder, "javascript", []hostileScript{{ID: "spin", Code: "module.exports = () => { for (;;) {} };\n"}})
	first := startHost(t, folder)
	if got := first.call("/hooks/neighbour/well"); got.status != http.StatusOK {
		t.Fatalf("before: %+v", got)
	}
	go first.call("/hooks/runaway/spin")
	var engines []int
	if err := poll(func() error {
		if engines = children(first.pid()); len(engines) < 2 || !slices.ContainsFunc(engines, spins) {
			return fmt.Errorf("engines %v: none spins", engines)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := first.server.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.server.ended
	if err := poll(func() error {
		for _, pid := range engines {
			if lives(pid) {
				return fmt.Errorf("process %d outlives its host", pid)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if got := startHost(t, folder).call("/hooks/runaway/well"); got.status != http.StatusOK {
		t.Errorf("the next host: %+v", got)
	}
}

// statusFields gives the fields of /proc/<pid>/stat from the state on; nil when there is no such process.
func statusFields(pid int) []string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.Fields(rest)
}

func lives(pid int) bool {
	fields := statusFields(pid)
	return len(fields) > 0 && fields[0] != "Z" && fields[0] != "X"
}

// spins tells that a process has used a fifth of a second of its own time.
func spins(pid int) bool {
	const userTime = 11
	fields := statusFields(pid)
	if len(fields) <= userTime {
		return false
	}
	ticks, _ := strconv.Atoi(fields[userTime])
	return ticks >= 20
}
