package home_test

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/store/home"
)

func TestShownHidesPasswords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ where, want string }{
		{".hookstep", filepath.Join(".hookstep", "hookstep.db")},
		{"/var/lib/hookstep/other.db", "/var/lib/hookstep/other.db"},
		{"postgres://me:geheim@db:5432/hooks", "postgres://me:xxxxx@db:5432/hooks"},
		{"postgresql://me@db/hooks?password=geheim&sslmode=require", "postgresql://me@db/hooks?password=xxxxx&sslmode=require"},
		{"postgres://me:gehe%zzim@db/hooks", "a database of PostgreSQL"},
	} {
		got := home.Shown(tt.where)
		if got != tt.want || strings.Contains(got, "geh") {
			t.Errorf("%s is shown as %s, want %s", tt.where, got, tt.want)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	if got := home.Of("", "data"); got != filepath.Join("data", "hookstep.db") {
		t.Errorf("without a URL: %s", got)
	}
	if got := home.Of("postgres://db/hooks", "data"); got != "postgres://db/hooks" {
		t.Errorf("with a URL: %s", got)
	}
}

func TestOpenMakesTheEmbeddedDatabaseUnlessItHasToExist(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	options := home.Options{Log: slog.New(slog.DiscardHandler), Existing: true}
	if _, err := home.Open(t.Context(), folder, options); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without a database: %v", err)
	}
	for _, where := range []string{folder, filepath.Join(folder, home.File)} {
		options.Existing = where != folder
		opened, err := home.Open(t.Context(), where, options)
		if err != nil {
			t.Fatal(err)
		}
		about, err := opened.About(t.Context())
		if err != nil || !strings.HasPrefix(about.Product, "SQLite ") || about.Schema < 1 || about.Bytes < 1 || about.Others != 0 {
			t.Errorf("About gives %+v, %v", about, err)
		}
		if err := opened.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
