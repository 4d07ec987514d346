package redact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func named(values ...string) []redact.Secret {
	made := make([]redact.Secret, len(values))
	for i, value := range values {
		made[i] = redact.Secret{Name: "token", Value: value}
	}
	return made
}

var acme = redact.Owner{Integration: "orders", Instance: "acme"}

func TestFormerSecretsStayHiddenForAWhile(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	registry := redact.NewRegistry(time.Hour, func() time.Time { return now })
	first := registry.Learn(acme, named("token-number-one"))
	if got := registry.Learn(acme, named("token-number-one")); got != first {
		t.Error("the same secrets are another set")
	}
	hidden := first.HideText("token-number-one")
	second := registry.Learn(acme, named("token-number-two"))
	all := "token-number-one token-number-two token-number-three"
	if got := second.Text(all); got != "⟦secret token⟧ ⟦secret token⟧ token-number-three" || registry.Text(all) != got {
		t.Errorf("got %s and %s", got, registry.Text(all))
	}
	if got := second.RevealText(hidden); got != "token-number-two" {
		t.Errorf("revealed %s, not the secret of today", got)
	}
	now = now.Add(time.Hour + time.Second)
	third := registry.Learn(acme, named("token-number-three"))
	if got := third.Text(all); got != "token-number-one ⟦secret token⟧ ⟦secret token⟧" || registry.Text(all) != got || registry.Of(acme) != third {
		t.Errorf("got %s and %s", got, registry.Text(all))
	}
	registry.Forget(acme)
	if registry.Text(all) != all || registry.Of(acme) != nil {
		t.Error("what was forgotten is still looked for")
	}
}

func TestAFormerSecretComesBack(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	registry := redact.NewRegistry(time.Hour, func() time.Time { return now })
	for _, value := range []string{"token-number-one", "token-number-two", "token-number-one"} {
		registry.Learn(acme, named(value))
		now = now.Add(2 * time.Hour)
	}
	registry.Learn(acme, named("token-number-one", "token-number-four"))
	if got := registry.Text("token-number-one token-number-two"); got != "⟦secret token⟧ token-number-two" {
		t.Errorf("got %s", got)
	}
}

// Of many former secrets only the newest are remembered, so that a token of a minute's life does not fill the memory.
func TestManyFormerSecrets(t *testing.T) {
	t.Parallel()
	registry := redact.NewRegistry(time.Hour, time.Now)
	for i := range 200 {
		registry.Learn(acme, named(fmt.Sprintf("token-number-%04d", i)))
	}
	for i, hidden := range map[int]bool{0: false, 100: false, 136: true, 199: true} {
		text := fmt.Sprintf("token-number-%04d", i)
		if got := registry.Text(text) != text; got != hidden {
			t.Errorf("%s: hidden %t, want %t", text, got, hidden)
		}
	}
}

func TestOneSecretOfManyOwners(t *testing.T) {
	t.Parallel()
	registry := redact.NewRegistry(time.Hour, time.Now)
	for i := range 3 {
		registry.Learn(redact.Owner{Instance: fmt.Sprint(i)}, named("one-token-for-all"))
	}
	for i := range 3 {
		if got := registry.Text("one-token-for-all"); got != "⟦secret token⟧" {
			t.Errorf("without %d owners: %s", i, got)
		}
		registry.Forget(redact.Owner{Instance: fmt.Sprint(i)})
	}
	if got := registry.Text("one-token-for-all"); got != "one-token-for-all" {
		t.Errorf("without owners: %s", got)
	}
}

func TestRegistryFromManyGoroutines(t *testing.T) {
	t.Parallel()
	registry := redact.NewRegistry(0, time.Now)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			owner := redact.Owner{Instance: fmt.Sprint(worker % 2)}
			for i := range 200 {
				set := registry.Learn(owner, named(fmt.Sprintf("token-%d-%04d", worker, i)))
				if got := set.Text("token-"); got != "token-" {
					t.Error(got)
				}
				registry.Text("nothing of interest is here: token-0-0001")
				registry.Of(owner)
			}
		})
	}
	all.Wait()
}

type stringer struct{ words string }

func (s stringer) String() string { return s.words }

func TestHandler(t *testing.T) {
	t.Parallel()
	const canary = `sk_live "51H8" canary`
	registry := redact.NewRegistry(time.Hour, time.Now)
	var written bytes.Buffer
	log := slog.New(redact.NewHandler(slog.NewJSONHandler(&written, nil), registry))
	log.Info("before", slog.String("n", "1"))
	registry.Learn(acme, []redact.Secret{{Name: "Shop API.apiKey", Value: canary}})
	log = log.With(slog.String("engine", canary)).WithGroup("group")
	log.Error("failed with "+canary,
		slog.Any("error", fmt.Errorf("wrapped: %w", errors.New(canary))),
		slog.Any("fault", fault.New(fault.User, fault.Thrown, "%s", canary)),
		slog.Any("nothing", (*fault.Fault)(nil)),
		slog.Any("stack", []string{"a", canary}),
		slog.Any("stringer", stringer{canary}),
		slog.Any("map", map[string]any{canary: 1}),
		slog.Any("bytes", []byte(canary)),
		slog.Any("count", 42), slog.Duration("took", time.Second),
		slog.Group("inner", slog.String("header", "Basic "+canary), slog.Any(canary, nil)),
		slog.Any("secret", redact.Secret{Name: "x", Value: canary}))
	text := written.String()
	for _, form := range []string{canary, `sk_live \"51H8\" canary`, "51H8", "c2tfbGl2ZSAi"} {
		if strings.Contains(text, form) {
			t.Errorf("%q is in %s", form, text)
		}
	}
	if !strings.Contains(text, `"count":42`) || !strings.Contains(text, `"engine":"⟦secret Shop API.apiKey⟧"`) {
		t.Error(text)
	}
	if !log.Enabled(context.Background(), slog.LevelInfo) || log.Enabled(context.Background(), slog.LevelDebug) {
		t.Error("the level is not that of the handler behind")
	}
}

func TestFault(t *testing.T) {
	t.Parallel()
	const canary = "sk_live_51H8canary"
	set := redact.NewSet([]redact.Secret{{Name: "key", Value: canary}})
	whole := &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Name: "Error " + canary, Message: canary, Step: "pay",
		Stack: []fault.Frame{{Function: "pay", File: "pay.js", Line: 1}, {Function: canary, File: "pay.js", Line: 2}},
		Cause: &fault.Fault{Message: "inner", Cause: &fault.Fault{Message: "c2tfbGl2ZV81MUg4Y2FuYXJ5"}},
	}
	want := &fault.Fault{
		Source: fault.User, Code: fault.Thrown, Name: "Error ⟦secret key⟧", Message: "⟦secret key⟧", Step: "pay",
		Stack: []fault.Frame{{Function: "pay", File: "pay.js", Line: 1}, {Function: "⟦secret key⟧", File: "pay.js", Line: 2}},
		Cause: &fault.Fault{Message: "inner", Cause: &fault.Fault{Message: "⟦secret key:base64⟧"}},
	}
	if diff := cmp.Diff(want, set.Fault(whole)); diff != "" {
		t.Error(diff)
	}
	if whole.Message != canary || whole.Stack[1].Function != canary {
		t.Error("the argument was changed")
	}
	clean := &fault.Fault{Message: "nothing", Stack: []fault.Frame{{File: "a.js"}}}
	if set.Fault(clean) != clean || set.Fault(nil) != nil {
		t.Error("a fault without secrets is another one")
	}
}
