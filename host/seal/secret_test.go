package seal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// shared gives a secret that must be had.
func shared(t *testing.T, box *seal.Box, name, first string) string {
	t.Helper()
	got, err := box.Secret(t.Context(), name, func() ([]byte, error) { return []byte(first), nil })
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

func TestHostsShareASecret(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		here, kept := newHost(t), open(t)
		here.box(t, kept)
		const hosts = 6
		got := make([]string, hosts)
		var group sync.WaitGroup
		for i := range hosts {
			kept := open(t)
			box := here.box(t, kept)
			group.Go(func() {
				secret, err := box.Secret(t.Context(), "canary", func() ([]byte, error) { return []byte(rand.Text()), nil })
				if err != nil {
					t.Error(err)
				}
				got[i] = string(secret)
			})
		}
		group.Wait()
		if slices.Sort(got); got[0] == "" || len(slices.Compact(got)) != 1 {
			t.Errorf("hosts have different secrets: %q", got)
		}
	})
}

func TestSharedSecretOutlivesTheKeys(t *testing.T) {
	t.Parallel()
	older, newer := seal.NewKeyText(), seal.NewKeyText()
	here, kept := newHost(t), &keysets{}
	now := clock()
	here.now = func() time.Time { return now }
	here.environment[seal.Variable] = older
	box := here.box(t, kept)
	if got := shared(t, box, "one", "canary-first"); got != "canary-first" {
		t.Errorf("the first time: %q", got)
	}
	other := here.box(t, kept)
	if got := shared(t, other, "two", "canary-second"); got != "canary-second" {
		t.Errorf("another one: %q", got)
	}
	want := func(moment string, box *seal.Box) {
		t.Helper()
		got := []string{shared(t, box, "one", "another"), shared(t, box, "two", "another")}
		if diff := cmp.Diff([]string{"canary-first", "canary-second"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", moment, diff)
		}
		if bytes.Contains(kept.kept.Sealed, []byte("canary")) {
			t.Errorf("%s: a secret can be read in the keyset", moment)
		}
	}
	want("on two hosts", box)
	none := rows{nothing{}, box}
	for range 2 {
		if err := box.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		want("while keys are rotated", other)
		if _, err := none.finish(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		want("after that", other)
	}
	now = now.Add(seal.Linger)
	if err := box.Tend(t.Context(), none); err != nil {
		t.Fatal(err)
	}
	if status := statusOf(t, box); len(status.Keys) != 1 {
		t.Errorf("older keys are there: %+v", status)
	}
	want("without the first key", here.box(t, kept))

	both := newHost(t)
	both.environment[seal.Variable], both.environment[seal.PreviousVariable] = newer, older
	if err := both.box(t, kept).Rewrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("of a host that has not the newest master key", box)
	alone := newHost(t)
	alone.environment[seal.Variable] = newer
	want("under another master key", alone.box(t, kept))
}

// nothing has no connections.
type nothing struct{ store.Connections }

func (nothing) ListConnections(context.Context, store.ConnectionFilter) ([]store.ConnectionRow, error) {
	return nil, nil
}

func TestSecretThatCannotBeMadeIsNotKept(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	box := here.box(t, kept)
	before := kept.kept.Version
	failed := errors.New("no first one")
	if _, err := box.Secret(t.Context(), "one", func() ([]byte, error) { return nil, failed }); !errors.Is(err, failed) || kept.kept.Version != before {
		t.Errorf("got %v, and version %d after %d", err, kept.kept.Version, before)
	}
	kept.down = store.Unavailable(errors.New("gone"))
	if _, err := box.Secret(t.Context(), "one", func() ([]byte, error) { return []byte("x"), nil }); err == nil {
		t.Error("a secret is made without a database")
	}
}

// Who can write to the database, and has no key, can neither take secrets of hosts away nor put in those of an earlier time.
func TestSharedSecretsCannotBeExchanged(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	box := here.box(t, kept)
	shared(t, box, "one", "canary-first")
	first := string(kept.kept.Sealed)
	shared(t, box, "two", "canary-second")
	whole := string(kept.kept.Sealed)
	sealedOf := func(text string) string {
		_, after, _ := strings.Cut(text, `"secrets":"`)
		part, _, _ := strings.Cut(after, `"`)
		return part
	}
	changes := map[string]string{
		"taken away": strings.Replace(whole, sealedOf(whole), "", 1),
		"older":      strings.Replace(whole, sealedOf(whole), sealedOf(first), 1),
		"renamed":    strings.Replace(whole, `"secrets":["one","two"]`, `"secrets":["one"]`, 1),
	}
	for name, text := range changes {
		if text == whole {
			t.Fatalf("%s: nothing was changed in %s", name, whole)
		}
		changed := kept.kept
		changed.Sealed = []byte(text)
		_, err := here.open(t.Context(), &keysets{kept: changed})
		if _, ok := errors.AsType[*seal.KeyError](err); !ok || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
