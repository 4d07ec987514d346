package supervisor_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// counted is a plugin file that notes each start in a file, and plays a role.
func counted(t *testing.T, path, role string) (starts func() int) {
	t.Helper()
	notes := filepath.Join(t.TempDir(), "starts")
	script(t, path, fmt.Sprintf("echo started >> %q; exec %q %s", notes, self(t), role))
	return func() int {
		text, err := os.ReadFile(notes)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "started")
	}
}

func engines(t *testing.T, s *supervisor.Supervisor) map[string]supervisor.EngineInfo {
	t.Helper()
	infos, err := s.Engines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]supervisor.EngineInfo{}
	for _, info := range infos {
		found[filepath.Base(info.Plugin.Path)] = info
	}
	return found
}

func TestDescriptionsAreRemembered(t *testing.T) {
	t.Parallel()
	folder, cache := t.TempDir(), filepath.Join(t.TempDir(), "engines.json")
	path := filepath.Join(folder, "hookstep-probe")
	starts := counted(t, path, "play-probe")
	change := func(config *supervisor.Config) {
		config.Bundled, config.Folder, config.Cache = nil, folder, cache
	}
	want := engine.Description{Name: "probe", Version: "1.0.0", Language: "verbs", Extensions: []string{".probe"}}
	for _, s := range []*supervisor.Supervisor{open(t, change), open(t, change)} {
		for range 2 {
			info := engines(t, s)["hookstep-probe"]
			if diff := cmp.Diff(want, info.Description); diff != "" || info.Problem != "" {
				t.Errorf("problem %q, description (-want +got):\n%s", info.Problem, diff)
			}
		}
	}
	if got := starts(); got != 1 {
		t.Errorf("asked %d times", got)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	engines(t, open(t, change))
	if got := starts(); got != 2 {
		t.Errorf("asked %d times after the file changed", got)
	}
}

func TestKnownDescriptionsNeedNoProcess(t *testing.T) {
	t.Parallel()
	s := open(t, func(config *supervisor.Config) {
		config.Bundled = []supervisor.Plugin{{Name: "ghost", Path: "/nowhere/ghost", Description: engine.Description{Name: "ghost", Extensions: []string{".gh"}}}}
	})
	info := engines(t, s)["ghost"]
	if info.Problem != "" || !info.Bundled || info.Description.Extensions[0] != ".gh" {
		t.Errorf("info: %+v", info)
	}
}

func TestEngineFromTheFolderServes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	starts := counted(t, filepath.Join(folder, "hookstep-probe"), "play-probe")
	if err := os.WriteFile(filepath.Join(folder, "README"), []byte("not a plugin"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, func(config *supervisor.Config) { config.Bundled, config.Folder = nil, folder })
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Fatal(err)
	}
	if got := starts(); got != 2 { // to be asked, and to serve
		t.Errorf("%d starts", got)
	}
	if found := engines(t, s); len(found) != 1 {
		t.Errorf("plugins: %v", found)
	}
}

func TestProblemsOfPluginsAreListed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	script(t, filepath.Join(folder, "a-broken"), "echo 'the tank is empty' >&2; exit 3")
	counted(t, filepath.Join(folder, "b-first"), "play-probe")
	counted(t, filepath.Join(folder, "c-second"), "play-probe")
	s := open(t, func(config *supervisor.Config) { config.Bundled, config.Folder = nil, folder })
	problems := map[string]string{}
	for name, info := range engines(t, s) {
		problems[name] = info.Problem
	}
	if problems["b-first"] != "" || !strings.Contains(problems["a-broken"], "the tank is empty") ||
		!strings.Contains(problems["c-second"], `the engine "probe" is offered by `+filepath.Join(folder, "b-first")) {
		t.Errorf("problems: %v", problems)
	}
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func TestUnknownEngine(t *testing.T) {
	t.Parallel()
	s := open(t, nil)
	_, err := s.Acquire(t.Context(), "cobol", supervisor.Tenant{ID: "a"})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), `"cobol"`) || !strings.Contains(err.Error(), "probe") {
		t.Errorf("error is %v", err)
	}
}

func TestInstalledComesBeforeBundled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "probe")
	starts := counted(t, path, "play-probe")
	s := open(t, func(config *supervisor.Config) { config.Installed = []supervisor.Plugin{{Name: "probe", Path: path}} })
	if err := once(t.Context(), s, "a", "pid"); err != nil {
		t.Fatal(err)
	}
	if starts() != 1 {
		t.Error("the bundled plugin served")
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	err := supervisor.Config{}.Validate()
	if err == nil {
		t.Fatal("an empty configuration is valid")
	}
	for _, words := range []string{"lanes must be", "idle stop must be", "jitter is missing"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("problems lack %q: %v", words, err)
		}
	}
	if err := supervisor.Default().Validate(); err != nil {
		t.Errorf("the default: %v", err)
	}
}
