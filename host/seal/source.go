package seal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/hookstep-dev/hookstep/host/config"
)

// The names under which the environment and systemd hand in the master key, and the one before it.
const (
	Variable           = config.SealKeyVariable
	PreviousVariable   = config.PreviousSealKeyVariable
	credential         = "hookstep-seal-key"          //nolint:gosec // a name, no key
	previousCredential = "hookstep-seal-previous-key" //nolint:gosec // likewise
	credentialFolder   = "CREDENTIALS_DIRECTORY"
)

// KeyFile is the master key's file in the data folder, where nothing else is configured.
const KeyFile = "seal.key"

// Source says where the master key is. Of a file, a variable, a credential of systemd and a service at most one may be set; without
// any, it is KeyFile in the data folder. Previous names the key that wrapped the keyset before, likewise, while it is being replaced.
type Source struct {
	Data      string // folder
	Current   Named
	Previous  Named
	LookupEnv func(name string) (string, bool)
	Remote    Remote // nil: this program knows no service
}

// Remote gives a key that a service keeps, of its URI.
type Remote func(ctx context.Context, uri string) (tink.AEADWithContext, error)

// Named is what the configuration says of one key.
type Named struct {
	File   string // path; empty: none
	Remote string // URI of a key that a service keeps; empty: none
}

// IsSecret tells an environment variable that holds a key. Nothing else may read it.
func IsSecret(variable string) bool { return variable == Variable || variable == PreviousVariable }

// candidate is a key that is configured.
type candidate struct {
	what string // for people
	open func(ctx context.Context) (master, error)
}

// find gives the master keys. If create, and no key is configured and none is in its usual place, one is made there. The error is an
// *absentError when there is no key in the usual place.
func (s Source) find(ctx context.Context, create bool, log *slog.Logger) (masters, error) {
	var found masters
	previous, err := s.one(ctx, s.Previous, PreviousVariable, previousCredential)
	if err != nil {
		return found, err
	}
	if previous != nil {
		found.previous = previous
	}
	current, err := s.one(ctx, s.Current, Variable, credential)
	switch {
	case err != nil:
		return found, err
	case current != nil:
		found.current = current
		return found, nil
	}
	path := filepath.Join(s.Data, KeyFile)
	if create {
		if found.made, err = s.make(path); err != nil {
			return found, err
		}
	}
	if found.current, err = usual(path); err == nil && found.made != "" {
		log.LogAttrs(ctx, slog.LevelWarn, "a key for secrets was made; back it up apart from the database: without it, connections cannot be read",
			slog.String("file", path), slog.String("key", found.current.ID()))
	}
	return found, err
}

// one gives the key that is configured, nil if none is.
func (s Source) one(ctx context.Context, named Named, variable, credential string) (master, error) {
	var set []candidate
	if text, ok := s.LookupEnv(variable); ok {
		set = append(set, candidate{variable, func(context.Context) (master, error) { return newLocal(text, variable) }})
	}
	if named.File != "" {
		set = append(set, candidate{"the file " + named.File, func(context.Context) (master, error) { return fromFile(named.File, "the file "+named.File) }})
	}
	if path, ok := s.credential(credential); ok {
		what := "the systemd credential " + credential
		set = append(set, candidate{what, func(context.Context) (master, error) { return fromCredential(path, what) }})
	}
	if named.Remote != "" {
		set = append(set, candidate{named.Remote, func(ctx context.Context) (master, error) { return s.remote(ctx, named.Remote) }})
	}
	switch len(set) {
	case 0:
		return nil, nil //nolint:nilnil // none is an answer
	case 1:
		return set[0].open(ctx)
	}
	var names []string
	for _, each := range set {
		names = append(names, each.what)
	}
	return nil, keyErrorf("the key for secrets is configured more than once, by %s: leave one", strings.Join(names, " and by "))
}

// credential gives the path of a credential that systemd handed in.
func (s Source) credential(name string) (string, bool) {
	folder, ok := s.LookupEnv(credentialFolder)
	if !ok || folder == "" {
		return "", false
	}
	path := filepath.Join(folder, name)
	_, err := os.Stat(path)
	return path, !errors.Is(err, fs.ErrNotExist)
}

// make makes the key in the data folder, and gives its path, or nothing if there is one.
func (s Source) make(path string) (made string, err error) {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return "", nil // who reads it finds out what is wrong, if anything is
	}
	err = os.MkdirAll(s.Data, 0o700)
	if err == nil {
		err = WriteKeyFile(path, NewKeyText())
	}
	switch {
	case errors.Is(err, fs.ErrExist): // another program has made it meanwhile
		return "", nil
	case err != nil:
		return "", &KeyError{Problem: "the key for secrets cannot be made", Err: err}
	}
	return path, nil
}

// usual gives the key in the data folder.
func usual(path string) (master, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &absentError{fmt.Sprintf("%s is not there, and neither %s nor another source is set", path, Variable)}
	}
	return fromFile(path, "the file "+path)
}

func (s Source) remote(ctx context.Context, uri string) (master, error) {
	if s.Remote == nil {
		return nil, keyErrorf("%s: this program was built without services that keep keys", uri)
	}
	key, err := s.Remote(ctx, uri)
	if err != nil {
		return nil, &KeyError{Problem: "the key for secrets cannot be had from " + uri, Err: err}
	}
	return remote{AEADWithContext: key, uri: uri}, nil
}

// remote is a master key that a service keeps. Its URI is its id.
type remote struct {
	tink.AEADWithContext

	uri string
}

func (r remote) ID() string { return r.uri }

func (r remote) String() string { return "the service that keeps it" }
