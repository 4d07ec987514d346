package host_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/store"
)

const ordering = `
name: Orders
flows:
  - name: Order
    trigger:
      name: Receive
      code: |
        module.exports = async ({ logger }, payload) => {
          logger.info("received");
          if (payload.body.data.bad) return { response: { statusCode: 422, body: "no such thing" } };
          return { payload: { ...payload, body: { data: { n: payload.body.data.n + 1 } } } };
        };
    steps:
      - name: Total
        code: |
          module.exports = async ({ logger, executionState, instanceState }, { receive }) => {
            logger.info("totalling");
            instanceState.last = receive.results.body.data.n;
            return { data: receive.results.body.data.n * 10, executionState: { seen: "by total" } };
          };
      - name: In Lua
        engine: lua
        code: |
          return function(ctx, steps) return { data = { steps.total.results, ctx.executionState.seen } } end
      - name: Store
        code: |
          module.exports = async ({ logger }, { inLua }) => { logger.warn("stored"); return { data: inLua.results }; };
  - name: Answering
    trigger:
      name: Receive
      code: |
        module.exports = async (context, payload) => ({ payload, response: { statusCode: 202, headers: { "X-Own": "yes" }, body: { ok: true } } });
    steps: [{name: One, code: "module.exports = () => ({ data: 1 });"}]
  - name: Broken trigger
    trigger: {code: "module.exports = () => { throw new Error('trigger broke'); };"}
    steps: [{name: One, code: "module.exports = () => ({ data: 1 });"}]
  - name: Page
    steps:
      - name: Next
        code: |
          module.exports = async ({ invokeFlow, crossFlowState }, { trigger }) => {
            const { n } = trigger.results.body.data;
            if (n < 12) await invokeFlow("Page", { n: n + 1 });
            return { crossFlowState: { ["page" + n]: true } };
          };
  - name: Parent
    synchronous: true
    steps:
      - name: Ask
        code: |
          module.exports = async ({ invokeFlow }) => ({ data: (await invokeFlow("Order", { n: 4 })) });
`

func TestAnAsynchronousFlow(t *testing.T) {
	t.Parallel()
	d := work(t, nil, ordering)
	t.Run("runs to its end", func(t *testing.T) {
		t.Parallel()
		id := d.accept(t, "order", `{"n": 1}`)
		detail := d.until(t, id, store.Succeeded)
		if got, want := results(detail), `total=20 inLua=[20,"by total"] store=[20,"by total"]`; !strings.HasSuffix(got, want) || len(detail.Steps) != 4 {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := d.log(t, id); got != "receive received|total totalling|store stored" {
			t.Errorf("logged %s", got)
		}
		if of := detail.Execution; of.Source != store.Webhook || of.Synchronous || of.Attempt+of.Losses != 0 || of.StepsDone != 4 || of.EndedAt.IsZero() || of.Elapsed <= 0 {
			t.Errorf("got %+v", of)
		}
		states, err := host.StoreOf(d.Host).ReadStates(t.Context(), store.StateOwner{Integration: "orders", Instance: "orders", Flow: "order"})
		if err != nil || !strings.Contains(string(states[0]), `"last":`) {
			t.Errorf("saved %s, %v", states, err)
		}
	})
	t.Run("answers as its trigger says", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/answering", "{}", asJSON)
		if status != 202 || header.Get("X-Own") != "yes" || body != `{"ok":true}` {
			t.Errorf("%d %v %s", status, header, body)
		}
		id, err := integration.ParseExecutionID(header.Get("hookstep-execution-id"))
		if err != nil {
			t.Fatal(err)
		}
		d.until(t, id, store.Succeeded)
	})
	t.Run("is rejected by its trigger", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/order", `{"bad": true}`, asJSON)
		if status != 422 || body != "no such thing" {
			t.Errorf("%d %s", status, body)
		}
		d.recorded(t, header, store.Rejected)
	})
	t.Run("fails in its trigger", func(t *testing.T) {
		t.Parallel()
		status, header, body := post(t, d.base, "/hooks/orders/broken-trigger", "{}", asJSON)
		if status != 500 || !strings.Contains(body, "trigger broke") {
			t.Errorf("%d %s", status, body)
		}
		d.recorded(t, header, store.Failed)
	})
	t.Run("runs at once when the caller wants to wait", func(t *testing.T) {
		t.Parallel()
		status, _, body := post(t, d.base, "/hooks/orders/order", `{"n": 2}`, asJSON, "hookstep-synchronous: true")
		if status != 200 || body != `[30,"by total"]` {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("is accepted for a sibling", func(t *testing.T) {
		t.Parallel()
		status, _, body := post(t, d.base, "/hooks/orders/parent", "")
		var told struct {
			Status int                                           `json:"status"`
			Data   struct{ ExecutionID integration.ExecutionID } `json:"data"`
		}
		if err := json.Unmarshal([]byte(body), &told); err != nil || status != 200 || told.Status != 200 {
			t.Fatalf("%d %s (%v)", status, body, err)
		}
		detail := d.until(t, told.Data.ExecutionID, store.Succeeded)
		if detail.Execution.Source != store.Invoke || !strings.Contains(results(detail), "total=50") || detail.Input.Frame == nil {
			t.Errorf("%+v: %s", detail.Execution, results(detail))
		}
	})
	t.Run("starts itself again and again", func(t *testing.T) {
		t.Parallel()
		d.accept(t, "page", `{"n": 1}`)
		owner := store.StateOwner{Integration: "orders", Instance: "orders"}
		eventually(t, "it does not get to page 12", func() bool {
			states, err := host.StoreOf(d.Host).ReadStates(t.Context(), owner)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Contains(string(states[0]), "page12")
		})
	})
	t.Run("is started without a request", func(t *testing.T) {
		t.Parallel()
		started, err := host.PipelineOf(d.Host).Start(t.Context(), pipeline.Start{
			Flow: store.Flow{Integration: "orders", Instance: "orders", Flow: "order"}, Source: store.Schedule,
			Request: &integration.Request{Method: "POST", Body: []byte(`{"n": 6}`), ContentType: "application/json"},
		})
		if err != nil {
			t.Fatal(err)
		}
		detail := d.until(t, started.ID, store.Succeeded)
		if detail.Execution.Source != store.Schedule || !strings.Contains(results(detail), "total=70") {
			t.Errorf("%+v: %s", detail.Execution, results(detail))
		}
	})
}
