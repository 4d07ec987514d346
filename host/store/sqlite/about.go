package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/hookstep-dev/hookstep/host/store"
)

// About implements store.Maintenance. Nobody else can have the file open.
func (d *Database) About(ctx context.Context) (store.About, error) {
	var about store.About
	err := d.readers.do(ctx, func(l *link) error {
		found, err := l.one("SELECT sqlite_version(), (SELECT version FROM schema)")
		if err != nil {
			return err
		}
		about = store.About{Product: "SQLite " + found.text(0), Schema: int(found.int(1))}
		return nil
	})
	if err != nil {
		return about, err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		file, err := os.Stat(d.options.Path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return about, err
		}
		about.Bytes += file.Size()
	}
	return about, nil
}
