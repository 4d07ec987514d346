package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/spf13/cobra"
)

//go:embed template
var templates embed.FS

func newInit(self *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init DIR",
		Short: "Write a small integration that works, to start from",
		Long: "init writes a small integration into DIR: integration.yaml, a step, an instance, an example, a README.\n" +
			"It makes DIR when it is not there, and never overwrites a file.",
		Example: "  hookstep init orders\n  hookstep run orders \"Price order\" --data @orders/examples/price-order.json",
		Args:    needs("DIR"),
		RunE:    action(func(_ context.Context, args []string) error { return self.initialize(args[0]) }),
	}
}

// starter is what the templates are filled with.
type starter struct {
	Name string // of the integration
}

func (a *app) initialize(dir string) error {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	files, err := starterFiles(starter{Name: displayName(filepath.Base(absolute))})
	if err != nil {
		return err
	}
	if err := writeNew(dir, files); err != nil {
		return ended(exitCannotStart, err)
	}
	for _, file := range files {
		fmt.Fprintln(a.stdout, "wrote", filepath.Join(dir, file.path))
	}
	fmt.Fprintf(a.stdout, "\nTry it:\n  hookstep run %s \"Price order\" --data @%s\n  hookstep serve %s\n",
		dir, filepath.Join(dir, "examples", "price-order.json"), dir)
	return nil
}

type starterFile struct {
	path    string
	content []byte
}

func starterFiles(values starter) ([]starterFile, error) {
	var files []starterFile
	err := fs.WalkDir(templates, "template", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		parsed, err := template.ParseFS(templates, path)
		if err != nil {
			return err
		}
		var content bytes.Buffer
		if err := parsed.Execute(&content, values); err != nil {
			return err
		}
		files = append(files, starterFile{path: starterPath(path), content: content.Bytes()})
		return nil
	})
	return files, err
}

// starterPath is where a template goes. A dot file has no dot among the templates, so that tools leave it alone there.
func starterPath(path string) string {
	path = strings.TrimPrefix(path, "template/")
	if path == "gitignore" {
		return ".gitignore"
	}
	return filepath.FromSlash(path)
}

// writeNew writes all files, or none when one of them is there already.
func writeNew(dir string, files []starterFile) error {
	for _, file := range files {
		if _, err := os.Lstat(filepath.Join(dir, file.path)); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			return fmt.Errorf("%s is there already: init never overwrites; choose another folder", filepath.Join(dir, file.path))
		}
	}
	for _, file := range files {
		path := filepath.Join(dir, file.path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, file.content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// displayName turns a folder's name into words: "order-intake" → "Order intake".
func displayName(folder string) string {
	words := strings.Join(strings.FieldsFunc(folder, func(r rune) bool { return r == '-' || r == '_' || r == ' ' || r == '.' }), " ")
	if words == "" {
		return "My integration"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
