package scratch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask runs one statement on a connection of its own.
func ask(ctx context.Context, t *testing.T, url, query string) (string, error) {
	t.Helper()
	connected, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	defer connected.Close(context.WithoutCancel(ctx))
	var answer string
	err = connected.QueryRow(ctx, query).Scan(&answer)
	return answer, err
}

func TestLives(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	made := scratch.ForTest(t)
	url, err := made.Database(ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	if synced, err := ask(ctx, t, url, "show fsync"); err != nil || synced != "on" {
		t.Fatalf("fsync is %q, %v", synced, err)
	}
	for name, end := range map[string]func() error{"stop": made.Stop, "kill": made.Kill} {
		if err := end(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := ask(ctx, t, url, "select 'alive'"); err == nil {
			t.Fatalf("the server answers after %s", name)
		}
		if end() == nil {
			t.Errorf("%s of a server that has ended is no error", name)
		}
		if err := made.Start(ctx); err != nil {
			t.Fatalf("start after %s: %v", name, err)
		}
		if said, err := ask(ctx, t, url, "select 'alive'"); err != nil || said != "alive" {
			t.Fatalf("after %s and start: %q, %v", name, said, err)
		}
	}
	if made.Start(ctx) == nil {
		t.Error("a server that runs was started")
	}
}

func TestPause(t *testing.T) {
	t.Parallel()
	made := scratch.ForTest(t)
	connected, err := pgx.Connect(t.Context(), made.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close(t.Context())
	if err := made.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { answered <- connected.Ping(t.Context()) }()
	select {
	case err := <-answered:
		t.Fatalf("a paused server answered: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if err := made.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatalf("after the pause: %v", err)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	made := scratch.ForTest(t)
	folder, err := ask(t.Context(), t, made.URL(), "show data_directory")
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", folder, err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if _, err := scratch.New(t.Context(), "no_such_setting=1"); err == nil {
		t.Error("a cluster with a setting that does not exist has started")
	} else if errors.Is(err, scratch.ErrMissing) {
		t.Skip(err)
	}
}
