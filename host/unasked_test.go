package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// unasked has flows that start without a webhook. What each is given comes out as its only step's results.
const unasked = `
name: Orders
flows:
  - name: Tick
    trigger: {schedule: {every: 1s, singleton: true}}
    steps: &steps
      - name: Tell
        code: |
          module.exports = async (context, { trigger }) => {
            const { headers, body, method, pathFragment, queryParameters } = trigger.results;
            return { data: {
              event: headers["hookstep-event"], due: headers["Hookstep-Due"], body: body.data, method, pathFragment, queryParameters,
              url: context.invokeUrl,
            } };
          };
  - name: Subscribe
    trigger: {on: deploy}
    steps: *steps
  - name: Unsubscribe
    trigger: {on: remove}
    steps: *steps
  - name: Ask
    synchronous: true
    steps: *steps
`

// of waits for a succeeded execution that a source started, and gives what its step saw.
func (d *durable) of(t *testing.T, source store.Source) map[string]any {
	t.Helper()
	var saw map[string]any
	eventually(t, "no execution of the source "+string(source), func() bool {
		page, err := host.StoreOf(d.Host).List(t.Context(), &store.Filter{Statuses: []store.Status{store.Succeeded}, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(page.Executions, func(one store.Execution) bool { return one.Source == source })
		if at < 0 {
			return false
		}
		detail, err := host.StoreOf(d.Host).Execution(t.Context(), page.Executions[at].ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(detail.Steps[len(detail.Steps)-1].Result.Results.JSON, &saw); err != nil {
			t.Fatal(err)
		}
		return true
	})
	return saw
}

// answers waits until a flow answers with a status, and gives the answer.
func (d *durable) answers(t *testing.T, path string, status int) string {
	t.Helper()
	var answer string
	eventually(t, fmt.Sprintf("%s does not answer with %d", path, status), func() bool {
		var got int
		got, _, answer = post(t, d.base, path, "")
		return got == status
	})
	return answer
}

func (d *durable) ticks(t *testing.T) int {
	t.Helper()
	page, err := host.StoreOf(d.Host).List(t.Context(), &store.Filter{Flow: "tick", Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Executions)
}

func TestFlowsStartWithoutAWebhook(t *testing.T) {
	t.Parallel()
	d := work(t, nil, unasked)
	ticked := d.of(t, store.Schedule)
	due, err := time.Parse(time.RFC3339, fmt.Sprint(ticked["due"]))
	if age := time.Since(due); err != nil || age < 0 || age > time.Minute || ticked["event"] != "schedule" || ticked["method"] != http.MethodPost ||
		ticked["body"] != nil || ticked["pathFragment"] != "" || ticked["queryParameters"] != nil || !strings.HasSuffix(fmt.Sprint(ticked["url"]), "/hooks/orders/tick") {
		t.Errorf("the scheduled flow saw %v", ticked)
	}
	if saw := d.of(t, store.Deploy); saw["event"] != "deploy" || saw["due"] != nil {
		t.Errorf("the deployed flow saw %v", saw)
	}
	d.accept(t, "tick", "{}") // a webhook starts it too

	rows, err := host.StoreOf(d.Host).ListInstances(t.Context())
	if err != nil || len(rows) != 1 {
		t.Fatalf("instances: %+v, %v", rows, err)
	}
	if err := host.StoreOf(d.Host).SwitchInstance(t.Context(), rows[0].Name, true, time.Now()); err != nil {
		t.Fatal(err)
	}
	if answer := d.answers(t, "/hooks/orders/ask", 503); !strings.Contains(answer, "the instance orders is disabled") {
		t.Errorf("a disabled instance answers %s", answer)
	}
	before := d.ticks(t)
	if err := host.StoreOf(d.Host).SwitchInstance(t.Context(), rows[0].Name, false, time.Now()); err != nil {
		t.Fatal(err)
	}
	d.answers(t, "/hooks/orders/ask", 200)
	eventually(t, "it does not tick any more", func() bool { return d.ticks(t) != before })

	if err := host.DeskOf(d.Host).Remove(t.Context(), rows[0].Name); err != nil {
		t.Fatal(err)
	}
	if status, _, answer := post(t, d.base, "/hooks/orders/ask", ""); status != 404 {
		t.Errorf("a removed instance answers %d %s", status, answer)
	}
	if saw := d.of(t, store.Remove); saw["event"] != "remove" {
		t.Errorf("the flow of the removal saw %v", saw)
	}
}

// TestStockSync sends changes to the integration that comes with the program, and has it report at once.
func TestStockSync(t *testing.T) {
	t.Parallel()
	d := begin(t, nil, "../testdata/integrations/stock-sync")
	change := func(delivery int, article string, onHand int) (int, string) {
		status, _, answer := post(t, d.base, "/hooks/stock-sync/stock-changed", fmt.Sprintf(`{"article": %q, "onHand": %d}`, article, onHand),
			asJSON, fmt.Sprintf("X-Delivery-Id: d-%d", delivery))
		return status, answer
	}
	if status, answer := change(0, "CAB", -1); status != 422 {
		t.Errorf("what is no change is answered %d %s", status, answer)
	}
	var accepted []string
	for i, onHand := range []int{50, 20, 35, 0} {
		_, answer := change(i, "CAB", onHand)
		if _, again := change(i, "CAB", onHand); answer != again {
			t.Errorf("the delivery %d is answered %s and %s", i, answer, again)
		}
		accepted = append(accepted, answer)
	}
	_, answer := change(9, "HUB", 7)
	var differences []any
	for _, one := range accepted {
		differences = append(differences, d.result(t, one)["difference"])
	}
	if got := fmt.Sprint(differences); got != "[50 -30 15 -35]" {
		t.Errorf("changes of one article were booked as %s", got)
	}
	d.result(t, answer)
	_, _, answer = post(t, d.base, "/hooks/stock-sync/nightly-report", "")
	if got := fmt.Sprint(d.result(t, answer)); got != "map[articles:2 due:<nil> empty:[CAB] pieces:7]" {
		t.Errorf("the report is %s", got)
	}
}

// result waits until an accepted execution has succeeded, and gives its last step's results.
func (d *durable) result(t *testing.T, accepted string) map[string]any {
	t.Helper()
	var told struct {
		ID integration.ExecutionID `json:"executionId"`
	}
	if err := json.Unmarshal([]byte(accepted), &told); err != nil {
		t.Fatalf("%s: %v", accepted, err)
	}
	detail := d.until(t, told.ID, store.Succeeded)
	var results map[string]any
	if err := json.Unmarshal(detail.Steps[len(detail.Steps)-1].Result.Results.JSON, &results); err != nil {
		t.Fatal(err)
	}
	return results
}
