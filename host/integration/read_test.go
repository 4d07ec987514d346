package integration_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

func environment(variables map[string]string) integration.Environment {
	return integration.Environment{
		LookupEnv: func(name string) (string, bool) {
			text, ok := variables[name]
			return text, ok
		},
		Engines: []engine.Description{
			{Name: "javascript", Extensions: []string{".js", ".cjs"}},
			{Name: "lua", Extensions: []string{".lua"}},
		},
		Connections: connectionTypes(),
		EndpointKey: []byte("a key of tests, sixteen or more"),
	}
}

// unpack writes the files of an archive into a new folder called orders.
func unpack(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "orders")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		path := filepath.Join(dir, filepath.FromSlash(file.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestProblems reads each archive of testdata/problems. Its file "problems" holds what Read says, warnings included, with
// the folder's path left out; "env" holds variables as NAME=value.
func TestProblems(t *testing.T) {
	t.Parallel()
	archives, err := fs.Glob(os.DirFS("testdata/problems"), "*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(filepath.Join("testdata/problems", name))
			if err != nil {
				t.Fatal(err)
			}
			want, variables := expectations(archive)
			dir := unpack(t, archive)
			got := strings.ReplaceAll(problems(dir, environment(variables)), dir+string(filepath.Separator), "")
			if *update {
				rewrite(t, filepath.Join("testdata/problems", name), got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func rewrite(t *testing.T, path, problems string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range archive.Files {
		if archive.Files[i].Name == "problems" {
			archive.Files[i].Data = []byte(problems)
		}
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

func problems(dir string, env integration.Environment) string {
	read, err := integration.Read(dir, env)
	if err != nil {
		return err.Error() + "\n"
	}
	if len(read.Warnings) > 0 {
		return read.Warnings.Error() + "\n"
	}
	return ""
}

// expectations takes the files that are not the integration's out of the archive.
func expectations(archive *txtar.Archive) (want string, variables map[string]string) {
	variables = map[string]string{}
	var files []txtar.File
	for _, file := range archive.Files {
		switch file.Name {
		case "problems":
			want = string(file.Data)
		case "env":
			for line := range strings.Lines(string(file.Data)) {
				name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
				variables[name] = value
			}
		default:
			files = append(files, file)
		}
	}
	archive.Files = files
	return want, variables
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
