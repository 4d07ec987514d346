package postgres_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/store/postgres"
)

// TestPassedOver holds that a permit outlives that what it was for was locked when a host looked. The host would not make a new one
// before the test ends.
func TestPassedOver(t *testing.T) {
	t.Parallel()
	url := database(t)
	host, err := postgres.Open(t.Context(), postgres.Options{URL: url, Log: slog.New(slog.DiscardHandler), Silence: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close(context.WithoutCancel(t.Context())) })
	asked := newAsking().next("a")
	if _, err := host.Accept(t.Context(), asked); err != nil {
		t.Fatal(err)
	}
	connected, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close(context.WithoutCancel(t.Context()))
	tx, err := connected.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select from hookstep.executions for update`); err != nil {
		t.Fatal(err)
	}
	done := working(t, host)
	eventually(t, "the permit is taken", func() bool {
		var taken bool
		err := tx.QueryRow(t.Context(), `select exists (select from hookstep.river_job where attempted_at is not null and state <> 'running')`).Scan(&taken)
		return err == nil && taken
	})
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the execution is finished", func() bool { return done.has(asked.ID) })
}
