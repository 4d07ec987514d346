package host_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// counting is a synchronous flow that counts in two states, and calls a sibling.
const counting = `
name: Orders
flows:
  - name: Count
    synchronous: true
    steps:
      - name: Add
        code: |
          module.exports = async ({ instanceState, integrationState, logger }, { trigger }) => {
            if (trigger.results.body.data.bad) throw new Error("bad order");
            logger.info("adding");
            instanceState.count = (instanceState.count ?? 0) + 1;
            integrationState.last = trigger.results.body.data.n;
            return { data: instanceState.count };
          };
      - name: Tell
        code: |
          module.exports = async (context, { add }) => ({ data: { count: add.results, last: context.integrationState.last } });
  - name: Caller
    synchronous: true
    steps:
      - name: Call
        code: |
          module.exports = async ({ invokeFlow }) => ({ data: (await invokeFlow("Count", { n: 7 })).data });
  - name: Guarded
    synchronous: true
    trigger: {apiKey: required}
    steps: [{name: Echo, code: "module.exports = async () => ({ data: 1 })"}]
`

// counter writes the integration with an instance that has an API key.
func counter(t *testing.T) string {
	t.Helper()
	return write(t, "orders", map[string]string{"integration.yaml": counting, "instances/orders.yaml": "apiKeys: {Guarded: [sesame]}\n"})
}

// listed are the executions that the history has, the newest first, as "flow status source".
func listed(t *testing.T, of *host.Host) []string {
	t.Helper()
	page, err := host.StoreOf(of).List(t.Context(), &store.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for i := range page.Executions {
		one := &page.Executions[i]
		told = append(told, string(one.Flow.Flow)+" "+string(one.Status)+" "+string(one.Source))
	}
	return told
}

func executionOf(t *testing.T, header http.Header) integration.ExecutionID {
	t.Helper()
	id, err := integration.ParseExecutionID(header.Get("hookstep-execution-id"))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestSynchronousExecutionsAreRecorded(t *testing.T) {
	t.Parallel()
	folder, data := counter(t), t.TempDir()
	settings := func(set *config.Config) { set.Data = data }
	first := begin(t, settings, folder)
	status, header, body := post(t, first.base, "/hooks/orders/count", `{"n": 5}`, asJSON)
	if status != 200 || body != `{"count":1,"last":5}` {
		t.Errorf("%d %s", status, body)
	}
	id := executionOf(t, header)
	if status, _, body := post(t, first.base, "/hooks/orders/count", `{"bad": true}`, asJSON); status != 500 {
		t.Errorf("%d %s", status, body)
	}
	if status, _, body := post(t, first.base, "/hooks/orders/caller", "", asJSON); status != 200 || body != `{"count":2,"last":7}` {
		t.Errorf("%d %s", status, body)
	}
	for path, want := range map[string]int{"/hooks/orders/nothing": 404, "/hooks/orders/guarded": 401} { // no record of these
		if status, _, body := post(t, first.base, path, `{"n": 1}`, asJSON); status != want {
			t.Errorf("%d %s", status, body)
		}
	}
	if status, _, body := post(t, first.base, "/hooks/orders/count", `{"n": `, asJSON); status != 400 {
		t.Errorf("%d %s", status, body)
	}
	first.stop()
	first.Close(t.Context()) // keeps what waits to be recorded

	second := begin(t, settings, folder)
	want := []string{"count succeeded invoke", "caller succeeded webhook", "count failed webhook", "count succeeded webhook"}
	if got := listed(t, second.Host); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("listed %q", got)
	}
	detail, err := host.StoreOf(second.Host).Execution(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got := results(detail); got != `add=1 tell={"count":1,"last":5}` || detail.Dropped || string(detail.Input.Request.Body) != `{"n": 5}` {
		t.Errorf("kept %s of %s", got, detail.Input.Request.Body)
	}
	if of := detail.Execution; !of.Synchronous || of.StepsDone != 2 || of.Elapsed <= 0 || of.EndedAt.Before(of.StartedAt) || detail.Steps[1].EndedAt.IsZero() {
		t.Errorf("%+v", of)
	}
	if got := second.log(t, id); got != "add adding" {
		t.Errorf("logged %s", got)
	}
	if _, _, body := post(t, second.base, "/hooks/orders/count", `{"n": 6}`, asJSON); body != `{"count":3,"last":6}` {
		t.Errorf("after a restart: %s", body)
	}
}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{"failed": "count failed webhook", "none": ""} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			folder, data := counter(t), t.TempDir()
			settings := func(set *config.Config) { set.Data, set.History.Synchronous = data, policy }
			first := begin(t, settings, folder)
			for _, body := range []string{`{"n": 1}`, `{"bad": true}`} {
				post(t, first.base, "/hooks/orders/count", body, asJSON)
			}
			first.stop()
			first.Close(t.Context())
			if got := strings.Join(listed(t, begin(t, settings, folder).Host), "|"); got != want {
				t.Errorf("recorded %q, want %q", got, want)
			}
		})
	}
}
