package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
)

const writesTo = "HOOKSTEP_SQLITE_WRITES_TO"

// writeForever is what the process does that is killed: it tells each execution that was accepted, and works on them.
func writeForever(path string) error {
	ctx := context.Background()
	d, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	newest, err := d.Newest(ctx)
	if err != nil {
		return err
	}
	ids := newSequence()
	ids.last.Store(max(ids.last.Load(), int64(newest)))
	go func() {
		_ = d.Work(ctx, 8, func(ctx context.Context, claim *store.Claim) { _ = runSteps(ctx, d, claim, 3) })
	}()
	var telling sync.Mutex
	for range 16 {
		go func() {
			for {
				id := ids.next()
				if _, err := d.Accept(ctx, webhook(id, body())); err != nil {
					return
				}
				telling.Lock()
				fmt.Fprintln(os.Stdout, int64(id))
				telling.Unlock()
			}
		}()
	}
	select {}
}

// TestKilledInTheMidstOfWriting kills a host at some moment, several times, and looks for what it said it had kept.
func TestKilledInTheMidstOfWriting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hookstep.db")
	told := map[integration.ExecutionID]bool{}
	for round := range 5 {
		for _, id := range killAfter(t, path, 100+round*73) {
			if told[id] {
				t.Errorf("the id %s was given twice", id)
			}
			told[id] = true
		}
		sound(t, path)
	}
	d := open(t, path)
	steps := 0
	for id := range told {
		detail, err := d.Execution(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := detail.Execution; got.StepsDone != len(detail.Steps) || got.Status == store.Succeeded && len(detail.Steps) != 3 || detail.Input == nil {
			t.Errorf("got %+v with %d steps", got, len(detail.Steps))
		}
		steps += len(detail.Steps)
	}
	t.Logf("%d executions were told and are there, with %d steps", len(told), steps)
}

// killAfter starts a process that writes, and kills it when it has told so many ids.
func killAfter(t *testing.T, path string, lines int) []integration.ExecutionID {
	t.Helper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), writesTo+"="+path)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []integration.ExecutionID
	for read := bufio.NewScanner(out); read.Scan(); {
		id, err := strconv.ParseInt(read.Text(), 10, 64)
		if err != nil {
			break // the line that it was killed in
		}
		if ids = append(ids, integration.ExecutionID(id)); len(ids) == lines {
			_ = process.Process.Kill()
		}
	}
	_ = process.Wait()
	if len(ids) < lines {
		t.Fatalf("the process told %d of %d", len(ids), lines)
	}
	return ids
}

// sound has the database look through itself.
func sound(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var result string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Fatalf("integrity check: %s, %v", result, err)
	}
}

// prepare makes a database and changes it, or with no change a file that is none.
func prepare(t *testing.T, path, change string) {
	t.Helper()
	if change == "" {
		if err := os.WriteFile(path, []byte("this is a text, and not what a host expects to find here; it is long enough to look like a page"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}
