package veil_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/host/store/veil"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

const (
	canary = `canary/"of"+the&shop-7f3a`
	caller = "caller-canary-4b1d"
)

var orders = store.Flow{Integration: "orders", Instance: "acme", Flow: "receive"}

func shop(store.InstanceKey) (*redact.Set, error) {
	return redact.NewSet([]redact.Secret{{Name: "Shop API.apiKey", Value: canary}}), nil
}

func nothing(store.InstanceKey) (*redact.Set, error) { return redact.NewSet(nil), nil }

func open(t *testing.T, secrets of) (*veil.Store, *sqlite.Database, string) {
	t.Helper()
	folder := t.TempDir()
	database, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(folder, "hookstep.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return veiled(database, secrets), database, folder
}

// leaks lists what of the canaries is in the files of a folder.
func leaks(t *testing.T, folder string) []string {
	t.Helper()
	quoted, err := json.Marshal(canary)
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{
		canary, string(quoted[1 : len(quoted)-1]), strings.ReplaceAll(canary, `"`, `\"`), url.QueryEscape(canary), base64.StdEncoding.EncodeToString([]byte(canary))[:20],
		hex.EncodeToString([]byte(canary)), "shop-7f3a", caller,
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range forms {
			if bytes.Contains(content, []byte(form)) {
				found = append(found, entry.Name()+": "+form)
			}
		}
	}
	return found
}

// inJSON is a JSON text with the canary in names and values, as it is and encoded.
func inJSON(t *testing.T) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		canary: []any{canary, 1.5, map[string]string{"header": "Basic " + base64.StdEncoding.EncodeToString([]byte("user:"+canary))}},
		"url":  "https://u.example/?key=" + url.QueryEscape(canary), "hex": hex.EncodeToString([]byte(canary)), "authorization": "Bearer " + caller,
		"blob": nil, "mark": "⟦secret Shop API.apiKey⟧",
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func step(t *testing.T, position int, key string) store.Step {
	t.Helper()
	results := value.JSON(inJSON(t))
	results.Blobs = []value.Blob{{Pointer: "/blob", Bytes: []byte("\x00\xff" + canary)}}
	return store.Step{Position: position, EndedAt: time.Unix(1, 0).UTC(), Result: engine.StepResult{
		Key: key, Results: results,
		Response: &engine.Response{
			Status: 200, ContentType: "text/plain", Headers: []hostapi.Header{{Name: "X-Key", Value: canary}}, Body: value.Bytes([]byte(canary), "a/b"),
		},
		Changed: engine.States{Instance: inJSON(t), Integration: inJSON(t)},
	}}
}

func input() *store.Input {
	data := value.Value{JSON: []byte(`{"` + caller + `":null}`), Blobs: []value.Blob{{Pointer: "/" + caller, Bytes: []byte(canary)}}}
	return &store.Input{
		Request: &integration.Request{
			Method: "POST", Path: "/hooks/acme/receive/" + canary, RawQuery: "key=" + url.QueryEscape(canary), InvokeURL: "https://h.example/?k=" + url.QueryEscape(canary),
			Headers: []hostapi.Header{
				{Name: "authorization", Value: "Bearer " + caller},
				{Name: "api-key", Value: canary},
				{Name: "cookie", Value: "a=b; session=" + caller},
				{Name: "x-shop", Value: canary},
				{Name: "x-mark", Value: "⟦secret Shop API.apiKey⟧"},
				{Name: "x-api-key", Value: "⟦sealed x⟧"},
			},
			Body: []byte("⟦⟦secret " + canary), ContentType: "text/plain", ReceivedAt: time.Unix(1, 0).UTC(),
		},
		PathFragment: canary, Data: &data, Frame: []byte(`{"a":"b"}`),
	}
}

func acceptance(t *testing.T) *store.Acceptance {
	t.Helper()
	return &store.Acceptance{
		ID: integration.NewExecutionID(time.Now().UnixMilli(), 0, 1), Flow: orders, Source: store.Webhook, StartedAt: time.Now(), Input: input(),
		Done: []store.Step{step(t, 0, "trigger")}, Logs: lines(), Dedupe: &store.Dedupe{Key: "key " + canary, For: time.Hour}, CancelKey: canary,
		Lanes:  []store.Lane{{Key: "orders " + canary, Limit: 1}},
		Answer: &integration.Response{Status: 200, Headers: []hostapi.Header{{Name: "X-Key", Value: canary}}, Body: inJSON(t)},
	}
}

func lines() []hostapi.Line {
	return []hostapi.Line{{Level: hostapi.Info, Text: "the key is " + canary + " of " + caller, At: time.Unix(1, 0).UTC()}}
}

func thrown() *fault.Fault {
	return &fault.Fault{Source: fault.User, Code: fault.Thrown, Message: canary, Cause: &fault.Fault{Message: hex.EncodeToString([]byte(canary))}}
}

// run gives one claim to a function, and waits for it.
func run(t *testing.T, on store.Store, take func(ctx context.Context, claim *store.Claim)) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	taken := false
	if err := on.Work(ctx, 1, func(ctx context.Context, claim *store.Claim) {
		defer stop()
		taken = true
		take(ctx, claim)
	}); err != nil {
		t.Fatal(err)
	}
	if !taken {
		t.Fatal("no execution was given out")
	}
}

func TestAnAcceptedExecution(t *testing.T) {
	t.Parallel()
	kept, database, folder := open(t, shop)
	asked := acceptance(t)
	before := acceptance(t)
	before.ID, before.StartedAt = asked.ID, asked.StartedAt
	if _, err := kept.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, asked); diff != "" {
		t.Errorf("the argument was changed:\n%s", diff)
	}
	owners := store.OwnersOf(orders)
	run(t, kept, func(ctx context.Context, claim *store.Claim) {
		if diff := cmp.Diff(input(), claim.Input); diff != "" {
			t.Errorf("input (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]store.Step{step(t, 0, "trigger")}, claim.Done); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
		second, third := step(t, 1, "second"), step(t, 2, "third")
		second.Result.Fault, second.Ignored = thrown(), true
		if err := kept.Commit(ctx, claim, &second, lines()); err != nil {
			t.Error(err)
		}
		if err := kept.Log(ctx, claim, lines()); err != nil {
			t.Error(err)
		}
		end := &store.End{Status: store.Succeeded, Last: &third, Logs: lines(), At: time.Now(), States: []store.StateChange{
			{Owner: owners[0], Merge: inJSON(t)}, {Owner: owners[1], Merge: inJSON(t)},
		}}
		if err := kept.Finish(ctx, claim, end); err != nil {
			t.Error(err)
		}
	})
	states, err := kept.ReadStates(t.Context(), owners[:]...)
	if err != nil || !bytes.Contains(states[0], []byte(hex.EncodeToString([]byte(canary)))) || !bytes.Equal(states[0], states[1]) {
		t.Errorf("states %s, %v", states, err)
	}
	shown, err := database.Execution(t.Context(), asked.ID)
	if err != nil || !strings.Contains(string(shown.Steps[0].Result.Results.JSON), "⟦secret Shop API.apiKey⟧") || !json.Valid(shown.Steps[0].Result.Results.JSON) {
		t.Errorf("shown %+v, %v", shown, err)
	}
	whole, err := kept.Execution(t.Context(), asked.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := step(t, 2, "third")
	if diff := cmp.Diff(want, whole.Steps[2]); diff != "" {
		t.Errorf("a replay gets (-want +got):\n%s", diff)
	}
	duplicate, err := kept.Accept(t.Context(), &store.Acceptance{ID: asked.ID + 1, Flow: orders, StartedAt: time.Now(), Dedupe: asked.Dedupe})
	if err != nil || duplicate.Duplicate != asked.ID || duplicate.First == nil || duplicate.First.Headers[0].Value != canary {
		t.Errorf("the duplicate got %+v, %v", duplicate, err)
	}
	if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	// What a caller showed means nothing outside of its execution, so states have it.
	left := leaks(t, folder)
	left = without(left, "hookstep.db: "+caller)
	if len(left) > 0 {
		t.Errorf("in the files: %q", left)
	}
}

func without(all []string, one string) []string {
	var rest []string
	for _, text := range all {
		if text != one {
			rest = append(rest, text)
		}
	}
	return rest
}

func TestARecordedExecution(t *testing.T) {
	t.Parallel()
	kept, database, folder := open(t, shop)
	asked := acceptance(t)
	asked.Answer, asked.Lanes, asked.CancelKey = nil, nil, ""
	if _, err := kept.Reserve(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	if _, _, err := kept.Answer(t.Context(), orders, asked.Dedupe.Key); !errors.Is(err, store.ErrConflict) {
		t.Errorf("while it runs: %v", err)
	}
	answer := &integration.Response{Status: 200, Body: []byte("plain " + canary)}
	failed := step(t, 0, "only")
	failed.Result.Fault = thrown()
	recording := &store.Recording{
		Execution: store.Execution{ID: asked.ID, Flow: orders, Source: store.Webhook, Status: store.Failed, Synchronous: true, StartedAt: asked.StartedAt, EndedAt: time.Now(), Fault: thrown()},
		Input:     input(), Steps: []store.Step{failed}, Logs: lines(), Reserved: asked.Dedupe, Answer: answer,
	}
	if err := kept.Record(t.Context(), []*store.Recording{recording}); err != nil {
		t.Fatal(err)
	}
	first, stored, err := kept.Answer(t.Context(), orders, asked.Dedupe.Key)
	if err != nil || first != asked.ID || string(stored.Body) != "plain "+canary {
		t.Errorf("%v %+v %v", first, stored, err)
	}
	whole, err := kept.Execution(t.Context(), asked.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(input(), whole.Input); diff != "" {
		t.Errorf("a replay gets (-want +got):\n%s", diff)
	}
	if whole.Execution.Fault.Message != "⟦secret Shop API.apiKey⟧" || whole.Steps[0].Result.Fault.Cause.Message != "⟦secret Shop API.apiKey:hex⟧" {
		t.Errorf("the fault is %+v, of the step %+v", whole.Execution.Fault, whole.Steps[0].Result.Fault)
	}
	if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if left := leaks(t, folder); len(left) > 0 {
		t.Errorf("in the files: %q", left)
	}
}

func TestOtherWaysIn(t *testing.T) {
	t.Parallel()
	kept, database, folder := open(t, shop)
	name := store.InstanceKey{Integration: orders.Integration, Instance: orders.Instance}
	start := acceptance(t)
	start.Dedupe, start.Lanes = nil, nil
	if moved, err := kept.DeployInstance(t.Context(), &store.Deployment{Instance: name, Digest: "1", At: time.Now(), Starts: []*store.Acceptance{start}}); err != nil || !moved {
		t.Fatal(moved, err)
	}
	run(t, kept, func(ctx context.Context, claim *store.Claim) {
		if err := kept.Postpone(ctx, claim, &store.Postponement{Until: time.Now().Add(time.Hour), Fault: thrown(), Logs: lines()}); err != nil {
			t.Error(err)
		}
	})
	owners := store.OwnersOf(orders)
	if err := kept.WriteStates(t.Context(), []store.StateChange{{Owner: owners[0], Merge: []byte(`{"key":"` + strings.ReplaceAll(canary, `"`, `\"`) + `"}`)}}); err != nil {
		t.Fatal(err)
	}
	shown := kept.Shown(func(string) []integration.InstanceName { return []integration.InstanceName{"acme"} })
	states, err := shown.ReadStates(t.Context(), owners[:]...)
	if err != nil || string(states[0]) != `{"key":"⟦secret Shop API.apiKey⟧"}` {
		t.Errorf("%s, %v", states, err)
	}
	if err := database.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if left := leaks(t, folder); len(left) > 0 {
		t.Errorf("in the files: %q", left)
	}
}

// A state that all instances share is kept as it is, and shown without anybody's secrets.
func TestASharedState(t *testing.T) {
	t.Parallel()
	kept, _, _ := open(t, shop)
	owner := store.OwnersOf(orders)[2]
	text := inJSON(t)
	if err := kept.WriteStates(t.Context(), []store.StateChange{{Owner: owner, Merge: text}}); err != nil {
		t.Fatal(err)
	}
	read, err := kept.ReadStates(t.Context(), owner)
	if err != nil || !strings.Contains(string(read[0]), hex.EncodeToString([]byte(canary))) {
		t.Errorf("%s, %v", read, err)
	}
	shown, err := kept.Shown(func(string) []integration.InstanceName { return []integration.InstanceName{"acme"} }).ReadStates(t.Context(), owner)
	if err != nil || bytes.Contains(shown[0], []byte("7f3a")) || !json.Valid(shown[0]) {
		t.Errorf("%s, %v", shown, err)
	}
	if again, err := kept.ReadStates(t.Context(), owner); err != nil || !bytes.Equal(again[0], read[0]) {
		t.Errorf("to show it has changed it: %s", again)
	}
}

// What code gets after a crash is the secret of today; what a caller showed is what he showed.
func TestARotationMeanwhile(t *testing.T) {
	t.Parallel()
	today := canary
	kept, _, _ := open(t, func(store.InstanceKey) (*redact.Set, error) {
		return redact.NewSet([]redact.Secret{{Name: "Shop API.apiKey", Value: today}}), nil
	})
	if _, err := kept.Accept(t.Context(), acceptance(t)); err != nil {
		t.Fatal(err)
	}
	today = "the key of today"
	run(t, kept, func(_ context.Context, claim *store.Claim) {
		if got := string(claim.Done[0].Result.Response.Body.Raw); got != today {
			t.Errorf("got %q", got)
		}
		if got := claim.Input.Request.Header("api-key"); got != canary {
			t.Errorf("the caller showed %q", got)
		}
	})
}

// Marks that come from outside are never anybody's secret, whichever way they come, and whatever was known when they came.
func TestMarksOfStrangers(t *testing.T) {
	t.Parallel()
	const mark = "⟦secret Shop API.apiKey⟧"
	for name, before := range map[string]of{"nothing known": nothing, "secret known": shop} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := before
			kept, _, _ := open(t, func(name store.InstanceKey) (*redact.Set, error) { return now(name) })
			asked := acceptance(t)
			asked.Done, asked.Dedupe, asked.Lanes = nil, nil, nil
			asked.Input = &store.Input{PathFragment: mark, Request: &integration.Request{
				Method: "POST", Path: mark, RawQuery: mark, InvokeURL: mark, ContentType: mark, Body: []byte(`{"a":"` + mark + `"}`),
				Headers: []hostapi.Header{{Name: "x-a", Value: mark}, {Name: "authorization", Value: mark}, {Name: "cookie", Value: "⟦sealed " + mark}},
			}}
			if _, err := kept.Accept(t.Context(), asked); err != nil {
				t.Fatal(err)
			}
			now = shop
			run(t, kept, func(_ context.Context, claim *store.Claim) {
				if diff := cmp.Diff(asked.Input, claim.Input); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A value that was sealed for one execution does not open in another one, nor with another key.
func TestSealedElsewhere(t *testing.T) {
	t.Parallel()
	kept, database, _ := open(t, shop)
	asked := acceptance(t)
	if _, err := kept.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	stolen, err := database.Execution(t.Context(), asked.ID)
	if err != nil {
		t.Fatal(err)
	}
	moved := acceptance(t)
	moved.ID, moved.Input, moved.Done, moved.Dedupe, moved.Lanes = asked.ID+1, stolen.Input, nil, nil, nil
	if _, err := database.Accept(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	for id, through := range map[integration.ExecutionID]*veil.Store{
		moved.ID: kept,
		asked.ID: veil.New(database, of(shop), veil.NewSealer([]byte("another key of the tests")), slog.New(slog.DiscardHandler)),
	} {
		got, err := through.Execution(t.Context(), id)
		if err != nil || got.Input.Request.Header("authorization") != redact.Hidden || got.Input.Request.Header("x-shop") != canary {
			t.Errorf("%+v, %v", got.Input.Request, err)
		}
	}
}

// Without the secrets of an instance nothing of it is kept, and nothing of it runs: it waits.
func TestUnknownSecrets(t *testing.T) {
	t.Parallel()
	broken := true
	kept, _, _ := open(t, func(name store.InstanceKey) (*redact.Set, error) {
		if broken {
			return nil, store.Unavailable(errors.New("no connections"))
		}
		return shop(name)
	})
	asked := acceptance(t)
	if _, err := kept.Accept(t.Context(), asked); !fault.Is(err, fault.Unavailable) {
		t.Errorf("accepted: %v", err)
	}
	if err := kept.Record(t.Context(), []*store.Recording{{Execution: store.Execution{ID: asked.ID, Flow: orders}}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("recorded: %v", err)
	}
	if err := kept.WriteStates(t.Context(), []store.StateChange{{Owner: store.OwnersOf(orders)[0], Merge: []byte(`{}`)}}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("written: %v", err)
	}
	broken = false
	if _, err := kept.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	run(t, kept, func(context.Context, *store.Claim) {})
}
