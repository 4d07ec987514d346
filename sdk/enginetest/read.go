package enginetest

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed all:cases
var embedded embed.FS

// caseFile is the description in a case's folder.
const caseFile = "case.json"

// Cases reads the suite's cases and those of extra, which may be nil. A case that both have is one: extra's files are
// added to it. They come in the order of levels and names.
func Cases(extra fs.FS) ([]Case, error) {
	own, err := fs.Sub(embedded, "cases")
	if err != nil {
		return nil, err
	}
	found := map[string]*Case{}
	for _, tree := range []fs.FS{own, extra} {
		if tree == nil {
			continue
		}
		if err := collect(tree, found); err != nil {
			return nil, err
		}
	}
	var out []Case
	for folder, each := range found {
		if each.About == "" {
			return nil, fmt.Errorf("%s: no %s: there is no such case in the suite", folder, caseFile)
		}
		out = append(out, *each)
	}
	slices.SortFunc(out, func(a, b Case) int {
		if a.Level != b.Level {
			return slices.Index(Levels(), a.Level) - slices.Index(Levels(), b.Level)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out, nil
}

func collect(tree fs.FS, found map[string]*Case) error {
	return fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		parts := strings.SplitN(name, "/", 3)
		if len(parts) < 3 {
			return nil // a word about the folder
		}
		level := Level(parts[0])
		if !slices.Contains(Levels(), level) {
			return fmt.Errorf("%s: there is no level %q", name, level)
		}
		folder := path.Join(parts[:2]...)
		if found[folder] == nil {
			found[folder] = &Case{Level: level, Name: parts[1], Files: map[string][]byte{}}
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return found[folder].add(parts[2], content)
	})
}

func (c *Case) add(name string, content []byte) error {
	if name != caseFile {
		c.Files[name] = content
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(c); err != nil {
		return fmt.Errorf("%s/%s/%s: %w", c.Level, c.Name, caseFile, err)
	}
	switch {
	case c.About == "":
		return fmt.Errorf("%s/%s/%s: about is missing", c.Level, c.Name, caseFile)
	case c.Load == nil && len(c.Runs) == 0:
		return fmt.Errorf("%s/%s/%s: there is nothing to do: neither load nor runs", c.Level, c.Name, caseFile)
	}
	return nil
}

// sources gives the files of the case that an engine with these extensions loads, JSON files included.
func (c *Case) sources(extensions []string) map[string][]byte {
	out := map[string][]byte{}
	for name, content := range c.Files {
		if path.Ext(name) == ".json" || slices.Contains(extensions, path.Ext(name)) {
			out[name] = content
		}
	}
	return out
}

// entries are the paths, without extension, of the code that the case runs.
func (c *Case) entries() []string {
	var out []string
	if c.Load != nil {
		out = append(out, c.Load.Entries...)
	}
	for _, exchange := range c.Runs {
		for _, step := range exchange.Run.Steps {
			out = append(out, step.Code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
