package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/hookstep-dev/hookstep/host/config"
)

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), config.FileName)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func parsed(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	config.Bind(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return flags
}

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	defaults := config.Default()
	if err := defaults.Validate(); err != nil {
		t.Fatal(err)
	}
	if on := defaults.Insecure(); len(on) > 0 {
		t.Errorf("insecure by default: %v", on)
	}
	loaded, err := config.Load(config.Sources{File: write(t, "")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults, loaded); diff != "" {
		t.Errorf("an empty file changes (-default +loaded):\n%s", diff)
	}
}

func TestEveryKeyIsReadFromEverySource(t *testing.T) {
	t.Parallel()
	want := config.Config{
		Listen: "127.0.0.1:1", Admin: "0.0.0.0:2", InsecureExposeAdmin: true, Data: "/d", PublicURL: "https://h.example.com/x",
		Timeouts:  config.Timeouts{ReadHeader: 1 * time.Second, Read: 2 * time.Second, Idle: 3 * time.Second, Shutdown: 4 * time.Second},
		Limits:    config.Limits{Body: 5 << 20, HeaderBytes: 6 << 10, Headers: 7, Concurrent: 8},
		Execution: config.Execution{Synchronous: 9 * time.Second, Longest: 10 * time.Minute},
		Database:  "postgres://h:p@db/hooks",
		Queue:     config.Queue{Workers: 19},
		History:   config.History{Synchronous: "failed", Age: 17 * time.Hour, Bytes: 18 << 30},
		Seal:      config.Seal{KeyFile: "/k/1", PreviousKeyFile: "/k/0", KMS: "aws-kms://k/3", PreviousKMS: "aws-kms://k/2"},
		Engines: config.Engines{
			Memory: 111 << 20, Lanes: 12, LaneWait: 13 * time.Millisecond, Waiters: 14, IdleStop: 15 * time.Minute, StartTimeout: 16 * time.Second,
		},
		Fetch:   config.Fetch{InsecureAllowPrivateAddresses: true, Allow: []string{"*.example.com", "10.0.0.0/8"}},
		OAuth2:  config.OAuth2{Callback: "https://h.example.com/y", Back: []string{"https://app.example", "http://localhost:3000"}},
		Log:     config.Log{Level: "debug", Format: "json"},
		Plugins: map[string]string{"python": "/opt/python-engine"},
	}
	values := map[string]string{
		"listen": "127.0.0.1:1", "admin": "0.0.0.0:2", "insecureExposeAdmin": "true", "data": "/d", "publicUrl": "https://h.example.com/x",
		"timeouts.readHeader": "1s", "timeouts.read": "2s", "timeouts.idle": "3s", "timeouts.shutdown": "4s",
		"limits.body": "5MB", "limits.headerBytes": "6KB", "limits.headers": "7", "limits.concurrent": "8",
		"execution.synchronous": "9s", "execution.longest": "10m",
		"database": "postgres://h:p@db/hooks", "queue.workers": "19",
		"seal.keyFile": "/k/1", "seal.previousKeyFile": "/k/0", "seal.kms": "aws-kms://k/3", "seal.previousKms": "aws-kms://k/2",
		"history.synchronous": "failed", "history.age": "17h", "history.bytes": "18GB", "engines.memory": "111MB", "engines.lanes": "12",
		"engines.laneWait": "13ms", "engines.waiters": "14", "engines.idleStop": "15m", "engines.startTimeout": "16s",
		"fetch.insecureAllowPrivateAddresses": "true", "fetch.allow": "*.example.com, 10.0.0.0/8",
		"oauth2.callback": "https://h.example.com/y", "oauth2.back": "https://app.example, http://localhost:3000",
		"log.level": "debug", "log.format": "json", "plugins": "python=/opt/python-engine",
	}
	file := `
listen: 127.0.0.1:1
admin: 0.0.0.0:2
insecureExposeAdmin: true
data: /d
publicUrl: https://h.example.com/x
timeouts: {readHeader: 1s, read: 2s, idle: 3s, shutdown: 4s}
limits: {body: 5MB, headerBytes: 6KiB, headers: 7, concurrent: 8}
execution: {synchronous: 9s, longest: 10m}
database: postgres://h:p@db/hooks
queue: {workers: 19}
history: {synchronous: failed, age: 17h, bytes: 18GB}
seal: {keyFile: /k/1, previousKeyFile: /k/0, kms: "aws-kms://k/3", previousKms: "aws-kms://k/2"}
engines: {memory: 111 MB, lanes: 12, laneWait: 13ms, waiters: 14, idleStop: 15m, startTimeout: 16s}
fetch: {insecureAllowPrivateAddresses: true, allow: ["*.example.com", 10.0.0.0/8]}
oauth2: {callback: "https://h.example.com/y", back: ["https://app.example", "http://localhost:3000"]}
log: {level: debug, format: json}
plugins: {python: /opt/python-engine}
`
	var environ, args []string
	for _, key := range config.Keys() {
		value, ok := values[key.Name]
		if !ok {
			t.Errorf("the test has no value for %s", key.Name)
		}
		environ = append(environ, key.Env+"="+value)
		args = append(args, "--"+key.Flag+"="+value)
	}
	for name, from := range map[string]config.Sources{
		"file":        {File: write(t, file)},
		"environment": {File: write(t, ""), Environ: environ},
		"flags":       {File: write(t, ""), Flags: parsed(t, args...)},
	} {
		got, err := config.Load(from)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]string{"insecureExposeAdmin", "fetch.insecureAllowPrivateAddresses"}, want.Insecure()); diff != "" {
		t.Errorf("insecure switches (-want +got):\n%s", diff)
	}
}

func TestLaterSourceWins(t *testing.T) {
	t.Parallel()
	file := write(t, "data: file\nlisten: :1\nadmin: 127.0.0.1:11\n")
	got, err := config.Load(config.Sources{
		File: file, Environ: []string{"HOOKSTEP_DATA=env", "HOOKSTEP_LISTEN=:2", "PATH=/bin"}, Flags: parsed(t, "--data", "flag"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Data != "flag" || got.Listen != ":2" || got.Admin != "127.0.0.1:11" {
		t.Errorf("got data %q, listen %q, admin %q", got.Data, got.Listen, got.Admin)
	}
}

func TestFlagsByName(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	config.Bind(flags, "engines.memory", "log.level")
	if flags.Lookup("engines-memory") == nil || flags.Lookup("log-level") == nil || flags.Lookup("data") != nil {
		t.Errorf("flags: %s", flags.FlagUsages())
	}
	if err := flags.Parse([]string{"--engines-memory", "lots"}); err == nil || !strings.Contains(err.Error(), `"lots" is no size`) {
		t.Errorf("a flag's bad value gives %v", err)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file    string
		environ []string
		want    []string
	}{
		"all at once, where they were set": {
			file: "listn: x\nadmin: 0.0.0.0:80\nlog: {level: loud}\ntimeouts:\n  red: 1s\n  idle: 5\nengines: {memory: 3MB}\nlimits: {headers: 0}\n",
			environ: []string{
				"HOOKSTEP_LISTEN=8080", "HOOKSTEP_LOG_FORMAT=xml", "HOOKSTEP_ENGINES_LANES=-1", "HOOKSTEP_ENGINE_MEMORY=1GB", "HOOKSTEP_QQQQQQQQQQ=1",
			},
			want: []string{
				`HOOKSTEP_ENGINES_LANES: "-1" is no whole number from 0 to 2147483647`,
				`HOOKSTEP_ENGINE_MEMORY: unknown environment variable; did you mean HOOKSTEP_ENGINES_MEMORY?`,
				`HOOKSTEP_LISTEN: "8080" is no address: write host:port, as in 127.0.0.1:8081 or :8080`,
				`HOOKSTEP_LOG_FORMAT: "xml" is not one of auto, text, json`,
				"HOOKSTEP_QQQQQQQQQQ: unknown environment variable; `hookstep serve --help` lists those that are known",
				`hookstep.yaml:1:1: unknown key "listn"; did you mean "listen"?`,
				`hookstep.yaml:2:8: "0.0.0.0:80" can be reached from other machines: use 127.0.0.1, or set insecureExposeAdmin`,
				`hookstep.yaml:3:14: "loud" is not one of debug, info, warn, error`,
				`hookstep.yaml:5:3: unknown key "red"; did you mean "read"?`,
				`hookstep.yaml:6:9: expected a duration such as "2s", found a number; add a unit, as in "5s"`,
				`hookstep.yaml:7:19: 3MB is too little for an engine: at least 64MB`,
				`hookstep.yaml:8:19: must be more than 0, is 0`,
			},
		},
		"values that cannot be": {
			file: "publicUrl: ftp://x\nfetch: {allow: [\"no host!\"]}\nplugins: {Py: /x}\nadmin: :8080\nlisten: :8080\ndata: \"\"\nexecution: {synchronous: 1h}\noauth2: {callback: /x, back: [\"https://App.example/\"]}\n",
			want: []string{
				`hookstep.yaml:1:12: "ftp://x" is no URL of the form https://hooks.example.com`,
				`hookstep.yaml:2:16: "no host!" is no host name, address or network`,
				`hookstep.yaml:3:10: "Py" is no engine's name: write lower-case letters, digits and hyphens`,
				`hookstep.yaml:4:8: ":8080" can be reached from other machines: use 127.0.0.1, or set insecureExposeAdmin`,
				`hookstep.yaml:4:8: webhooks and operators need listeners of their own; both are ":8080"`,
				`hookstep.yaml:6:7: the folder's path is empty`,
				`hookstep.yaml:7:26: 1h0m0s is more than execution.longest, 15m0s`,
				`hookstep.yaml:8:20: "/x" is no URL of the form https://hooks.example.com`,
				`hookstep.yaml:8:30: "https://App.example/" is no origin: write scheme, host and port alone, as in https://app.example`,
			},
		},
		"references": {
			file:    "publicUrl: https://${env:HOST}/\ndata: ${env:NOT_SET}\nlog: {level: \"${env:HOST}\"}\n",
			environ: []string{"HOST=secret-host"},
			want: []string{
				`hookstep.yaml:2:7: ${env:NOT_SET}: the environment variable is not set`,
				`hookstep.yaml:2:7: the folder's path is empty`,
				`hookstep.yaml:3:14: the value is not one of debug, info, warn, error`,
			},
		},
		"no YAML": {file: "listen: [", want: []string{`hookstep.yaml:1:9: not YAML: sequence end token ']' not found`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, test.file)
			_, err := config.Load(config.Sources{File: path, Environ: test.environ})
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.Split(strings.ReplaceAll(err.Error(), path, config.FileName), "\n")
			slices.Sort(got) // the temporary path sorts elsewhere than the short one
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServiceLinksAreNoSettings(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{File: write(t, ""), Environ: []string{
		"HOOKSTEP_SERVICE_HOST=10.0.0.1", "HOOKSTEP_SERVICE_PORT=80", "HOOKSTEP_SERVICE_PORT_HTTP=80", "HOOKSTEP_PORT=tcp://10.0.0.1:80",
		"HOOKSTEP_PORT_80_TCP=tcp://10.0.0.1:80", "HOOKSTEP_PORT_80_TCP_ADDR=10.0.0.1",
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestSecretsAreNoSettings(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Sources{File: write(t, ""), Environ: []string{
		config.TokenVariable + "=hs_x", config.SealKeyVariable + "=hsk1_x", config.PreviousSealKeyVariable + "=hsk1_y",
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.yaml")
	if _, err := config.Load(config.Sources{File: path}); err == nil || !strings.Contains(err.Error(), path+": cannot be read") {
		t.Errorf("a named file that is missing gives %v", err)
	}
}

func TestEndpointKeyIsReadAndNotMade(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if key, err := config.EndpointKey(data); key != nil || err != nil {
		t.Errorf("without a file: %d bytes, %v", len(key), err)
	}
	if entries, _ := os.ReadDir(data); len(entries) != 0 {
		t.Errorf("made in the folder: %v", entries)
	}
	want := bytes.Repeat([]byte("k"), 32)
	if err := os.WriteFile(filepath.Join(data, "endpoint.key"), want, 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := config.EndpointKey(data); err != nil || !bytes.Equal(key, want) {
		t.Errorf("got %d bytes, %v", len(key), err)
	}
}

func TestDamagedEndpointKeyIsAnError(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "endpoint.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.EndpointKey(data); err == nil || !strings.Contains(err.Error(), "holds 5 bytes, not 32") {
		t.Errorf("got %v", err)
	}
}
