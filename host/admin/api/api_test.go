package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/admin/api"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestShow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.finished(1)[0]
	got, err := d.client().Execution(t.Context(), id.String(), false)
	if err != nil {
		t.Fatal(err)
	}
	if got.Status != "dead-letter" || got.Source != "webhook" || got.Flow != "receive-order" || got.Logs == 0 || got.EndedAt.IsZero() {
		t.Errorf("got %+v", got.Execution)
	}
	wantInput := &wire.Input{
		Method: "POST", URL: "http://localhost:8080/hooks/acme/receive-order", RemoteAddr: "192.0.2.1:4711",
		Headers: []wire.Header{{Name: "api-key", Value: "(hidden)"}, {Name: "content-type", Value: "application/json"}},
		Body:    &wire.Value{Size: 39, JSON: json.RawMessage(`{"order":4711,"exact":9007199254740993}`), ContentType: "application/json"},
	}
	if diff := cmp.Diff(wantInput, got.Input); diff != "" {
		t.Errorf("input:\n%s", diff)
	}
	wantFault := &wire.Fault{Source: "user", Code: "thrown", Step: "second", Message: "TypeError: no such order", Stack: []string{"total (totals.js:3:9)"}}
	wantSteps := []wire.Step{
		{
			Position: 0, Key: "first", Millis: 1.5, EndedAt: got.Steps[0].EndedAt, States: &wire.States{Instance: json.RawMessage(`{"seen":1}`)},
			Results:  &wire.Value{Size: 22, JSON: json.RawMessage(`{"n":1,"file":null}`), Blobs: []wire.Blob{{Pointer: "/file", Base64: []byte{0, 1, 255}}}},
			Response: &wire.Response{Status: 201, Headers: []wire.Header{{Name: "x-own", Value: "yes"}}, Body: &wire.Value{ContentType: "image/png", Base64: []byte{}}},
		},
		{Position: 1, Key: "second", Tries: 2, EndedAt: got.Steps[1].EndedAt, Fault: wantFault},
	}
	if diff := cmp.Diff(wantSteps, got.Steps); diff != "" {
		t.Errorf("steps:\n%s", diff)
	}
	if diff := cmp.Diff(wantFault, got.Fault); diff != "" {
		t.Errorf("fault:\n%s", diff)
	}
}

// Values that are too long, not JSON, or not what their content type says.
func TestShowBodies(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	long := `"` + strings.Repeat("x", 100<<10) + `"`
	for _, each := range []struct {
		body, kind  string
		full        bool
		json, bytes string
		cut         bool
	}{
		{body: `[1, 2]`, kind: "application/json; charset=utf-8", json: `[1,2]`},
		{body: `{"a":1}`, kind: "application/vnd.api+json", json: `{"a":1}`},
		{body: `[1, 2`, kind: "application/json", bytes: `[1, 2`},
		{body: "\"\xff\"", kind: "application/json", bytes: "\"\xff\""},
		{body: "a,b", kind: "text/csv", bytes: "a,b"},
		{body: long, kind: "application/json", cut: true},
		{body: long, kind: "application/json", full: true, json: long},
	} {
		id := d.accept(func(asked *store.Acceptance) {
			asked.Input.Request.Body, asked.Input.Request.ContentType = []byte(each.body), each.kind
		})
		got, err := d.client().Execution(t.Context(), id.String(), each.full)
		if err != nil {
			t.Fatal(err)
		}
		body := got.Input.Body
		if string(body.JSON) != each.json || string(body.Base64) != each.bytes || body.Cut != each.cut || body.Size != len(each.body) || body.ContentType != each.kind {
			t.Errorf("%.20s of %s is shown as %.200v", each.body, each.kind, body)
		}
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dead := d.finished(3)
	waiting := d.accept(func(asked *store.Acceptance) { asked.Due = time.Now().Add(time.Hour) })
	all := []integration.ExecutionID{waiting, dead[2], dead[1], dead[0]}
	for _, each := range []struct {
		name  string
		asked client.Asked
		want  []integration.ExecutionID
		more  bool
	}{
		{name: "all", want: all},
		{name: "a page", asked: client.Asked{Limit: 2}, want: all[:2], more: true},
		{name: "the page after", asked: client.Asked{Limit: 2, Cursor: dead[2].String()}, want: all[2:]},
		{name: "status", asked: client.Asked{Filter: wire.Filter{Statuses: []string{"waiting", "held"}}}, want: all[:1]},
		{name: "flow by name", asked: client.Asked{Filter: wire.Filter{Flow: "Receive order", Instance: "acme", Integration: "orders"}}, want: all},
		{name: "other flow", asked: client.Asked{Filter: wire.Filter{Flow: "other"}}},
		{name: "time", asked: client.Asked{Filter: wire.Filter{From: time.Now().Add(-time.Hour), To: time.Now().Add(-time.Minute)}}},
		{name: "text of a fault", asked: client.Asked{Filter: wire.Filter{Text: "NO SUCH order"}}, want: all[1:]},
		{name: "unreplayed", asked: client.Asked{Unreplayed: true}, want: all},
	} {
		page, err := d.client().Executions(t.Context(), each.asked)
		if err != nil {
			t.Errorf("%s: %v", each.name, err)
			continue
		}
		var got []integration.ExecutionID
		for _, one := range page.Executions {
			id, _ := integration.ParseExecutionID(one.ID)
			got = append(got, id)
		}
		if diff := cmp.Diff(each.want, got); diff != "" || each.more && page.Next == "" {
			t.Errorf("%s: next %q\n%s", each.name, page.Next, diff)
		}
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	dead, host := d.finished(3), d.client()

	one, err := host.Replay(t.Context(), dead[2].String(), "")
	if err != nil || one.ReplayOf != dead[2].String() {
		t.Fatalf("got %+v, %v", one, err)
	}
	if old, err := host.Execution(t.Context(), dead[2].String(), false); err != nil || old.ReplayedAs != one.ID || old.Status != "dead-letter" {
		t.Errorf("the old one is %+v, %v", old.Execution, err)
	}
	made, err := host.Execution(t.Context(), one.ID, false)
	if err != nil || made.ReplayOf != one.ReplayOf || made.Source != "replay" || made.Status != "queued" || len(made.Steps) != 0 {
		t.Errorf("the new one is %+v, %v", made.Execution, err)
	}
	from, err := host.Replay(t.Context(), dead[2].String(), "Second")
	if err != nil {
		t.Fatal(err)
	}
	if made, err := host.Execution(t.Context(), from.ID, false); err != nil || made.StepsDone != 1 {
		t.Errorf("the one from a step is %+v, %v", made.Execution, err)
	}

	many, err := host.ReplayMany(t.Context(), wire.ReplayMany{Filter: wire.Filter{Flow: "receive-order"}, Limit: 1})
	if err != nil || len(many.Replayed) != 1 || many.Replayed[0].ReplayOf != dead[0].String() || !many.More {
		t.Errorf("of many the oldest: %+v, %v", many, err)
	}
	many, err = host.ReplayMany(t.Context(), wire.ReplayMany{})
	if err != nil || len(many.Replayed) != 1 || many.Replayed[0].ReplayOf != dead[1].String() || many.More {
		t.Errorf("the rest: %+v, %v", many, err)
	}
	many, err = host.ReplayMany(t.Context(), wire.ReplayMany{})
	if err != nil || len(many.Replayed) != 0 {
		t.Errorf("all were replayed: %+v, %v", many, err)
	}
	many, err = host.ReplayMany(t.Context(), wire.ReplayMany{Again: true, FromStep: "third"})
	if err != nil || len(many.Failed) != 3 || !strings.Contains(many.Failed[0].Error, `no step "third"`) {
		t.Errorf("again: %+v, %v", many, err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id, host := d.accept(), d.client()
	if err := host.Cancel(t.Context(), id.String()); err != nil {
		t.Fatal(err)
	}
	got, err := host.Execution(t.Context(), id.String(), false)
	if err != nil || got.Status != "canceled" || got.Fault == nil || !strings.Contains(got.Fault.Message, "token local") {
		t.Errorf("got %+v, %+v, %v", got.Execution, got.Fault, err)
	}
	refused, _ := errors.AsType[*client.Error](host.Cancel(t.Context(), id.String()))
	if refused == nil || refused.Status != http.StatusConflict || !strings.Contains(refused.Message, "has ended already") {
		t.Errorf("got %v", refused)
	}
	if !strings.Contains(d.log.String(), `verb="POST /api/v1/executions/`+id.String()+`/cancel" token=local`) {
		t.Errorf("nothing tells who did it:\n%s", d.log)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.finished(1)[0].String()
	part, err := d.client().Log(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range part.Lines {
		got = append(got, line.Step+": "+line.Text)
	}
	if diff := cmp.Diff([]string{"first: one", "first: two", "second: three"}, got); diff != "" || part.More {
		t.Errorf("more %t\n%s", part.More, diff)
	}
	if rest, err := d.client().Log(t.Context(), id, part.Next); err != nil || len(rest.Lines) != 0 || rest.Next != part.Next {
		t.Errorf("after the end: %+v, %v", rest, err)
	}
}

// The stream itself, as other programs read it.
func TestEvents(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.finished(1)[0].String()
	for _, each := range []struct {
		query  string
		header []string
		want   []string
	}{
		{query: "?follow=true", want: []string{"event: lines", "id: 1", "event: lines", "id: 2", "event: end"}},
		{header: []string{"Accept", "text/event-stream"}, want: []string{"event: lines", "id: 1", "event: lines", "id: 2", "event: end"}},
		{query: "?follow=true", header: []string{"Last-Event-ID", "1"}, want: []string{"event: lines", "id: 2", "event: end"}},
		{query: "?follow=true&after=2", want: []string{"event: end"}},
	} {
		status, header, body := d.do("GET", "/executions/"+id+"/logs"+each.query, d.guard.Local(), "", each.header...)
		var got []string
		for text := range strings.Lines(body) {
			if strings.HasPrefix(text, "event:") || strings.HasPrefix(text, "id:") {
				got = append(got, strings.TrimSpace(text))
			}
		}
		if diff := cmp.Diff(each.want, got); diff != "" || status != http.StatusOK || header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("%s %v: %d %v\n%s\n%s", each.query, each.header, status, header, diff, body)
		}
		if !strings.HasSuffix(body, "data: {\"status\":\"dead-letter\"}\n\n") {
			t.Errorf("the end is\n%s", body)
		}
	}
}

// A host that ends does not wait for those who follow a log of an execution that has no end in sight.
func TestCloseEndsFollowers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.accept(func(asked *store.Acceptance) {
		asked.Due, asked.Logs = time.Now().Add(time.Hour), []hostapi.Line{line("trigger", "accepted")}
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.server.URL+api.Prefix+"/executions/"+id.String()+"/logs?follow=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+d.guard.Local())
	response, err := d.server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	d.handler.Close()
	ended := make(chan string)
	go func() {
		var text strings.Builder
		_, _ = io.Copy(&text, response.Body)
		ended <- text.String()
	}()
	select {
	case text := <-ended:
		if !strings.Contains(text, "accepted") || strings.Contains(text, "event: end") {
			t.Errorf("got\n%s", text)
		}
	case <-time.After(patience):
		t.Error("the stream goes on")
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host, ctx := d.client(), t.Context()
	owner := wire.StateOwner{Integration: "orders", Instance: "acme", Flow: "receive-order"}
	odd, empty := "a/b? c&d=ü", ""
	for key, text := range map[string]string{"cursor": `{"page":[1,2.50]}`, odd: `"<&>"`, empty: `0`} {
		if err := host.SetState(ctx, owner, &key, json.RawMessage(text)); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := host.State(ctx, owner, &odd); err != nil || string(text) != `"<&>"` {
		t.Errorf("got %s, %v", text, err)
	}
	if owners, err := host.States(ctx, "orders"); err != nil || len(owners) != 1 || owners[0] != owner {
		t.Errorf("owners: %+v, %v", owners, err)
	}
	if err := host.SetState(ctx, owner, nil, json.RawMessage(`{"new":true,"cursor":{"page":[2.50]}}`)); err != nil {
		t.Fatal(err)
	}
	if text, err := host.State(ctx, owner, nil); err != nil || string(text) != `{"cursor":{"page":[2.50]},"new":true}` {
		t.Errorf("replaced: %s, %v", text, err)
	}
	gone := "cursor"
	if err := errors.Join(host.DeleteState(ctx, owner, &gone), host.DeleteState(ctx, owner, &gone)); err != nil {
		t.Error(err)
	}
	if text, err := host.State(ctx, owner, nil); err != nil || string(text) != `{"new":true}` {
		t.Errorf("without the key: %s, %v", text, err)
	}
	if _, err := host.State(ctx, owner, &gone); statusOf(err) != http.StatusNotFound {
		t.Errorf("the key that is gone: %v", err)
	}
	if err := host.DeleteState(ctx, owner, nil); err != nil {
		t.Error(err)
	}
	for _, other := range []wire.StateOwner{owner, {Integration: "orders"}, {Integration: "orders", Instance: "acme"}} {
		if text, err := host.State(ctx, other, nil); err != nil || string(text) != `{}` {
			t.Errorf("%+v: %s, %v", other, text, err)
		}
	}
	for _, wrong := range []string{`{"a":`, `[1]`, ``, "{\"a\":\"\xff\"}", `{} {}`} {
		if err := host.SetState(ctx, owner, nil, json.RawMessage(wrong)); statusOf(err) != http.StatusBadRequest {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host, ctx := d.client(), t.Context()
	old := store.InstanceKey{Integration: "orders", Instance: "gone"}
	if _, err := d.store.DeployInstance(ctx, &store.Deployment{Instance: old, Digest: store.Removed, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := host.TurnInstance(ctx, "orders", "acme", client.Disable); err != nil {
		t.Fatal(err)
	}
	got, err := host.Instances(ctx)
	if err != nil || len(got) != 2 || !got[0].Disabled || !got[0].Served || got[0].SwitchedAt.IsZero() || got[0].Customer != "Acme Inc." || got[1].Served || got[1].Digest != "removed" {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := host.TurnInstance(ctx, "orders", "acme", client.Enable); err != nil {
		t.Fatal(err)
	}
	if got, err := host.Instances(ctx); err != nil || got[0].Disabled {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, verb := range []client.Verb{client.Deploy, client.Remove} {
		if err := host.TurnInstance(ctx, "orders", "acme", verb); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"refresh /acme", "refresh /acme", "deploy orders/acme", "remove orders/acme"}, d.turned.told); diff != "" {
		t.Error(diff)
	}
	for _, verb := range []client.Verb{client.Enable, client.Disable, client.Deploy, client.Remove} {
		if err := host.TurnInstance(ctx, "orders", "nobody", verb); statusOf(err) != http.StatusNotFound {
			t.Errorf("%s of nobody: %v", verb, err)
		}
	}
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	row := store.ScheduleRow{Name: receiveOrder, Spec: "every 5m", Next: time.Now().Add(time.Minute)}
	if err := d.store.PutSchedules(t.Context(), []store.ScheduleRow{row}); err != nil {
		t.Fatal(err)
	}
	got, err := d.client().Schedules(t.Context())
	want := []wire.Schedule{{Integration: "orders", Instance: "acme", Flow: "receive-order", Spec: "every 5m", Next: row.Next.UTC().Truncate(time.Millisecond)}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// What is asked wrongly is told with the name of what is wrong.
func TestWrong(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	id := d.accept().String()
	unknown := d.ids(time.Now()).String()
	for _, each := range []struct {
		method, path, body string
		status             int
		field              string
		words              string
	}{
		{"GET", "/executions?statu=failed", "", 400, "statu", `did you mean "status"`},
		{"GET", "/executions?status=dead", "", 400, "status", "there is no status"},
		{"GET", "/executions?limit=201", "", 400, "limit", "1 to 200"},
		{"GET", "/executions?limit=-1", "", 400, "limit", "no number"},
		{"GET", "/executions?from=yesterday", "", 400, "from", "2026-01-31T12:00:00Z"},
		{"GET", "/executions?from=2026-01-31T12:00:00Z&to=2026-01-31T12:00:00Z", "", 400, "to", "no time"},
		{"GET", "/executions?cursor=x", "", 400, "cursor", "no cursor"},
		{"GET", "/executions?flow=---", "", 400, "flow", "no letter"},
		{"GET", "/executions?unreplayed=yes", "", 400, "unreplayed", "neither"},
		{"GET", "/executions?text=a;flow=b", "", 400, "", "query"},
		{"GET", "/executions/" + unknown, "", 404, "", unknown},
		{"GET", "/executions/4711", "", 400, "id", "no execution id"},
		{"GET", "/executions/" + unknown + "/logs", "", 404, "", unknown},
		{"GET", "/executions/" + unknown + "/logs?follow=true", "", 404, "", unknown},
		{"GET", "/executions/" + id + "/logs?after=x", "", 400, "after", "no number"},
		{"POST", "/executions/" + unknown + "/replay", "", 404, "", unknown},
		{"POST", "/executions/" + unknown + "/cancel", "", 404, "", unknown},
		{"POST", "/executions/" + id + "/replay", "", 409, "", "queued"},
		{"POST", "/executions/" + id + "/replay", `{"from":"x"}`, 400, "from", "no member"},
		{"POST", "/executions/" + id + "/replay", `{"fromStep":1}`, 400, "fromStep", "number"},
		{"POST", "/executions/" + id + "/replay", `{} {}`, 400, "", "more after"},
		{"POST", "/executions/" + id + "/replay", `{"fromStep":"` + strings.Repeat("x", 70<<10) + `"}`, 413, "", "64 KiB"},
		{"POST", "/executions/replay", `{"status":["running"]}`, 400, "status", "not ended"},
		{"POST", "/executions/replay", `{"limit":1000}`, 400, "limit", "1 to 200"},
		{"POST", "/executions/replay", `{"from":"now"}`, 400, "", "2026-01-31T12:00:00Z"},
		{"POST", "/tokens", `{"name":"a b","scopes":["read"]}`, 400, "name", "no name"},
		{"POST", "/tokens", `{"name":"local","scopes":["read"]}`, 400, "name", "own machine"},
		{"POST", "/tokens", `{"name":"a"}`, 400, "scopes", "needs a scope"},
		{"POST", "/tokens", `{"name":"a","scopes":["reed"]}`, 400, "scopes", `did you mean "read"`},
		{"POST", "/tokens", `{"name":"a","scopes":["read"],"expiresAt":"2020-01-01T00:00:00Z"}`, 400, "expiresAt", "over already"},
		{"DELETE", "/tokens/nobody", "", 404, "", "nobody"},
		{"PATCH", "/executions", "", 405, "", "takes GET"},
		{"GET", "/nothing", "", 404, "", "openapi.json"},
		{"GET", "", "", 404, "", "openapi.json"},
	} {
		status, header, body := d.do(each.method, each.path, d.guard.Local(), each.body)
		var said wire.Error
		if err := json.Unmarshal([]byte(body), &said); err != nil || header.Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %v %s", each.method, each.path, err, body)
		}
		if status != each.status || said.Field != each.field || !strings.Contains(said.Error, each.words) {
			t.Errorf("%s %s: %d %+v, want %d, field %q and %q", each.method, each.path, status, said, each.status, each.field, each.words)
		}
	}
}

// A database that cannot keep anything is told as such, and for how long.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := d.store.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := d.client().Cancel(t.Context(), d.ids(time.Now()).String())
	refused, _ := errors.AsType[*client.Error](err)
	if refused == nil || refused.Status != http.StatusServiceUnavailable || refused.RetryAfter == 0 {
		t.Errorf("got %#v", err)
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	status, header, body := d.do("GET", "/openapi.json", d.guard.Local(), "")
	if status != http.StatusOK || header.Get("Content-Type") != "application/json" || !json.Valid([]byte(body)) {
		t.Errorf("%d %v %.100s", status, header, body)
	}
}

func statusOf(err error) int {
	refused, _ := errors.AsType[*client.Error](err)
	if refused == nil {
		return 0
	}
	return refused.Status
}
