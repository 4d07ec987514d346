package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// Validate reports every value that cannot be used. The error is document.Problems, each with the key as its file.
func (c *Config) Validate() error { return c.problems().Sorted().Err() }

func (c *Config) problems() document.Problems {
	v := &validation{}
	v.addresses(c)
	v.publicURL("publicUrl", c.PublicURL)
	v.publicURL("oauth2.callback", c.OAuth2.Callback)
	v.origins("oauth2.back", c.OAuth2.Back)
	v.database(c.Database)
	v.positive(c)
	v.words(c)
	v.allowed(c.Fetch.Allow)
	v.plugins(c.Plugins)
	if c.Data == "" {
		v.failf("data", "the folder's path is empty")
	}
	if c.Execution.Synchronous > c.Execution.Longest {
		v.failf("execution.synchronous", "%s is more than execution.longest, %s", c.Execution.Synchronous, c.Execution.Longest)
	}
	return v.problems
}

type validation struct{ problems document.Problems }

func (v *validation) failf(key, format string, args ...any) {
	v.problems = append(v.problems, document.Problem{File: key, Severity: document.Error, Message: fmt.Sprintf(format, args...)})
}

func (v *validation) addresses(c *Config) {
	v.address("listen", c.Listen)
	host, ok := v.address("admin", c.Admin)
	if ok && !c.InsecureExposeAdmin && !isLoopback(host) {
		v.failf("admin", "%q can be reached from other machines: use 127.0.0.1, or set insecureExposeAdmin", c.Admin)
	}
	if c.Listen == c.Admin && !strings.HasSuffix(c.Admin, ":0") {
		v.failf("admin", "webhooks and operators need listeners of their own; both are %q", c.Admin)
	}
}

func (v *validation) address(key, address string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		v.failf(key, "%q is no address: write host:port, as in 127.0.0.1:8081 or :8080", address)
		return "", false
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		v.failf(key, "port %q is no number from 0 to 65535", port)
		return "", false
	}
	return host, true
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func (v *validation) publicURL(key, text string) {
	if text == "" {
		return
	}
	base, err := url.Parse(text)
	switch {
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "":
		v.failf(key, "%q is no URL of the form https://hooks.example.com", text)
	case base.RawQuery != "" || base.Fragment != "" || base.User != nil:
		v.failf(key, "%q holds more than scheme, host and path", text)
	}
}

func (v *validation) origins(key string, texts []string) {
	for _, text := range texts {
		origin, err := url.Parse(text)
		if err != nil || origin.Scheme != "http" && origin.Scheme != "https" || origin.Host == "" || origin.Scheme+"://"+strings.ToLower(origin.Host) != text {
			v.failf(key, "%q is no origin: write scheme, host and port alone, as in https://app.example", text)
		}
	}
}

func (v *validation) database(text string) {
	if text == "" {
		return
	}
	if at, err := url.Parse(text); err != nil || at.Scheme != "postgres" && at.Scheme != "postgresql" || at.Host == "" && at.RawQuery == "" {
		v.failf("database", "it is no URL of the form postgres://user:password@host:5432/name") // not shown: it may hold a password
	}
}

// positive refuses limits of zero where zero has no meaning of its own.
func (v *validation) positive(c *Config) {
	zeroIsFine := []string{"engines.lanes", "engines.waiters", "engines.idleStop", "engines.laneWait", "timeouts.shutdown", "queue.workers", "history.age", "history.bytes"}
	for _, each := range c.settings() {
		if least, limit := each.limit(); limit && (least < 0 || least == 0 && !slices.Contains(zeroIsFine, each.key)) {
			v.failf(each.key, "must be more than 0, is %s", each)
		}
	}
	if c.Engines.Memory > 0 && c.Engines.Memory < minMemory {
		v.failf("engines.memory", "%s is too little for an engine: at least %s", sizeText(c.Engines.Memory), sizeText(minMemory))
	}
}

// minMemory is what an engine process needs to start.
const minMemory = 64 << 20

// limit gives the value of a setting that is a number, a size or a duration.
func (s setting) limit() (int64, bool) {
	switch target := s.target.(type) {
	case *int:
		return int64(*target), true
	case *int64:
		return *target, true
	case *time.Duration:
		return int64(*target), true
	}
	return 0, false
}

func (v *validation) words(c *Config) {
	for _, each := range c.settings() {
		if text, ok := each.target.(*string); ok && each.words != nil && !slices.Contains(each.words, *text) {
			v.failf(each.key, "%q is not one of %s", *text, strings.Join(each.words, ", "))
		}
	}
}

var (
	hostName   = regexp.MustCompile(`^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)
	engineName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

func (v *validation) allowed(entries []string) {
	for _, entry := range entries {
		_, notAddress := netip.ParseAddr(entry)
		_, notNetwork := netip.ParsePrefix(entry)
		if notAddress != nil && notNetwork != nil && !hostName.MatchString(entry) {
			v.failf("fetch.allow", "%q is no host name, address or network", entry)
		}
	}
}

func (v *validation) plugins(paths map[string]string) {
	for name, path := range paths {
		switch {
		case !engineName.MatchString(name):
			v.failf("plugins", "%q is no engine's name: write lower-case letters, digits and hyphens", name)
		case path == "":
			v.failf("plugins", "the path of %q is empty", name)
		}
	}
}
