package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// smallDisk mounts one of so many bytes.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, options); err != nil {
		t.Skipf("a small disk cannot be mounted, so a FULL DISK IS NOT TESTED: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	folder := smallDisk(t, "size=8m")
	ballast := filepath.Join(folder, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "hookstep.db")
	d, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	ids, content := newSequence(), noise(20_000)
	var kept []integration.ExecutionID
	fill := func() error {
		for range 2000 {
			id := ids.next()
			if _, err := d.Accept(t.Context(), webhook(id, content)); err != nil {
				return err
			}
			kept = append(kept, id)
		}
		return nil
	}
	for range 3 {
		if told, ok := errors.AsType[*fault.Fault](fill()); !ok || told.Code != fault.Unavailable || told.RetryAfter == 0 {
			t.Fatalf("a full disk gave %v", told)
		}
	}
	full := len(kept)
	if err := d.Ping(t.Context()); err == nil {
		t.Log("a page could still be written")
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	late := time.Now().Add(20 * time.Second)
	for id := ids.next(); ; {
		if _, err := d.Accept(t.Context(), webhook(id, content)); err == nil {
			kept = append(kept, id)
			break
		} else if time.Now().After(late) {
			t.Fatalf("with space again: %v", err)
		}
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	sound(t, path)
	d = open(t, path)
	for _, id := range kept {
		if _, err := d.Execution(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if full < 20 {
		t.Errorf("only %d were kept before the disk was full", full)
	}
}
