// Package source finds out which files of an integration code can reach.
package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/go-sourcemap/sourcemap"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Set is the reachable part of an integration's files, parsed. It does not change after Read.
type Set struct {
	ID    string // content hash of every file and entry
	Units map[string]*Unit
}

// Unit is one file.
type Unit struct {
	Path            string
	Text            string        // as the author wrote it
	Tree            *ast.Program  // of script files, wrapped as a CommonJS function expression; nil for JSON
	Code            *goja.Program // Tree compiled; its value is the wrapping function
	JSON            []byte        // of JSON files; nil for scripts
	MentionsRequire bool          // false: code does without a require function
	Writes          bool          // false: code does not change objects that it is given
	Backtracks      bool          // a regular expression in it can take a time out of proportion to the text

	positions *sourcemap.Consumer // of a transformed file, the way back to Text; nil otherwise
	Requires  map[string]string   // require's argument → path of the file it means
}

func (s *Set) mentions(pattern *regexp.Regexp) bool {
	for _, unit := range s.Units {
		if pattern.MatchString(unit.Text) {
			return true
		}
	}
	return false
}

// Needs finds which of the named patterns the files match. Realms use it to leave out what code cannot need.
func (s *Set) Needs(patterns map[string]*regexp.Regexp) map[string]bool {
	needs := map[string]bool{}
	for name, pattern := range patterns {
		if s.mentions(pattern) {
			needs[name] = true
		}
	}
	return needs
}

// Builtin tells whether the engine itself offers a module of this name, given without "node:".
type Builtin func(name string) bool

// Read parses the entries and all that they require. With an error among the diagnostics the set is nil.
func Read(from engine.Source, builtin Builtin) (*Set, []engine.Diagnostic) {
	r := newReader(from, builtin)
	for _, entry := range from.Entries {
		r.entry(entry)
	}
	if (engine.Program{Diagnostics: r.findings}).Failed() {
		return nil, r.findings
	}
	return r.set, r.findings
}

// Hash names the content of a source: equal files and entries, in any order, give the equal hash.
func Hash(from engine.Source) string {
	sum := sha256.New()
	files := slices.SortedFunc(slices.Values(from.Files), func(a, b engine.File) int { return cmp.Compare(a.Path, b.Path) })
	for _, file := range files {
		fmt.Fprintf(sum, "file %q %d\n", file.Path, len(file.Content))
		sum.Write(file.Content)
	}
	for _, entry := range slices.Sorted(slices.Values(from.Entries)) {
		_, _ = io.WriteString(sum, fmt.Sprintf("entry %q\n", entry))
	}
	return hex.EncodeToString(sum.Sum(nil))
}
