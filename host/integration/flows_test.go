package integration_test

import (
	"maps"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
)

const asynchronous = `
-- integration.yaml --
name: Sync
queue: {limit: 20}
configVars:
  Nightly: {type: schedule, default: {value: "0 2 * * *", time_zone: Europe/Berlin}}
  Sometimes: {type: schedule}
flows:
  - name: Plain
    steps: &steps [{name: A, code: x}]
  - name: Sequential
    queue: sequential
    dedupe: {key: headers.X-Delivery}
    steps: *steps
  - name: Parallel
    queue: parallel
    dedupe: {key: 'stepResults["trigger"].results.body.data', for: 90m}
    steps: *steps
  - name: Throttled
    queue: {limit: 5}
    trigger: {on: deploy}
    steps: *steps
  - name: By key
    queue: {key: 'body.data.lines[0]["customer id"]'}
    trigger: {on: remove}
    steps: *steps
  - name: Some by key
    queue: {mode: throttled, key: queryParameters.id, limit: 2}
    trigger: {schedule: {cron: "0 9 * * 1-5", timeZone: Europe/Berlin, singleton: true, missed: once}}
    steps: *steps
  - name: Often
    queue: {mode: sequential, key: method}
    trigger: {schedule: {every: 5m}}
    steps: *steps
  - name: Party
    trigger: {schedule: {at: "2026-12-24T18:00:00", timeZone: Europe/Berlin}}
    steps: *steps
  - name: As each likes
    trigger: {schedule: {configVar: Nightly}}
    steps: *steps
  - name: Perhaps
    trigger: {schedule: {configVar: Sometimes}}
    steps: *steps
-- instances/acme.yaml --
-- instances/globex.yaml --
queue: {limit: 3}
configVars:
  Nightly: "*/10 * * * *"
  Sometimes: {value: "@daily", schedule_type: none}
-- instances/umbrella.yaml --
configVars:
  Sometimes: "@daily"
`

func TestQueues(t *testing.T) {
	t.Parallel()
	got := read(t, asynchronous, nil)
	type set struct {
		Queue  integration.Queue
		Dedupe integration.Dedupe
		On     integration.Event
		When   *integration.Schedule
	}
	found := map[integration.FlowName]set{}
	for _, flow := range got.Flows {
		found[flow.Name] = set{flow.Queue, flow.Dedupe, flow.Trigger.On, flow.Trigger.Schedule}
	}
	const hook = integration.OnWebhook
	want := map[integration.FlowName]set{
		"Plain": {On: hook},
		"Sequential": {
			Queue: integration.Queue{Limit: 1}, Dedupe: integration.Dedupe{Key: reference(t, "headers.X-Delivery"), For: 24 * time.Hour}, On: hook,
		},
		"Parallel": {
			Dedupe: integration.Dedupe{Key: reference(t, `stepResults["trigger"].results.body.data`), For: 90 * time.Minute}, On: hook,
		},
		"Throttled": {Queue: integration.Queue{Limit: 5}, On: integration.OnDeploy},
		"By key":    {Queue: integration.Queue{Limit: 1, Key: reference(t, `body.data.lines[0]["customer id"]`)}, On: integration.OnRemove},
		"Some by key": {
			Queue: integration.Queue{Limit: 2, Key: reference(t, "queryParameters.id")}, On: hook,
			When: &integration.Schedule{Missed: integration.CatchUpOnce, Singleton: true},
		},
		"Often": {
			Queue: integration.Queue{Limit: 1, Key: reference(t, "method")}, On: hook, When: &integration.Schedule{Missed: integration.SkipMissed},
		},
		"Party":         {On: hook, When: &integration.Schedule{Missed: integration.SkipMissed}},
		"As each likes": {On: hook, When: &integration.Schedule{Missed: integration.SkipMissed, ConfigVar: "Nightly"}},
		"Perhaps":       {On: hook, When: &integration.Schedule{Missed: integration.SkipMissed, ConfigVar: "Sometimes"}},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}

func TestInstancesSayWhenAndHowMany(t *testing.T) {
	t.Parallel()
	type set struct {
		Limit int
		When  map[integration.FlowName]string
	}
	found := map[integration.InstanceName]set{}
	for _, instance := range read(t, asynchronous, nil).Instances {
		when := map[integration.FlowName]string{}
		for name, timetable := range instance.Timetables {
			when[name] = timetable.String()
		}
		found[instance.Name] = set{instance.Limit, when}
	}
	own := func(nightly string, more ...string) map[integration.FlowName]string {
		when := map[integration.FlowName]string{
			"Some by key": "cron 0 9 * * 1-5 in Europe/Berlin", "Often": "every 5m", "Party": "at 2026-12-24T17:00:00Z", "As each likes": nightly,
		}
		for _, text := range more {
			maps.Copy(when, map[integration.FlowName]string{"Perhaps": text})
		}
		return when
	}
	want := map[integration.InstanceName]set{
		"acme":     {20, own("cron 0 2 * * * in Europe/Berlin")},
		"globex":   {3, own("cron */10 * * * * in UTC")},
		"umbrella": {20, own("cron 0 2 * * * in Europe/Berlin", "cron 0 0 * * * in UTC")},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
}

func TestParseReference(t *testing.T) {
	t.Parallel()
	name := func(text string) integration.Part { return integration.Part{Name: text, Index: -1} }
	for text, want := range map[string][]integration.Part{
		"method":                                    {name("method")},
		"body.data.order.id":                        {name("body"), name("data"), name("order"), name("id")},
		"body.data[0][12].$größe_x":                 {name("body"), name("data"), {Index: 0}, {Index: 12}, name("$größe_x")},
		`headers["X-Key"]`:                          {name("headers"), name("X-Key")},
		`headers['it is "so"'].x`:                   {name("headers"), name(`it is "so"`), name("x")},
		"headers.x-github-delivery":                 {name("headers"), name("x-github-delivery")},
		"stepResults.newOrder.results.body.data":    {name("body"), name("data")},
		`stepResults["newOrder"]['results'].a["]"]`: {name("a"), name("]")},
	} {
		got, err := integration.ParseReference(text, "newOrder")
		if diff := cmp.Diff(integration.Reference{Text: text, Path: want}, got); err != nil || diff != "" {
			t.Errorf("%s: %v, (-want +got):\n%s", text, err, diff)
		}
	}
	for _, text := range []string{
		"", ".", "body.", ".body", "body..data", "[0]", `["body"]`, "body[", "body[]", "body[-1]", "body[1.5]", "body[99999999999]", "body[0", "body data",
		`body["x]`, `body["x"`, `body[""]`, `body["a\"b"]`, "body[x]", "body/data", "stepResults", "stepResults.newOrder", "stepResults.newOrder.results",
		"stepResults.other.results.body", "stepResults.newOrder.result.body", "${body}", "body.data\n",
	} {
		if got, err := integration.ParseReference(text, "newOrder"); err == nil {
			t.Errorf("%q was taken: %+v", text, got)
		}
	}
}

func TestReferenceToAHeader(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`headers["X-Key"]`: "x-key", "stepResults.trigger.results.headers.id": "id", "headers": "", "headers.a.b": "", "headers[0]": "", "body.headers": "",
	} {
		got, is := reference(t, text).Header()
		if got != want || is != (want != "") {
			t.Errorf("%s: %q, %t", text, got, is)
		}
	}
}
