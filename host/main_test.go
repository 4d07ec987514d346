package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/supervisor"
)

// binary is the path of the program, built once for all tests: the engines come with it.
var binary string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "hookstep-test-")
	if err == nil {
		binary = filepath.Join(folder, "hookstep")
		err = build(binary)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(folder)
		os.Exit(code)
	}))
}

func build(path string) error {
	output, err := exec.Command("go", "build", "-o", path, "./cmd/hookstep").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

func bundled() []supervisor.Plugin {
	var plugins []supervisor.Plugin
	for _, name := range []string{"javascript", "lua", "apikey", "basic", "oauth2"} {
		plugins = append(plugins, supervisor.Plugin{Name: name, Path: binary, Args: []string{"serve-plugin", name}})
	}
	return plugins
}

// start makes a host of dirs that is closed with the test.
func start(tb testing.TB, change func(*config.Config), dirs ...string) *host.Host {
	tb.Helper()
	settings := config.Default()
	settings.Data = tb.TempDir()
	settings.Listen, settings.Admin = "127.0.0.1:0", "127.0.0.1:0"
	if change != nil {
		change(&settings)
	}
	made, err := host.New(tb.Context(), host.Options{
		Config: settings, Dirs: dirs, Bundled: bundled(), Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { made.Close(context.Background()) })
	return made
}

// listen serves a host over HTTP and gives its URL.
func listen(tb testing.TB, served *host.Host) string {
	tb.Helper()
	server := httptest.NewServer(served)
	tb.Cleanup(server.Close)
	return server.URL
}

// write makes an integration of files by name and gives its folder, whose name is the integration's.
func write(tb testing.TB, name string, files map[string]string) string {
	tb.Helper()
	folder := filepath.Join(tb.TempDir(), name)
	rewrite(tb, folder, files)
	return folder
}

func rewrite(tb testing.TB, folder string, files map[string]string) {
	tb.Helper()
	for path, content := range files {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}
