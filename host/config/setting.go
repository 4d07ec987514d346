package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// setting is one key: its names, its words and the field that holds it.
type setting struct {
	key    string // in hookstep.yaml, dots between the mappings
	doc    string
	target any // *string, *bool, *int, *int64 (bytes), *time.Duration, *[]string or *map[string]string
	words  []string
}

// settings is the table of all keys; file, environment, flags, help and schema come from it.
func (c *Config) settings() []setting {
	return []setting{
		{key: "listen", doc: "address of the listener for webhooks", target: &c.Listen},
		{key: "admin", doc: "address of the operators' listener, loopback only", target: &c.Admin},
		{key: "insecureExposeAdmin", doc: "let the operators' listener be reached from other machines", target: &c.InsecureExposeAdmin},
		{key: "data", doc: "folder that Hookstep keeps its data in", target: &c.Data},
		{key: "database", doc: "URL of a PostgreSQL database that several hosts may share; empty: hookstep.db in the folder of data", target: &c.Database},
		{key: "publicUrl", doc: "base of webhook URLs as callers see it; empty: localhost and the port of listen", target: &c.PublicURL},
		{key: "timeouts.readHeader", doc: "limit for the headers of a request", target: &c.Timeouts.ReadHeader},
		{key: "timeouts.read", doc: "limit for a whole request to arrive", target: &c.Timeouts.Read},
		{key: "timeouts.idle", doc: "limit for a connection without a request", target: &c.Timeouts.Idle},
		{key: "timeouts.shutdown", doc: "what running requests get when the program ends", target: &c.Timeouts.Shutdown},
		{key: "limits.body", doc: "largest request body", target: &c.Limits.Body},
		{key: "limits.headerBytes", doc: "largest headers of a request, together", target: &c.Limits.HeaderBytes},
		{key: "limits.headers", doc: "most header lines of a request", target: &c.Limits.Headers},
		{key: "limits.concurrent", doc: "most requests under way at once", target: &c.Limits.Concurrent},
		{key: "execution.synchronous", doc: "budget of a synchronous execution", target: &c.Execution.Synchronous},
		{key: "execution.longest", doc: "limit of any execution", target: &c.Execution.Longest},
		{key: "queue.workers", doc: "asynchronous executions at once on this host; 0: half of engines.lanes", target: &c.Queue.Workers},
		{
			key: "history.synchronous", doc: "which synchronous executions are kept for operators to look at",
			target: &c.History.Synchronous, words: []string{"all", "failed", "none"},
		},
		{key: "history.age", doc: "how long ended executions are kept; 0s: forever", target: &c.History.Age},
		{key: "history.bytes", doc: "payloads, results and logs of ended executions, together: the oldest go first; 0: no limit", target: &c.History.Bytes},
		{key: "seal.keyFile", doc: "file of the key that secrets are sealed under; empty: seal.key in the folder of data, if no other source is set", target: &c.Seal.KeyFile},
		{key: "seal.previousKeyFile", doc: "file of the key before it, until `hookstep keys rewrap` has replaced it", target: &c.Seal.PreviousKeyFile},
		{key: "seal.kms", doc: "URI of a key in a service that keeps keys, in a build that knows it", target: &c.Seal.KMS},
		{key: "seal.previousKms", doc: "URI of the key before it, likewise", target: &c.Seal.PreviousKMS},
		{key: "engines.memory", doc: "memory of one engine process", target: &c.Engines.Memory},
		{key: "engines.lanes", doc: "executions at once in one engine process; 0: as many as suit the machine", target: &c.Engines.Lanes},
		{key: "engines.laneWait", doc: "how long an execution waits for a free lane", target: &c.Engines.LaneWait},
		{key: "engines.waiters", doc: "most executions that wait for a lane of one process", target: &c.Engines.Waiters},
		{key: "engines.idleStop", doc: "when an unused engine process ends; 0s: never", target: &c.Engines.IdleStop},
		{key: "engines.startTimeout", doc: "limit for an engine process to start", target: &c.Engines.StartTimeout},
		{
			key: "fetch.insecureAllowPrivateAddresses", doc: "let code call loopback, private and other special networks",
			target: &c.Fetch.InsecureAllowPrivateAddresses,
		},
		{key: "fetch.allow", doc: "host names, addresses and networks (CIDR) that code may always call", target: &c.Fetch.Allow},
		{
			key: "oauth2.callback", target: &c.OAuth2.Callback,
			doc: "base URL under which services send browsers back, to its path /oauth2/callback; empty: the operators' listener",
		},
		{key: "oauth2.back", doc: "origins, as in https://app.example, to which browsers may be sent after an authorization", target: &c.OAuth2.Back},
		{key: "log.level", doc: "least severity that is logged", target: &c.Log.Level, words: []string{"debug", "info", "warn", "error"}},
		{key: "log.format", doc: "form of log lines; auto: text on a terminal, else json", target: &c.Log.Format, words: []string{"auto", "text", "json"}},
		{key: "plugins", doc: "engines and providers of connections that are not bundled: name and path of the executable", target: &c.Plugins},
	}
}

func isInsecure(key string) bool { return strings.Contains(strings.ToLower(key), "insecure") }

// Key describes one key for help and documentation.
type Key struct {
	Name    string // in hookstep.yaml, dots between the mappings
	Env     string
	Flag    string // without the hyphens before it
	Default string
	Doc     string
}

// Keys lists all keys in the order of the documentation.
func Keys() []Key {
	defaults := Default()
	var all []Key
	for _, each := range defaults.settings() {
		all = append(all, Key{Name: each.key, Env: each.env(), Flag: each.flag(), Default: each.String(), Doc: each.doc})
	}
	return all
}

// envPrefix is what every environment variable of the configuration begins with.
const envPrefix = "HOOKSTEP_"

func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.flag(), "-", "_"))
}

// flag turns timeouts.readHeader into timeouts-read-header.
func (s setting) flag() string {
	var name strings.Builder
	for _, r := range s.key {
		switch {
		case r == '.':
			name.WriteRune('-')
		case unicode.IsUpper(r):
			name.WriteRune('-')
			name.WriteRune(unicode.ToLower(r))
		default:
			name.WriteRune(r)
		}
	}
	return name.String()
}

// String writes the value as set reads it.
func (s setting) String() string {
	switch target := s.target.(type) {
	case *string:
		return *target
	case *bool:
		return strconv.FormatBool(*target)
	case *int:
		return strconv.Itoa(*target)
	case *int64:
		return sizeText(*target)
	case *time.Duration:
		return durationText(*target)
	case *[]string:
		return strings.Join(*target, ",")
	case *map[string]string:
		return pairsText(*target)
	}
	return ""
}

func sizeText(bytes int64) string {
	switch {
	case bytes > 0 && bytes%(1<<30) == 0:
		return strconv.FormatInt(bytes>>30, 10) + "GB"
	case bytes > 0 && bytes%(1<<20) == 0:
		return strconv.FormatInt(bytes>>20, 10) + "MB"
	case bytes > 0 && bytes%(1<<10) == 0:
		return strconv.FormatInt(bytes>>10, 10) + "KB"
	}
	return strconv.FormatInt(bytes, 10)
}

// durationText is 2m where time.Duration writes 2m0s.
func durationText(length time.Duration) string {
	text := length.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func pairsText(pairs map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(pairs)) {
		parts = append(parts, name+"="+pairs[name])
	}
	return strings.Join(parts, ",")
}

// set takes a text from the environment or a flag.
func (s setting) set(text string) error {
	switch target := s.target.(type) {
	case *string:
		*target = text
	case *bool:
		return s.setBool(target, text)
	case *int:
		return s.setInt(target, text)
	case *int64:
		size, ok := document.ParseSize(text)
		if !ok {
			return fmt.Errorf("%q is no size: write a number with B, KB, MB or GB", text)
		}
		*target = size
	case *time.Duration:
		length, ok := document.ParseDuration(text)
		if !ok {
			return fmt.Errorf("%q is no duration: write a number with a unit, as in 500ms or 2s", text)
		}
		*target = length
	case *[]string:
		*target = split(text)
	case *map[string]string:
		return s.setPairs(target, text)
	}
	return nil
}

func (s setting) setBool(target *bool, text string) error {
	value, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	*target = value
	return nil
}

func (s setting) setInt(target *int, text string) error {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil || value < 0 {
		return fmt.Errorf("%q is no whole number from 0 to %d", text, 1<<31-1)
	}
	*target = int(value)
	return nil
}

func (s setting) setPairs(target *map[string]string, text string) error {
	pairs := map[string]string{}
	for _, part := range split(text) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("%q is not name=path", part)
		}
		pairs[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	*target = pairs
	return nil
}

func split(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
