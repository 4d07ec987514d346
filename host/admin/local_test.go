package admin_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hookstep-dev/hookstep/host/admin"
)

func TestLocalToken(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	path := filepath.Join(data, "admin.token")
	if _, err := admin.ReadLocal(data); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("nothing is there yet: %v", err)
	}
	forgetFirst, err := admin.WriteLocal(data, "hs_first")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	forgetSecond, err := admin.WriteLocal(data, "hs_second")
	if err != nil {
		t.Fatal(err)
	}
	forgetFirst() // leaves the other one's alone
	if got, err := admin.ReadLocal(data); err != nil || got != "hs_second" {
		t.Errorf("got %q, %v", got, err)
	}
	forgetSecond()
	if left, err := os.ReadDir(data); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := admin.WriteLocal(filepath.Join(data, "missing"), "hs_third"); err == nil {
		t.Error("there is no such folder")
	}
}
