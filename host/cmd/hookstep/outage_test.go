package main_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/bench/operator"
)

// outage is a host whose database fails, and what its callers were told.
type outage struct {
	*hostUnderTest

	data     string
	accepted map[string]string // event by execution
	sent     int
}

// outageTime is the longest that a caller may wait for an honest answer: what the host itself gives its database, and some.
const outageTime = 20 * time.Second

const outageIntegration = `
name: Outage
flows:
  - name: Keep
    dedupe: {key: headers.event-id}
    steps:
      - name: One
        code: "module.exports = async (context, { trigger }) => ({ data: trigger.results.body.data.event });"
      - name: Two
        code: "module.exports = async (context, { one }) => ({ data: one.results });"
  - name: Echo
    synchronous: true
    steps:
      - name: One
        code: "module.exports = async (context, { trigger }) => ({ data: trigger.results.body.data.event });"
`

// startOutage starts a host with its data in a folder.
func startOutage(t *testing.T, data string, args ...string) *outage {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "outage")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "integration.yaml"), []byte(outageIntegration), 0o600); err != nil {
		t.Fatal(err)
	}
	host := startServe(t, folder, append([]string{"--data", data, folder}, args...)...)
	host.client.Timeout = outageTime
	return &outage{hostUnderTest: host, data: data, accepted: map[string]string{}}
}

// said is an answer.
type said struct {
	status     int
	retryAfter string
	body       string
}

// send calls a flow with an event of a number of random bytes, and gives its answer: there must be one.
func (o *outage) send(t *testing.T, flow, event string, size int) said {
	t.Helper()
	pad := make([]byte, size)
	_, _ = rand.Read(pad)
	body, err := json.Marshal(map[string]string{"event": event, "pad": base64.StdEncoding.EncodeToString(pad)})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.hooks+"/hooks/outage/"+flow, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Event-Id", event)
	response, err := o.client.Do(request)
	if err != nil {
		t.Fatalf("%s of flow %s got no answer: %v", event, flow, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return said{response.StatusCode, response.Header.Get("Retry-After"), string(text)}
}

// keep sends an event to the asynchronous flow. Whether it was accepted is told; every other answer must be an honest one.
func (o *outage) keep(t *testing.T, event string, size int) bool {
	t.Helper()
	got := o.send(t, "keep", event, size)
	var told struct{ ExecutionID, Error string }
	if err := json.Unmarshal([]byte(got.body), &told); err != nil {
		t.Fatalf("%s: %v: %+v", event, err, got)
	}
	switch {
	case got.status == http.StatusOK && told.ExecutionID != "":
		if before, twice := o.accepted[told.ExecutionID]; twice && before != event {
			t.Fatalf("%s and %s are both %s", before, event, told.ExecutionID)
		}
		o.accepted[told.ExecutionID] = event
		return true
	case got.status != http.StatusServiceUnavailable || got.retryAfter == "" || told.Error == "":
		t.Fatalf("%s: neither accepted nor an honest 503 with Retry-After: %+v", event, got)
	}
	return false
}

// next gives the name of a new event.
func (o *outage) next() string {
	o.sent++
	return fmt.Sprintf("event-%d", o.sent)
}

// works sends events that must be accepted.
func (o *outage) works(t *testing.T, count int) {
	t.Helper()
	for range count {
		if event := o.next(); !o.keep(t, event, 100) {
			t.Fatalf("%s was not accepted", event)
		}
	}
}

// fails sends events until one is refused, and gives it.
func (o *outage) fails(t *testing.T, size int) (refused string) {
	t.Helper()
	if err := poll(func() error {
		if event := o.next(); !o.keep(t, event, size) {
			refused = event
			return nil
		}
		return errors.New("events are still accepted")
	}); err != nil {
		t.Fatal(err)
	}
	return refused
}

// recovers repeats an event that was refused until it is accepted.
func (o *outage) recovers(t *testing.T, event string) {
	t.Helper()
	if err := poll(func() error {
		if !o.keep(t, event, 100) {
			return errors.New("the host has not recovered")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// echoes holds that the synchronous flow, which changes no state, answers.
func (o *outage) echoes(t *testing.T) {
	t.Helper()
	if got := o.send(t, "echo", "hello", 10); got.status != http.StatusOK || got.body != "hello" {
		t.Fatalf("the synchronous flow: %+v", got)
	}
}

// tells holds that the synchronous flow answers, or that its caller is told that the states it would see cannot be read.
func (o *outage) tells(t *testing.T) {
	t.Helper()
	got := o.send(t, "echo", "hello", 10)
	if got.status != http.StatusOK && (got.status != http.StatusServiceUnavailable || got.retryAfter == "" || errorText(got.body) == "") {
		t.Fatalf("the synchronous flow: %+v", got)
	}
}

// ends holds that every event that was accepted has one execution, and that it succeeded.
func (o *outage) ends(t *testing.T) {
	t.Helper()
	api, err := operator.Connect(o.admin, o.data)
	if err != nil {
		t.Fatal(err)
	}
	if err := poll(func() error {
		idle, err := operator.Idle(t.Context(), api)
		if err == nil && !idle {
			err = errors.New("executions have not ended")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	all, err := operator.All(t.Context(), api)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]wire.Execution{}
	for _, each := range all {
		found[each.ID] = each
	}
	events := map[string]string{}
	for execution, event := range o.accepted {
		if got, kept := found[execution]; !kept || got.Status != "succeeded" {
			t.Errorf("%s was accepted as %s, which is now %+v", event, execution, got)
		}
		if other, twice := events[event]; twice {
			t.Errorf("%s has the executions %s and %s", event, execution, other)
		}
		events[event] = execution
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("NOT TESTED: what a full disk does, because only root can make a small one: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	o := startOutage(t, filepath.Join(folder, "data"))
	o.works(t, 20)
	o.echoes(t)
	ballast := fill(t, folder)
	refused := o.fails(t, 64<<10)
	for range 3 {
		o.echoes(t)
		o.keep(t, o.next(), 64<<10)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	o.recovers(t, refused)
	o.works(t, 20)
	o.echoes(t)
	o.ends(t)
}

// fill writes a file until the disk is full.
func fill(t *testing.T, folder string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(folder, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 20; size > 0; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return file.Name()
}
