package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// outside is a service that code calls: it counts the calls by path and idempotency key and answers as it is told.
type outside struct {
	*httptest.Server

	mu    sync.Mutex
	calls []string
	reply func(writer http.ResponseWriter, call string, number int) // number of the call among equal ones, from 1
}

func newOutside(t *testing.T, reply func(writer http.ResponseWriter, call string, number int)) *outside {
	t.Helper()
	o := &outside{reply: reply}
	o.Server = httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		o.mu.Lock()
		call := strings.TrimSpace(request.URL.Path + " " + request.Header.Get("Idempotency-Key"))
		o.calls = append(o.calls, call)
		number := 0
		for _, one := range o.calls {
			if one == call {
				number++
			}
		}
		o.mu.Unlock()
		if o.reply != nil {
			o.reply(writer, call, number)
		}
	}))
	t.Cleanup(o.Close)
	return o
}

// told are the calls so far.
func (o *outside) told() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.calls)
}

// durable is a host that works.
type durable struct {
	*host.Host

	base string
	stop func()
}

// work starts a host of an integration whose code may call the machine itself, and has it work until the test ends.
func work(t *testing.T, outside *outside, yaml string) *durable {
	t.Helper()
	if outside != nil {
		yaml = strings.ReplaceAll(yaml, "$OUTSIDE", outside.URL)
	}
	folder := write(t, "orders", map[string]string{"integration.yaml": yaml})
	return begin(t, func(set *config.Config) { set.Fetch.Allow = []string{"127.0.0.1"} }, folder)
}

// accept sends a request to a flow and gives the execution that was accepted.
func (d *durable) accept(t *testing.T, path, body string, headers ...string) integration.ExecutionID {
	t.Helper()
	status, header, answer := post(t, d.base, "/hooks/orders/"+path, body, append(headers, asJSON)...)
	var told struct {
		ID integration.ExecutionID `json:"executionId"`
	}
	if err := json.Unmarshal([]byte(answer), &told); err != nil || status != 200 || header.Get("hookstep-execution-id") != told.ID.String() {
		t.Fatalf("%s: %d %v %s", path, status, header, answer)
	}
	return told.ID
}

// until waits for an execution to come to a status.
func (d *durable) until(t *testing.T, id integration.ExecutionID, status store.Status) *store.Detail {
	t.Helper()
	var detail *store.Detail
	eventually(t, fmt.Sprintf("the execution %s does not come to be %s", id, status), func() bool {
		var err error
		if detail, err = host.StoreOf(d.Host).Execution(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if one := detail.Execution; one.Status != status && one.Status.Ended() {
			t.Fatalf("the execution %s is %s of %v, not %s", id, one.Status, one.Fault, status)
		}
		return detail.Execution.Status == status
	})
	return detail
}

// results tells what steps came to, as "key=JSON".
func results(of *store.Detail) string {
	var told []string
	for _, step := range of.Steps {
		text := step.Result.Key + "=" + string(step.Result.Results.JSON)
		if step.Result.Fault != nil {
			text = step.Result.Key + "!" + string(step.Result.Fault.Code)
		}
		told = append(told, text)
	}
	return strings.Join(told, " ")
}

func (d *durable) log(t *testing.T, id integration.ExecutionID) string {
	t.Helper()
	chunks, err := host.StoreOf(d.Host).Logs(t.Context(), id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, chunk := range chunks {
		for _, line := range chunk.Lines {
			told = append(told, line.Step+" "+line.Text)
		}
	}
	return strings.Join(told, "|")
}

// recorded waits for the record of a request's execution.
func (d *durable) recorded(t *testing.T, header http.Header, status store.Status) {
	t.Helper()
	id, err := integration.ParseExecutionID(header.Get("hookstep-execution-id"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is not recorded", func() bool {
		detail, err := host.StoreOf(d.Host).Execution(t.Context(), id)
		if err == nil && detail.Execution.Status != status {
			t.Errorf("it is %s, not %s", detail.Execution.Status, status)
		}
		return err == nil
	})
}
