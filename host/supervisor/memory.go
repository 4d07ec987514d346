package supervisor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// memory remembers what plugins described, over restarts of the host too if it has a path. An answer holds for one
// identity of the executable and one list of arguments. A file that cannot be read or written costs time, nothing else.
type memory struct {
	path    string
	loaded  bool
	changed bool
	entries map[string]remembered
}

type remembered struct {
	File  identity `json:"file"`
	Offer offer    `json:"offer"`
}

// kept is the file. One of another version is not read, and written anew.
type kept struct {
	Version int                   `json:"version"`
	Plugins map[string]remembered `json:"plugins"`
}

const keptVersion = 2

// identity tells one version of a file from another without reading it.
type identity struct {
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
}

// identify gives the identity of a file; the zero one if it cannot be seen.
func identify(path string) identity {
	info, err := os.Stat(path)
	if err != nil {
		return identity{}
	}
	return identity{Size: info.Size(), Modified: info.ModTime().UTC()}
}

func (i identity) equal(other identity) bool {
	return i.Size == other.Size && i.Modified.Equal(other.Modified)
}

func (m *memory) get(plugin Plugin) (offer, bool) {
	entry, ok := m.entries[place(plugin)]
	if !ok || !entry.File.equal(identify(plugin.Path)) {
		return offer{}, false
	}
	return entry.Offer, true
}

func (m *memory) put(plugin Plugin, answered offer) {
	m.entries[place(plugin)] = remembered{File: identify(plugin.Path), Offer: answered}
	m.changed = true
}

func (m *memory) read() {
	if m.loaded {
		return
	}
	m.loaded, m.entries = true, map[string]remembered{}
	if m.path == "" {
		return
	}
	text, err := os.ReadFile(m.path)
	if err != nil {
		return
	}
	var file kept
	if json.Unmarshal(text, &file) == nil && file.Version == keptVersion && file.Plugins != nil { //nolint:musttag // nobody else reads this file
		m.entries = file.Plugins
	}
}

// write replaces the file in one step, so that a second host never reads half of it.
func (m *memory) write() {
	if m.path == "" || !m.changed {
		return
	}
	m.changed = false
	text, err := json.MarshalIndent(kept{keptVersion, m.entries}, "", "  ") //nolint:musttag // nobody else reads this file
	if err != nil {
		return
	}
	draft, err := os.CreateTemp(filepath.Dir(m.path), ".engines-*")
	if err != nil {
		return
	}
	_, err = draft.Write(text)
	if closed := draft.Close(); err != nil || closed != nil || os.Rename(draft.Name(), m.path) != nil {
		_ = os.Remove(draft.Name())
	}
}

func place(plugin Plugin) string {
	return strings.Join(append([]string{plugin.Path}, plugin.Args...), "\x00")
}
