package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
)

// deskKey is the key of all desks, so that two of them can share a database.
var deskKey = seal.NewKeyText()

// sealing is a box over the desk's database, with connections that hold nothing but a sealed text.
func (d *desk) sealing(log *slog.Logger) admin.Sealing {
	d.t.Helper()
	source := seal.Source{LookupEnv: func(name string) (string, bool) { return deskKey, name == seal.Variable }}
	box, err := seal.Open(d.t.Context(), seal.Options{Source: source, Kept: d.store, Now: time.Now, Log: log})
	if err != nil {
		d.t.Fatal(err)
	}
	d.rows = &sealedRows{d.store, box}
	return admin.Sealing{Box: box, Rows: d.rows, Connections: d.store}
}

// sealedRows seals the inputs of connections.
type sealedRows struct {
	kept store.Connections
	box  *seal.Box
}

func placeOf(row *store.ConnectionRow) seal.Place {
	return seal.Place{Integration: row.Key.Integration, Instance: string(row.Key.Instance), Name: row.Key.Name, Part: "inputs", Version: row.Version}
}

// set keeps a secret in the next version of a connection.
func (s *sealedRows) set(ctx context.Context, row store.ConnectionRow, secret []byte) (err error) {
	row.Version++
	if row.Inputs, err = s.box.Seal(ctx, secret, placeOf(&row)); err != nil {
		return err
	}
	return s.kept.SaveConnection(ctx, &row, nil)
}

// Reseal implements seal.Rows.
func (s *sealedRows) Reseal(ctx context.Context, most int) (did seal.Resealed, err error) {
	rows, err := s.kept.ListConnections(ctx, store.ConnectionFilter{})
	for i := range rows {
		if !s.box.Stale(rows[i].Inputs) {
			continue
		}
		plain, unopened := s.box.Open(ctx, rows[i].Inputs, placeOf(&rows[i]))
		if did.Done == most || unopened != nil || s.set(ctx, rows[i], plain) != nil {
			did.Left++
			continue
		}
		did.Done++
	}
	return did, err
}

func keptConnection(name string) store.ConnectionRow {
	return store.ConnectionRow{
		Key:  store.ConnectionKey{Integration: "orders", Instance: "acme", Name: name},
		Type: "apiKey", Status: store.ConnectionActive, ChangedAt: time.Now(),
	}
}

func TestKeysAreRotated(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host := d.client()
	for _, name := range []string{"One", "Two", "Three"} {
		if err := d.rows.set(t.Context(), keptConnection(name), []byte("canary-secret")); err != nil {
			t.Fatal(err)
		}
	}
	before, err := host.Keys(t.Context())
	if err != nil || len(before.Keys) != 1 || !before.Keys[0].Primary || before.Keys[0].Sealed != 3 || before.Rotating || before.Unknown != 0 {
		t.Fatalf("before: %+v, %v", before, err)
	}
	begun, err := host.RotateKeys(t.Context())
	if err != nil || len(begun.Keys) != 2 || !begun.Rotating || begun.Keys[0].Sealed != 0 || begun.Keys[1].Sealed != 3 || begun.Keys[1].ID != before.Keys[0].ID {
		t.Fatalf("begun: %+v, %v", begun, err)
	}
	if again, err := host.RotateKeys(t.Context()); err != nil || len(again.Keys) != 2 || again.Version != begun.Version {
		t.Errorf("rotate again meanwhile: %+v, %v", again, err)
	}
	resealed := finish(t, host)
	after, err := host.Keys(t.Context())
	if err != nil || resealed != 3 || after.Rotating || after.Keys[0].Sealed != 3 || after.Keys[1].Sealed != 0 || after.Keys[1].UnusedAt.IsZero() {
		t.Errorf("%d sealed again; after: %+v, %v", resealed, after, err)
	}
	rows, err := d.store.ListConnections(t.Context(), store.ConnectionFilter{})
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	for i := range rows {
		if plain, err := d.rows.box.Open(t.Context(), rows[i].Inputs, placeOf(&rows[i])); err != nil || string(plain) != "canary-secret" {
			t.Errorf("%s: %q, %v", rows[i].Key.Name, plain, err)
		}
	}
}

// finish calls reseal until it is done, and counts what it sealed.
func finish(t *testing.T, host *client.Client) int {
	t.Helper()
	var sum int
	for range 20 {
		did, err := host.ResealKeys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if sum += did.Resealed; did.Done {
			return sum
		}
	}
	t.Fatal("sealing again does not end")
	return sum
}

func TestConnectionsThatNoKeyOpensAreCounted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	lost := keptConnection("Lost")
	lost.Version, lost.Inputs, lost.Token = 1, []byte{1, 2, 3, 4, 5, 6}, []byte("garbage")
	if err := d.store.SaveConnection(t.Context(), &lost, nil); !errors.Is(err, store.ErrConflict) {
		t.Errorf("what no key of the keyset has sealed is kept: %v", err)
	}
	if told, err := d.client().Keys(t.Context()); err != nil || told.Unknown != 0 {
		t.Errorf("%+v, %v", told, err)
	}
}

func TestRewrapWithoutAnotherKeyChangesNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	host := d.client()
	before, err := host.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after, err := host.RewrapKeys(t.Context())
	if err != nil || after.Version != before.Version || after.Master.ID != before.Master.ID || after.Master.Next != "" {
		t.Errorf("%+v, %v", after, err)
	}
	if status, _, body := d.do("GET", "/keys", d.guard.Local(), ""); status != http.StatusOK || strings.Contains(body, "hsk1_") {
		t.Errorf("%d %s", status, body)
	}
}
