// Package home opens the database that somebody names.
package home

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/postgres"
	"github.com/hookstep-dev/hookstep/host/store/sqlite"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// File is the embedded database's name in a folder of data.
const File = "hookstep.db"

// Options are the same for every database.
type Options struct {
	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: slog.Default
	// Existing refuses to make the embedded database if it is not there, with fs.ErrNotExist in the error.
	Existing bool
}

// OpenError says that a database cannot be opened, which one, and why.
type OpenError struct {
	Where string // as Shown says it
	Err   error
}

// Error tells the whole story: an operator reads it, not a caller. The embedded database names its file itself.
func (e *OpenError) Error() string {
	reason := e.Err
	if !isURL(e.Where) {
		return reason.Error()
	}
	if found, ok := errors.AsType[*fault.Fault](reason); ok && found.Code == fault.Unavailable && found.Cause != nil {
		reason = found.Cause
	}
	return fmt.Sprintf("opening the database %s: %v", e.Where, reason)
}

// Unwrap gives the reason.
func (e *OpenError) Unwrap() error { return e.Err }

// Open opens the PostgreSQL database of a URL, or the embedded one of a path: the folder of data, or the file in it, whose name then ends in
// .db. It is made, or its schema brought up to date, if need be. Close must follow. The error is an *OpenError.
func Open(ctx context.Context, where string, options Options) (store.Store, error) {
	opened, err := open(ctx, where, options)
	if err != nil {
		return nil, &OpenError{Where: Shown(where), Err: err}
	}
	return opened, nil
}

func open(ctx context.Context, where string, options Options) (store.Store, error) {
	if isURL(where) {
		return postgres.Open(ctx, postgres.Options{URL: where, Now: options.Now, Log: options.Log})
	}
	file := fileOf(where)
	if options.Existing {
		if _, err := os.Stat(file); err != nil {
			return nil, fmt.Errorf("there is no database: %w", err)
		}
	}
	return sqlite.Open(ctx, sqlite.Options{Path: file, Now: options.Now, Log: options.Log})
}

// Of is the name of a configuration's database: its URL, or without one the file in its folder of data.
func Of(database, data string) string {
	if database != "" {
		return database
	}
	return filepath.Join(data, File)
}

// Shown is the name of a database for people: without a password, and with the embedded one's file.
func Shown(where string) string {
	if !isURL(where) {
		return fileOf(where)
	}
	read, err := url.Parse(where)
	if err != nil {
		return "a database of PostgreSQL"
	}
	if query := read.Query(); query.Has("password") {
		query.Set("password", "xxxxx")
		read.RawQuery = query.Encode()
	}
	return read.Redacted()
}

func isURL(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

func fileOf(path string) string {
	if filepath.Ext(path) == filepath.Ext(File) {
		return path
	}
	return filepath.Join(path, File)
}
