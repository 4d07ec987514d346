package seal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

// database is what sealing needs of one.
type database interface {
	store.Keysets
	store.Connections
}

// onEach runs a test on each database. Open gives one host's way to it; several hosts only where the database allows.
func onEach(t *testing.T, test func(t *testing.T, open func(t *testing.T) database)) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		opened, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "hookstep.db"), Log: quiet})
		if err != nil {
			t.Fatal(err)
		}
		closeAtEnd(t, opened)
		test(t, func(*testing.T) database { return opened })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		url := scratch.ForTest(t).URL()
		test(t, func(t *testing.T) database {
			t.Helper()
			opened, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: quiet})
			if err != nil {
				t.Fatal(err)
			}
			closeAtEnd(t, opened)
			return opened
		})
	})
}

func closeAtEnd(t *testing.T, opened store.Store) {
	t.Helper()
	t.Cleanup(func() {
		if err := opened.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// rows seals the inputs of connections, as one host does.
type rows struct {
	kept store.Connections
	box  *seal.Box
}

func placeOf(row *store.ConnectionRow) seal.Place {
	return seal.Place{Integration: row.Key.Integration, Instance: string(row.Key.Instance), Name: row.Key.Name, Part: "inputs", Version: row.Version}
}

func row(number int) store.ConnectionRow {
	return store.ConnectionRow{
		Key:  store.ConnectionKey{Integration: "orders", Instance: "acme", Name: fmt.Sprintf("Connection %03d", number)},
		Type: "apiKey", Status: store.ConnectionActive, ChangedAt: clock(),
	}
}

// sealedAs gives the next version of a row, with a secret.
func (r rows) sealedAs(ctx context.Context, row store.ConnectionRow, secret string) (store.ConnectionRow, error) {
	row.Version++
	var err error
	row.Inputs, err = r.box.Seal(ctx, []byte(secret), placeOf(&row))
	return row, err
}

func (r rows) set(ctx context.Context, row store.ConnectionRow, secret string) error {
	made, err := r.sealedAs(ctx, row, secret)
	if err != nil {
		return err
	}
	return r.kept.SaveConnection(ctx, &made, nil)
}

func (r rows) fill(t *testing.T, count int) {
	t.Helper()
	for i := range count {
		if err := r.set(t.Context(), row(i), secretOf(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func secretOf(number int) string { return fmt.Sprintf("canary-%03d", number) }

// Reseal implements seal.Rows.
func (r rows) Reseal(ctx context.Context, most int) (did seal.Resealed, err error) {
	all, err := r.kept.ListConnections(ctx, store.ConnectionFilter{})
	for i := range all {
		if all[i].Inputs == nil || !r.box.Stale(all[i].Inputs) {
			continue
		}
		plain, err := r.box.Open(ctx, all[i].Inputs, placeOf(&all[i]))
		if did.Done == most || err != nil || r.set(ctx, all[i], string(plain)) != nil {
			did.Left++
			continue
		}
		did.Done++
	}
	return did, err
}

// finish seals until everything is, and tells how many rows it has sealed.
func (r rows) finish(ctx context.Context, most int) (sum int, err error) {
	for range 1000 {
		done, did, err := r.box.Reseal(ctx, r, most)
		sum += did.Done
		if err != nil || done {
			return sum, err
		}
	}
	return sum, errors.New("sealing again does not end")
}

// secrets opens all rows.
func (r rows) secrets(t *testing.T) map[string]string {
	t.Helper()
	all, err := r.kept.ListConnections(t.Context(), store.ConnectionFilter{})
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]string{}
	for i := range all {
		plain, err := r.box.Open(t.Context(), all[i].Inputs, placeOf(&all[i]))
		if err != nil {
			t.Error(err)
		}
		opened[all[i].Key.Name] = string(plain)
	}
	return opened
}

// wantSecrets wants the rows of fill to open with the newest key.
func (r rows) wantSecrets(t *testing.T, count int) {
	t.Helper()
	want := map[string]string{}
	for i := range count {
		want[row(i).Key.Name] = secretOf(i)
	}
	if diff := cmp.Diff(want, r.secrets(t)); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	all, err := r.kept.ListConnections(t.Context(), store.ConnectionFilter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		if r.box.Stale(all[i].Inputs) {
			t.Errorf("%s is still sealed with an older key", all[i].Key.Name)
		}
	}
}

func statusOf(t *testing.T, box *seal.Box) seal.Status {
	t.Helper()
	status, err := box.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func TestRotation(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		const count = 25
		here, kept := newHost(t), open(t)
		now := clock()
		here.now = func() time.Time { return now }
		of := rows{kept, here.box(t, kept)}
		of.fill(t, count)
		first := statusOf(t, of.box).Keys[0].ID
		old, err := kept.FindConnection(t.Context(), row(3).Key)
		if err != nil {
			t.Fatal(err)
		}
		if err := of.box.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if status := statusOf(t, of.box); !status.Rotating || len(status.Keys) != 2 || status.Keys[1].ID != first || !status.Keys[0].Primary {
			t.Errorf("begun: %+v", status)
		}
		if sum, err := of.finish(t.Context(), 10); err != nil || sum != count {
			t.Errorf("sealed again: %d, %v", sum, err)
		}
		of.wantSecrets(t, count)
		status := statusOf(t, of.box)
		if status.Rotating || status.Keys[1].ClosedAt.IsZero() || status.Keys[1].UnusedAt.IsZero() {
			t.Errorf("done: %+v", status)
		}
		wantOpen(t, of.box, old.Inputs, placeOf(&old), secretOf(3)) // it lingers
		now = now.Add(seal.Linger)
		if err := of.box.Tend(t.Context(), of); err != nil {
			t.Fatal(err)
		}
		if status = statusOf(t, of.box); len(status.Keys) != 1 || status.Keys[0].ID == first {
			t.Errorf("after the old key's time: %+v", status)
		}
		if _, err := of.box.Open(t.Context(), old.Inputs, placeOf(&old)); err == nil || !strings.Contains(err.Error(), first.String()) {
			t.Errorf("what is sealed with a forgotten key: %v", err)
		}
		of.wantSecrets(t, count)
		if done, did, err := of.box.Reseal(t.Context(), of, 10); !done || err != nil || did != (seal.Resealed{}) {
			t.Errorf("with nothing to do: %t, %+v, %v", done, did, err)
		}
	})
}

// A host may stand still between sealing and saving for any time. What it has sealed with a key that was replaced meanwhile is
// refused, in every state that the row can be in.
func TestLateHostKeepsNothingUnderAnOldKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		here, kept := newHost(t), open(t)
		rotating := rows{kept, here.box(t, kept)}
		other := open(t)
		late := rows{other, here.box(t, other)}
		rotating.fill(t, 1)
		empty := row(2)
		empty.Version = 1
		if err := kept.SaveConnection(t.Context(), &empty, nil); err != nil {
			t.Fatal(err)
		}
		existing, err := other.FindConnection(t.Context(), row(0).Key)
		if err != nil {
			t.Fatal(err)
		}
		befores := map[string]store.ConnectionRow{"existing": existing, "new": row(1), "without secrets": empty}
		hanging := map[string]store.ConnectionRow{}
		for name, before := range befores {
			if hanging[name], err = late.sealedAs(t.Context(), before, "late-"+name); err != nil {
				t.Fatal(err)
			}
		}
		if err := rotating.box.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := rotating.finish(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		for name, saved := range hanging {
			if err := other.SaveConnection(t.Context(), &saved, nil); !errors.Is(err, store.ErrConflict) {
				t.Errorf("%s: %v", name, err)
			}
			before, err := other.FindConnection(t.Context(), saved.Key)
			if errors.Is(err, store.ErrNotFound) {
				before, err = befores[name], nil
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := late.set(t.Context(), before, "late-"+name); err != nil {
				t.Errorf("%s, once more: %v", name, err)
			}
		}
		want := map[string]string{row(0).Key.Name: "late-existing", row(1).Key.Name: "late-new", row(2).Key.Name: "late-without secrets"}
		if diff := cmp.Diff(want, rotating.secrets(t)); diff != "" {
			t.Errorf("secrets (-want +got):\n%s", diff)
		}
	})
}

// What comes between the last look and the closing of the old key is found by the look that follows.
func TestNothingSlipsInBeforeTheOldKeyIsClosed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		here, kept := newHost(t), open(t)
		of := rows{kept, here.box(t, kept)}
		of.fill(t, 1)
		late, err := of.sealedAs(t.Context(), row(1), secretOf(1))
		if err != nil {
			t.Fatal(err)
		}
		if err := of.box.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		slips := slipping{rows: of, slip: func() error { return kept.SaveConnection(t.Context(), &late, nil) }}
		for range 20 {
			done, _, err := of.box.Reseal(t.Context(), &slips, 10)
			if err != nil {
				t.Fatal(err)
			}
			if done {
				break
			}
		}
		of.wantSecrets(t, 2)
		if status := statusOf(t, of.box); status.Rotating {
			t.Errorf("%+v", status)
		}
	})
}

// slipping saves something after the first look that finds nothing.
type slipping struct {
	rows

	slip func() error // nil: it was done
}

func (s *slipping) Reseal(ctx context.Context, most int) (seal.Resealed, error) {
	did, err := s.rows.Reseal(ctx, most)
	if err == nil && did == (seal.Resealed{}) && s.slip != nil {
		err, s.slip = s.slip(), nil
	}
	return did, err
}

// failing is a database of a host that dies at one of its calls, before or after the database has done what it was told.
type failing struct {
	database

	left  int // calls before it
	after bool
}

var errDead = errors.New("the host is dead")

func (f *failing) call(do func() error) error {
	f.left--
	switch {
	case f.left < 0:
		return errDead
	case f.left == 0 && !f.after:
		return errDead
	case f.left == 0:
		return errors.Join(do(), errDead)
	}
	return do()
}

func (f *failing) FindKeyset(ctx context.Context) (kept store.Keyset, err error) {
	err = f.call(func() (err error) {
		kept, err = f.database.FindKeyset(ctx)
		return err
	})
	return kept, err
}

func (f *failing) SaveKeyset(ctx context.Context, keyset store.Keyset) error {
	return f.call(func() error { return f.database.SaveKeyset(ctx, keyset) })
}

func (f *failing) SaveConnection(ctx context.Context, row *store.ConnectionRow, event *store.ConnectionEvent) error {
	return f.call(func() error { return f.database.SaveConnection(ctx, row, event) })
}

func TestRotationGoesOnAfterADeathAtAnyPoint(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		const count = 3
		here, kept := newHost(t), open(t)
		of := rows{kept, here.box(t, kept)}
		of.fill(t, count)
		deaths := 0
		for calls := 1; ; calls++ {
			dead := 0
			for _, after := range []bool{false, true} {
				dying := &failing{database: kept, left: calls + 1, after: after} // one is to open the box
				host := rows{dying, here.box(t, dying)}
				err := host.box.Rotate(t.Context())
				if err == nil {
					_, err = host.finish(t.Context(), 2)
				}
				if err != nil {
					dead++
				}
				next := rows{kept, here.box(t, kept)}
				if statusOf(t, next.box).Rotating {
					if err := next.box.Tend(t.Context(), next); err != nil {
						t.Fatal(err)
					}
				}
				if status := statusOf(t, next.box); status.Rotating {
					t.Fatalf("death at call %d: %+v", calls, status)
				}
				next.wantSecrets(t, count)
			}
			if deaths += dead; dead == 0 {
				break
			}
		}
		if deaths < 10 {
			t.Errorf("only %d deaths", deaths)
		}
	})
}

// Hosts go on changing connections while keys are rotated again and again. Nothing is lost, and nothing is sealed with an old key at the end.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, open func(*testing.T) database) {
		t.Helper()
		const count, changes, rotations = 6, 25, 4
		here, first := newHost(t), open(t)
		rotating := rows{first, here.box(t, first)}
		rotating.fill(t, count)
		var group sync.WaitGroup
		var mu sync.Mutex
		want := map[string]string{}
		for i := range count {
			kept := open(t)
			worker := rows{kept, here.box(t, kept)}
			group.Go(func() {
				last, err := worker.changeOften(t.Context(), row(i).Key, changes)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				want[row(i).Key.Name] = last
			})
		}
		for range rotations {
			if err := rotating.box.Rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := rotating.finish(t.Context(), 3); err != nil {
				t.Fatal(err)
			}
		}
		group.Wait()
		fresh := rows{first, here.box(t, first)}
		if diff := cmp.Diff(want, fresh.secrets(t)); diff != "" {
			t.Errorf("secrets (-want +got):\n%s", diff)
		}
		if status := statusOf(t, fresh.box); status.Rotating || len(status.Keys) != rotations+1 {
			t.Errorf("%+v", status)
		}
	})
}

// changeOften opens a row and keeps it with another secret, again and again.
func (r rows) changeOften(ctx context.Context, key store.ConnectionKey, times int) (last string, err error) {
	for done := 0; done < times; {
		now, err := r.kept.FindConnection(ctx, key)
		if err != nil {
			return last, err
		}
		plain, err := r.box.Open(ctx, now.Inputs, placeOf(&now))
		if err != nil {
			return last, err
		}
		if last != "" && string(plain) != last {
			return last, fmt.Errorf("%s holds %q, not %q", key.Name, plain, last)
		}
		next := fmt.Sprintf("%s change %d", key.Name, done)
		if err := r.set(ctx, now, next); errors.Is(err, store.ErrConflict) {
			continue
		} else if err != nil {
			return last, err
		}
		last = next
		done++
	}
	return last, nil
}

func TestKeysetThatWasPutBackIsRefused(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	box := here.box(t, kept)
	old := kept.kept
	if err := box.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept.put(old)
	if _, err := box.Seal(t.Context(), nil, place()); err == nil || !strings.Contains(err.Error(), "put back to an earlier time") {
		t.Errorf("an older keyset: %v", err)
	}
	kept.put(store.Keyset{})
	if _, err := box.Seal(t.Context(), nil, place()); err == nil || !strings.Contains(err.Error(), "gone from the database") {
		t.Errorf("no keyset: %v", err)
	}
}

func TestBoxWorksWhileTheDatabaseDoesNotAnswer(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	box := here.box(t, kept)
	kept.down = store.Unavailable(errors.New("gone"))
	wantOpen(t, box, sealed(t, box, "s", place()), place(), "s")
	if err := box.Rotate(t.Context()); err == nil {
		t.Error("keys are rotated without a database")
	}
}

func TestRewrap(t *testing.T) {
	t.Parallel()
	kept := &keysets{}
	older, newer := seal.NewKeyText(), seal.NewKeyText()
	with := func(set map[string]string) *host {
		made := newHost(t)
		maps.Copy(made.environment, set)
		return made
	}
	before := with(map[string]string{seal.Variable: older})
	old := before.box(t, kept)
	closed := sealed(t, old, "s", place())

	both := with(map[string]string{seal.Variable: newer, seal.PreviousVariable: older})
	box := both.box(t, kept)
	if !strings.Contains(both.log.String(), "keys rewrap") {
		t.Errorf("the log does not remind of rewrap:\n%s", &both.log)
	}
	if status := statusOf(t, box); status.Master != idOf(t, older) || status.Configured != idOf(t, newer) {
		t.Errorf("before: %+v", status)
	}
	if err := box.Rewrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status := statusOf(t, box); status.Master != idOf(t, newer) || status.Source != seal.Variable {
		t.Errorf("after: %+v", status)
	}

	wantOpen(t, old, closed, place(), "s") // who serves goes on
	wantOpen(t, old, sealed(t, old, "t", place()), place(), "t")
	if status := statusOf(t, old); status.Master != idOf(t, newer) || status.Source != "" {
		t.Errorf("of a host with the old key: %+v", status)
	}
	refused(t, before, kept, idOf(t, newer), idOf(t, older)) // who starts does not
	if err := old.Rotate(t.Context()); err == nil || !strings.Contains(err.Error(), idOf(t, newer)) {
		t.Errorf("a host without the key rotates: %v", err)
	}

	alone := with(map[string]string{seal.Variable: newer})
	wantOpen(t, alone.box(t, kept), closed, place(), "s")
	if err := box.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Seal(t.Context(), nil, place()); err == nil || !strings.Contains(err.Error(), idOf(t, newer)) {
		t.Errorf("a host that cannot know the new key seals: %v", err)
	}
	wantOpen(t, old, closed, place(), "s")
}

// Who can write to the database, and has no key, cannot have a host believe that the keyset was sealed under another key.
func TestForgedWrapIsRefused(t *testing.T) {
	t.Parallel()
	here, kept := newHost(t), &keysets{}
	box := here.box(t, kept)
	master := statusOf(t, box).Master
	forged := kept.kept
	forged.Version++
	text := strings.Replace(string(forged.Sealed), master, strings.Repeat("0", len(master)), 1)
	forged.Sealed = []byte(strings.Replace(text, `"version":1`, `"version":2`, 1))
	kept.put(forged)
	if _, err := box.Seal(t.Context(), nil, place()); err == nil {
		t.Error("a forged keyset is taken")
	}
}
