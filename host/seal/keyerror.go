package seal

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hookstep-dev/hookstep/host/store"
)

// KeyError says that secrets cannot be sealed or opened for want of the right key, and what to do. It holds no key.
type KeyError struct {
	Problem string
	Err     error // nil if there is nothing more to say
}

func (k *KeyError) Error() string {
	if k.Err == nil {
		return k.Problem
	}
	return k.Problem + ": " + k.Err.Error()
}

// Unwrap gives the reason.
func (k *KeyError) Unwrap() error { return k.Err }

func keyErrorf(format string, args ...any) error {
	return &KeyError{Problem: fmt.Sprintf(format, args...)}
}

// wrong says that the keyset is wrapped by a key that no source has.
func wrong(expected string, have masters) error {
	return keyErrorf("the secrets in the database are sealed under the key %s, and this host has another: %s.\n%s", expected, have, remedy)
}

const remedy = "If another host serves on this database, copy the key file from the first host (seal.key in its data folder) to this one; " +
	"else restore the key from your backup. The file belongs to the host's user, mode 600.\n" +
	"Nothing was changed. If the key is lost for good, what is sealed cannot be had back: stop all hosts, and " + wayOut

const wayOut = "`hookstep keys reset` forgets what is sealed, and nothing else; connections have to be set and authorized anew then"

// missing adds to an error of finding the key which one it should be.
func missing(err error, kept store.Keyset) error {
	_, head, unread := readDocument(kept)
	if unread != nil {
		return err
	}
	if absent, ok := errors.AsType[*absentError](err); ok {
		return keyErrorf("the secrets in the database are sealed under the key %s, and this host has none: %s.\n%s", head.Master, absent.looked, remedy)
	}
	return &KeyError{Problem: fmt.Sprintf("the secrets in the database are sealed under the key %s, which cannot be had", head.Master), Err: err}
}

// absentError says that there is no key where it was looked for.
type absentError struct{ looked string }

func (a *absentError) Error() string { return a.looked }

// masters are the master keys of a host.
type masters struct {
	current  master
	previous master // nil: none is configured
	made     string // path of the file of current, if it was made just now
}

func (m masters) each() []master {
	if m.previous == nil {
		return []master{m.current}
	}
	return []master{m.current, m.previous}
}

func (m masters) find(id string) (master, bool) {
	for _, one := range m.each() {
		if one.ID() == id {
			return one, true
		}
	}
	return nil, false
}

// String tells ids and sources.
func (m masters) String() string {
	var parts []string
	for _, one := range m.each() {
		parts = append(parts, fmt.Sprintf("%s from %s", one.ID(), one))
	}
	return strings.Join(parts, ", and ")
}
