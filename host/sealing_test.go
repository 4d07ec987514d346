package host_test

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

const guarded = `
name: Orders
flows:
  - name: Order
    trigger: {endpoint: unguessable}
    steps: [{name: One, code: "module.exports = () => ({ data: 1 });"}]
`

// folder is the data folder of a host, with an endpoint.key if one is given.
func folder(t *testing.T, endpointKey string) string {
	t.Helper()
	data := t.TempDir()
	if endpointKey != "" {
		key := bytes.Repeat([]byte(endpointKey), 32)[:32]
		if err := os.WriteFile(filepath.Join(data, "endpoint.key"), key, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return data
}

// urlOf starts a host and gives the path of its flow, and what the host logged.
func urlOf(t *testing.T, data, database, keyFile, integration string) (path, told string) {
	t.Helper()
	settings := config.Default()
	settings.Data, settings.Database, settings.Seal.KeyFile = data, database, keyFile
	settings.Listen, settings.Admin = "127.0.0.1:0", "127.0.0.1:0"
	var log bytes.Buffer
	made, err := host.New(t.Context(), host.Options{
		Config: settings, Dirs: []string{integration}, Bundled: bundled(), Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Error(err)
		return "", ""
	}
	made.Close(t.Context())
	return made.Integrations()[0].Instances[0].Endpoints["Order"].Path(), log.String()
}

func TestHostsOfADatabaseHaveTheSameURLs(t *testing.T) {
	t.Parallel()
	integration := write(t, "orders", map[string]string{"integration.yaml": guarded})
	keyFile := filepath.Join(t.TempDir(), "seal.key")
	if err := seal.WriteKeyFile(keyFile, seal.NewKeyText()); err != nil {
		t.Fatal(err)
	}
	of := func(database, endpointKey string) (path, told, data string) {
		data = folder(t, endpointKey)
		path, told = urlOf(t, data, database, keyFile, integration)
		return path, told, data
	}
	database := scratch.ForTest(t).URL()
	want, _, _ := of("", "first")
	for _, one := range []struct {
		name, key string
		warns     bool
	}{
		{name: "the first host, with a file", key: "first"},
		{name: "a host without one"},
		{name: "a host with another one", key: "second", warns: true},
		{name: "a host with a copy", key: "first"},
	} {
		got, told, data := of(database, one.key)
		if got != want || !strings.HasPrefix(got, "/hooks/") {
			t.Errorf("%s: %q, not %q", one.name, got, want)
		}
		if warns := strings.Contains(told, "another endpoint.key than the database"); warns != one.warns {
			t.Errorf("%s warns: %t\n%s", one.name, warns, told)
		}
		if _, err := os.Stat(filepath.Join(data, "endpoint.key")); (err == nil) != (one.key != "") {
			t.Errorf("%s: the file afterwards: %v", one.name, err)
		}
	}
	if other, _, _ := of("", ""); other == want {
		t.Error("another database makes the same URL")
	}
}

func TestHostsThatStartAtOnceHaveTheSameURLs(t *testing.T) {
	t.Parallel()
	integration := write(t, "orders", map[string]string{"integration.yaml": guarded})
	keyFile := filepath.Join(t.TempDir(), "seal.key")
	if err := seal.WriteKeyFile(keyFile, seal.NewKeyText()); err != nil {
		t.Fatal(err)
	}
	database := scratch.ForTest(t).URL()
	const hosts = 3
	got := make([]string, hosts)
	var group sync.WaitGroup
	for i, key := range [hosts]string{"", "one", "two"} {
		data := folder(t, key)
		group.Go(func() { got[i], _ = urlOf(t, data, database, keyFile, integration) })
	}
	group.Wait()
	if slices.Sort(got); got[0] == "" || len(slices.Compact(got)) != 1 {
		t.Errorf("different URLs: %q", got)
	}
}

// A damaged file matters to a database that would take it over, and to no other.
func TestDamagedEndpointKey(t *testing.T) {
	t.Parallel()
	integration := write(t, "orders", map[string]string{"integration.yaml": guarded})
	data := t.TempDir()
	damage := func() {
		if err := os.WriteFile(filepath.Join(data, "endpoint.key"), []byte("short"), fs.FileMode(0o600)); err != nil {
			t.Fatal(err)
		}
	}
	damage()
	settings := config.Default()
	settings.Data = data
	_, err := host.New(t.Context(), host.Options{Config: settings, Dirs: []string{integration}, Bundled: bundled()})
	if err == nil || !strings.Contains(err.Error(), "holds 5 bytes, not 32") {
		t.Errorf("got %v", err)
	}
	if err := os.Remove(filepath.Join(data, "endpoint.key")); err != nil {
		t.Fatal(err)
	}
	want, _ := urlOf(t, data, "", "", integration)
	damage()
	if got, _ := urlOf(t, data, "", "", integration); got != want {
		t.Errorf("%q became %q", want, got)
	}
}
