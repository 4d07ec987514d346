package host_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const queueing = `
name: Orders
flows:
  - name: Once
    dedupe: {key: body.data.id}
    steps:
      - name: Call
        code: |
          module.exports = async (context, { trigger }) => {
            await fetch("$OUTSIDE/once/" + trigger.results.body.data.id);
            return { data: 1 };
          };
  - name: Once while waiting
    synchronous: true
    dedupe: {key: event}
    trigger:
      code: |
        module.exports = (context, payload) => {
          if (payload.body.data.bad) return { response: { statusCode: 400, body: "bad" } };
          return { payload: { event: payload.body.data.id } };
        };
    steps:
      - name: Call
        code: |
          module.exports = async ({ logger, executionId }, { trigger }) => {
            logger.info("called");
            await fetch("$OUTSIDE/waiting/" + trigger.results.event);
            if (trigger.results.event === "fails") throw new Error("no luck");
            return { data: executionId };
          };
  - name: In order
    queue: sequential
    steps: [{name: Call, code: &call "module.exports = async (c, { trigger }) => { await fetch('$OUTSIDE/order/' + trigger.results.body.data.n); };"}]
  - name: By key
    queue: {mode: sequential, key: body.data.customer}
    steps:
      - name: Call
        code: |
          module.exports = async (context, { trigger }) => {
            const { customer, n } = trigger.results.body.data;
            await fetch("$OUTSIDE/" + customer + "/" + n);
          };
  - name: Newest
    retry: {attempts: 1, delay: 24h, cancelKey: body.data.id}
    steps:
      - name: Fail
        code: |
          module.exports = (context, { trigger }) => { if (trigger.results.body.data.fails) throw new Error("later"); };
`

const asJSON = "Content-Type: application/json"

// burst sends the same request many times at once and gives the answers.
func (d *durable) burst(t *testing.T, count int, path, body string) (headers []http.Header, bodies []string) {
	t.Helper()
	headers, bodies = make([]http.Header, count), make([]string, count)
	var sending sync.WaitGroup
	for i := range count {
		sending.Go(func() {
			status, header, answer := post(t, d.base, "/hooks/orders/"+path, body, asJSON)
			headers[i], bodies[i] = header, fmt.Sprintf("%d %s", status, answer)
		})
	}
	sending.Wait()
	return headers, bodies
}

func TestOneExecutionForADedupeKey(t *testing.T) {
	t.Parallel()
	service := newOutside(t, nil)
	d := work(t, service, queueing)
	headers, bodies := d.burst(t, 32, "once", `{"id": "e1"}`)
	first := headers[0].Get("hookstep-execution-id")
	duplicates := 0
	for i := range headers {
		if bodies[i] != bodies[0] || headers[i].Get("hookstep-execution-id") != first {
			t.Errorf("answers differ: %s and %s", bodies[i], bodies[0])
		}
		if headers[i].Get("hookstep-duplicate") == "true" {
			duplicates++
		}
	}
	if duplicates != 31 {
		t.Errorf("%d of 32 are duplicates", duplicates)
	}
	id, err := integration.ParseExecutionID(first)
	if err != nil {
		t.Fatal(err)
	}
	d.until(t, id, store.Succeeded)
	other := d.accept(t, "once", `{"id": "e2"}`)
	without := []integration.ExecutionID{d.accept(t, "once", `{}`), d.accept(t, "once", `{"id": null}`)}
	for _, id := range append(without, other) {
		d.until(t, id, store.Succeeded)
	}
	got := service.told()
	slices.Sort(got)
	if want := []string{"/once/e1", "/once/e2", "/once/null", "/once/undefined"}; !slices.Equal(got, want) {
		t.Errorf("calls: %s", got)
	}
}

func TestOneAnswerForADedupeKey(t *testing.T) {
	t.Parallel()
	service := newOutside(t, nil)
	d := work(t, service, queueing)
	t.Run("all get that of the first", func(t *testing.T) {
		t.Parallel()
		headers, bodies := d.burst(t, 32, "once-while-waiting", `{"id": "e1"}`)
		duplicates := 0
		for i := range headers {
			if want := "200 " + headers[0].Get("hookstep-execution-id"); bodies[i] != want {
				t.Errorf("got %s, want %s", bodies[i], want)
			}
			if headers[i].Get("hookstep-duplicate") == "true" {
				duplicates++
			}
		}
		if duplicates != 31 || count(service.told(), "/waiting/e1") != 1 {
			t.Errorf("%d duplicates, calls: %s", duplicates, service.told())
		}
		d.recorded(t, headers[0], store.Succeeded)
		id, err := integration.ParseExecutionID(headers[0].Get("hookstep-execution-id"))
		if err != nil {
			t.Fatal(err)
		}
		if got := d.log(t, id); got != "call called" {
			t.Errorf("logged %s", got)
		}
	})
	t.Run("also that it failed", func(t *testing.T) {
		t.Parallel()
		for range 2 {
			if status, _, body := post(t, d.base, "/hooks/orders/once-while-waiting", `{"id": "fails"}`, asJSON); status != 500 || !strings.Contains(body, "no luck") {
				t.Errorf("%d %s", status, body)
			}
		}
		if got := count(service.told(), "/waiting/fails"); got != 1 {
			t.Errorf("%d calls", got)
		}
	})
	t.Run("what is rejected takes no key", func(t *testing.T) {
		t.Parallel()
		for _, test := range []struct {
			body string
			want int
		}{{`{"id": "e3", "bad": true}`, 400}, {`{"id": "e3"}`, 200}} {
			if status, _, body := post(t, d.base, "/hooks/orders/once-while-waiting", test.body, asJSON); status != test.want {
				t.Errorf("%d %s", status, body)
			}
		}
	})
}

func TestADuplicateDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	service := newOutside(t, func(http.ResponseWriter, string, int) {
		close(arrived)
		<-release
	})
	d := work(t, service, strings.Replace(queueing, "dedupe: {key: event}", "timeout: 2s\n    dedupe: {key: event}", 1))
	answered := make(chan string)
	go func() {
		_, header, _ := post(t, d.base, "/hooks/orders/once-while-waiting", `{"id": "slow"}`, asJSON)
		answered <- header.Get("hookstep-execution-id")
	}()
	<-arrived
	status, header, body := post(t, d.base, "/hooks/orders/once-while-waiting", `{"id": "slow"}`, asJSON)
	close(release)
	if first := <-answered; status != 504 || header.Get("hookstep-execution-id") != first || !strings.Contains(body, "has no answer yet") {
		t.Errorf("%d %v %s", status, header, body)
	}
}

func TestAKeyIsFreeWhenTheHostWasTheReason(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	service := newOutside(t, func(_ http.ResponseWriter, _ string, number int) {
		if number == 1 {
			close(arrived)
			<-release
		}
	})
	d := work(t, service, queueing)
	answered := make(chan int)
	go func() {
		status, _, _ := post(t, d.base, "/hooks/orders/once-while-waiting", `{"id": "lost"}`, asJSON)
		answered <- status
	}()
	<-arrived
	killEngines(t, d.Host)
	if status := <-answered; status != 502 {
		t.Errorf("the first one was answered %d", status)
	}
	if status, header, body := post(t, d.base, "/hooks/orders/once-while-waiting", `{"id": "lost"}`, asJSON); status != 200 || header.Get("hookstep-duplicate") != "" {
		t.Errorf("%d %v %s", status, header, body)
	}
}

func count(all []string, what string) int {
	found := 0
	for _, one := range all {
		if one == what {
			found++
		}
	}
	return found
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var under, most int
	service := newOutside(t, func(http.ResponseWriter, string, int) {
		mu.Lock()
		under++
		most = max(most, under)
		mu.Unlock()
		defer func() {
			mu.Lock()
			under--
			mu.Unlock()
		}()
	})
	d := work(t, service, queueing)
	var last integration.ExecutionID
	var want []string
	for n := range 20 {
		last = d.accept(t, "in-order", fmt.Sprintf(`{"n": %d}`, n))
		want = append(want, fmt.Sprintf("/order/%d", n))
	}
	d.until(t, last, store.Succeeded)
	if got := service.told(); !slices.Equal(got, want) || most != 1 {
		t.Errorf("%d at once, in the order %s", most, got)
	}
}

func TestByKey(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	service := newOutside(t, func(_ http.ResponseWriter, call string, _ int) {
		if call == "/a/1" {
			<-release
		}
	})
	d := work(t, service, queueing)
	first := d.accept(t, "by-key", `{"customer": "a", "n": 1}`)
	second := d.accept(t, "by-key", `{"customer": "a", "n": 2}`)
	other := d.accept(t, "by-key", `{"customer": "b", "n": 1}`)
	d.until(t, other, store.Succeeded)
	d.until(t, second, store.Held)
	close(release)
	d.until(t, first, store.Succeeded)
	d.until(t, second, store.Succeeded)
	if got := service.told(); len(got) != 3 || got[2] != "/a/2" {
		t.Errorf("calls: %s", got)
	}
}

func TestANewerOneEndsTheRepeats(t *testing.T) {
	t.Parallel()
	d := work(t, nil, queueing)
	older := d.accept(t, "newest", `{"id": 1, "fails": true}`)
	other := d.accept(t, "newest", `{"id": 2, "fails": true}`)
	d.until(t, older, store.Waiting)
	d.until(t, other, store.Waiting)
	newer := d.accept(t, "newest", `{"id": 1}`)
	d.until(t, newer, store.Succeeded)
	if detail := d.until(t, older, store.Canceled); !fault.Is(detail.Execution.Fault, fault.Canceled) {
		t.Errorf("ended of %v", detail.Execution.Fault)
	}
	d.until(t, other, store.Waiting)
}
