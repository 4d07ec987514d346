package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/seal"
)

// keyFile writes a key to a file and gives its path and the text.
func keyFile(t *testing.T, mode os.FileMode) (path, text string) {
	t.Helper()
	path, text = filepath.Join(t.TempDir(), "some.key"), seal.NewKeyText()
	if err := seal.WriteKeyFile(path, text); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path, text
}

func idOf(t *testing.T, text string) string {
	t.Helper()
	id, err := seal.IDOfKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// credentials makes a folder of credentials as systemd hands it in.
func (h *host) credentials(t *testing.T, name, text string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o440); err != nil { // as systemd does where it uses access lists
		t.Fatal(err)
	}
	h.environment["CREDENTIALS_DIRECTORY"] = folder
}

func TestKeyComesFromEverySource(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(t *testing.T, h *host) (id, source string){
		"environment": func(t *testing.T, h *host) (string, string) {
			t.Helper()
			h.environment[seal.Variable] = seal.NewKeyText()
			return idOf(t, h.environment[seal.Variable]), seal.Variable
		},
		"file": func(t *testing.T, h *host) (string, string) {
			t.Helper()
			path, text := keyFile(t, 0o600)
			h.current.File = path
			return idOf(t, text), path
		},
		"file that only its owner can read": func(t *testing.T, h *host) (string, string) {
			t.Helper()
			path, text := keyFile(t, 0o400)
			h.current.File = path
			return idOf(t, text), path
		},
		"systemd credential": func(t *testing.T, h *host) (string, string) {
			t.Helper()
			text := seal.NewKeyText()
			h.credentials(t, "hookstep-seal-key", text+"\n")
			return idOf(t, text), "systemd credential"
		},
		"other credentials are none": func(t *testing.T, h *host) (string, string) {
			t.Helper()
			h.credentials(t, "something-else", "x")
			return "", seal.KeyFile
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, database := newHost(t), &keysets{}
			id, source := set(t, here)
			box := here.box(t, database)
			status, err := box.Status(t.Context())
			if err != nil || id != "" && status.Master != id || !strings.Contains(status.Source, source) {
				t.Errorf("key %s from %q, %v; want %s from %q", status.Master, status.Source, err, id, source)
			}
			_, err = os.Stat(filepath.Join(here.data, seal.KeyFile))
			if made := err == nil; made != (id == "") {
				t.Errorf("a key was made in the data folder: %t", made)
			}
			closed := sealed(t, box, "s", place())
			wantOpen(t, here.box(t, database), closed, place(), "s")
		})
	}
}

// refused opens a box, which must not work, and holds the message against words.
func refused(t *testing.T, h *host, database *keysets, words ...string) {
	t.Helper()
	before := database.kept
	_, err := h.open(t.Context(), database)
	if err == nil {
		t.Fatal("opened")
	}
	if _, ok := errors.AsType[*seal.KeyError](err); !ok {
		t.Errorf("the error is %T", err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the message does not say %q:\n%v", word, err)
		}
	}
	for _, text := range h.environment {
		if strings.HasPrefix(text, "hsk1_") && strings.Contains(err.Error(), text) {
			t.Error("the message holds a key")
		}
	}
	if database.kept.Version != before.Version {
		t.Error("the keyset was changed")
	}
}

func TestOneSourceOnly(t *testing.T) {
	t.Parallel()
	here := newHost(t)
	here.environment[seal.Variable] = seal.NewKeyText()
	here.current.File, _ = keyFile(t, 0o600)
	refused(t, here, &keysets{}, "more than once", seal.Variable, here.current.File, "leave one")
	here.credentials(t, "hookstep-seal-key", seal.NewKeyText())
	refused(t, here, &keysets{}, "systemd credential")
}

func TestBadKeysAreRefused(t *testing.T) {
	t.Parallel()
	good := seal.NewKeyText()
	for name, text := range map[string]string{
		"empty":         "",
		"no prefix":     strings.TrimPrefix(good, "hsk1_"),
		"other version": "hsk2_" + strings.TrimPrefix(good, "hsk1_"),
		"too short":     good[:len(good)-4],
		"too long":      good + "AAAA",
		"two lines":     good + "\n" + good,
		"not base64":    good[:len(good)-1] + "!",
	} {
		here := newHost(t)
		here.environment[seal.Variable] = text
		_, err := here.open(t.Context(), &keysets{})
		if err == nil || !strings.Contains(err.Error(), seal.Variable+" holds no key") {
			t.Errorf("%s: %v", name, err)
		}
		if secret := strings.TrimPrefix(text, "hsk1_"); err != nil && len(secret) > 8 && strings.Contains(err.Error(), secret[:8]) {
			t.Errorf("%s: the message holds a part of the key: %v", name, err)
		}
	}
}

func TestOpenKeyFileIsRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604, 0o620, 0o602} {
		here := newHost(t)
		here.current.File, _ = keyFile(t, mode)
		refused(t, here, &keysets{}, "chmod 600 "+here.current.File)
	}
}

func TestConfiguredFileIsNeverMade(t *testing.T) {
	t.Parallel()
	here := newHost(t)
	here.current.File = filepath.Join(t.TempDir(), "missing.key")
	refused(t, here, &keysets{}, here.current.File, "is not there", "hookstep keys new")
	if _, err := os.Stat(here.data); err == nil {
		t.Error("something was made in the data folder")
	}
}

func TestWithoutItsKeyAHostRefuses(t *testing.T) {
	t.Parallel()
	first, database := newHost(t), &keysets{}
	first.box(t, database)
	status, err := first.box(t, database).Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := newHost(t)
	refused(t, second, database, status.Master, filepath.Join(second.data, seal.KeyFile), "copy the key file from the first host", "backup")
	if _, err := os.Stat(filepath.Join(second.data, seal.KeyFile)); err == nil {
		t.Error("a key was made")
	}
	wrong := newHost(t)
	wrong.environment[seal.Variable] = seal.NewKeyText()
	refused(t, wrong, database, status.Master, idOf(t, wrong.environment[seal.Variable]), "copy the key file from the first host")
	configured := newHost(t)
	configured.current.File = filepath.Join(t.TempDir(), "missing.key")
	refused(t, configured, database, status.Master, configured.current.File)
	content, err := os.ReadFile(filepath.Join(first.data, seal.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(second.data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(second.data, seal.KeyFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	second.box(t, database)
}

func TestOfTwoFirstHostsOneMakesTheKey(t *testing.T) {
	t.Parallel()
	for range 20 {
		database := &keysets{}
		hosts := []*host{newHost(t), newHost(t)}
		errs := make(chan error, len(hosts))
		for _, each := range hosts {
			go func() {
				_, err := each.open(t.Context(), database)
				errs <- err
			}()
		}
		var failed int
		for range hosts {
			if err := <-errs; err != nil {
				failed++
				if !strings.Contains(err.Error(), "copy the key file from the first host") {
					t.Error(err)
				}
			}
		}
		var files int
		for _, each := range hosts {
			if _, err := os.Stat(filepath.Join(each.data, seal.KeyFile)); err == nil {
				files++
			}
		}
		if failed != 1 || files != 1 {
			t.Fatalf("%d hosts failed, %d key files", failed, files)
		}
	}
}

func TestSecondHostWithTheSameDataFolder(t *testing.T) {
	t.Parallel()
	database, shared := &keysets{}, filepath.Join(t.TempDir(), "data")
	errs := make(chan error, 4)
	for range cap(errs) {
		here := newHost(t)
		here.data = shared
		go func() {
			_, err := here.open(t.Context(), database)
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestDamagedKeysetIsRefused(t *testing.T) {
	t.Parallel()
	here, database := newHost(t), &keysets{}
	here.box(t, database)
	good := database.kept
	for name, change := range map[string]func(kept []byte) []byte{
		"no JSON": func([]byte) []byte { return []byte("x") },
		"nothing": func([]byte) []byte { return nil },
		"cut":     func(kept []byte) []byte { return kept[:len(kept)/2] },
		"key renamed": func(kept []byte) []byte {
			return []byte(strings.Replace(string(kept), `"primary":true`, `"primary":null`, 1))
		},
		"made older": func(kept []byte) []byte {
			return []byte(strings.Replace(string(kept), `"createdAt":"2`, `"createdAt":"1`, 1))
		},
	} {
		changed := good
		changed.Sealed = change(good.Sealed)
		if _, err := here.open(t.Context(), &keysets{kept: changed}); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	moved := good
	moved.Version++
	if _, err := here.open(t.Context(), &keysets{kept: moved}); err == nil {
		t.Error("kept as another version: opened")
	}
}
