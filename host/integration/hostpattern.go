package integration

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// HostPattern is where a credential may be sent: one host, or with "*." at its beginning all hosts below one.
type HostPattern struct {
	Scheme string // https or http
	Host   string // in lower case; an address of IPv6 in its shortest form, without brackets
	Port   string // empty: the scheme's own
}

// Matches tells whether a URL is at the host. Scheme and port have to be equal; "*.shop.example" is any host below shop.example,
// but not that host itself. A URL whose host has other letters than ASCII's is at none: what becomes of them on their way to the
// network (İ is no i there, K a k) is decided elsewhere.
func (p HostPattern) Matches(u *url.URL) bool {
	if !isASCII(u.Hostname()) {
		return false
	}
	if !strings.EqualFold(u.Scheme, p.Scheme) || portOf(u.Scheme, u.Port()) != portOf(p.Scheme, p.Port) {
		return false
	}
	host := canonicalHost(u.Hostname())
	if below, wild := strings.CutPrefix(p.Host, "*"); wild {
		return len(host) > len(below) && strings.HasSuffix(host, below)
	}
	return host == p.Host
}

// String gives the pattern as ParseHostPattern reads it.
func (p HostPattern) String() string {
	host := p.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if p.Port != "" {
		host += ":" + p.Port
	}
	return p.Scheme + "://" + host
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(char rune) bool { return char > unicode.MaxASCII }) < 0
}

func portOf(scheme, port string) string {
	switch {
	case port != "":
		return port
	case strings.EqualFold(scheme, "http"):
		return "80"
	}
	return "443"
}

// ParseHostPattern reads a host with an optional scheme and port, as in "api.shop.example", "*.cdn.example" or
// "http://127.0.0.1:9000". Without a scheme it is https.
func ParseHostPattern(text string) (HostPattern, error) {
	scheme, rest, schemed := strings.Cut(text, "://")
	if !schemed {
		scheme, rest = "https", text
	}
	scheme = strings.ToLower(scheme)
	switch {
	case scheme != "https" && scheme != "http":
		return HostPattern{}, fmt.Errorf("%q is no scheme to send a credential with: write https:// or http://", scheme+"://")
	case strings.Contains(rest, "@"):
		return HostPattern{}, errors.New("a host stands here without a user's name")
	case strings.ContainsAny(rest, "/?#"):
		return HostPattern{}, errors.New("a host stands here without a path")
	}
	host, port, err := splitPort(rest)
	if err != nil {
		return HostPattern{}, err
	}
	host = canonicalHost(host)
	return HostPattern{Scheme: scheme, Host: host, Port: port}, checkHost(host)
}

// canonicalHost gives one text for all ways to write a host.
func canonicalHost(host string) string {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// splitPort takes the brackets off an address of IPv6.
func splitPort(text string) (host, port string, err error) {
	host = text
	if inner, rest, closed := strings.Cut(text, "]"); closed && strings.HasPrefix(text, "[") {
		host, port = inner[1:], rest
	} else if at := strings.LastIndexByte(text, ':'); at >= 0 {
		host, port = text[:at], text[at:]
	}
	if port == "" {
		return host, "", nil
	}
	number, err := strconv.ParseUint(strings.TrimPrefix(port, ":"), 10, 16)
	if err != nil || number == 0 || port[0] != ':' {
		return "", "", fmt.Errorf("%q is no port", strings.TrimPrefix(port, ":"))
	}
	return host, strconv.FormatUint(number, 10), nil
}

var (
	errAnyHost    = errors.New("this would send the credential to any host: name at least two levels, as in *.shop.example")
	errHost       = errors.New("this is no host: write it as in api.shop.example, *.cdn.example or http://127.0.0.1:9000")
	errHostLetter = errors.New("a host is written in the letters a to z: take the form that begins with xn--")
)

func checkHost(host string) error {
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Zone() != "" {
			return errHost
		}
		return nil
	}
	name, wild := strings.CutPrefix(host, "*.")
	labels := strings.Split(name, ".")
	switch {
	case host == "*" || wild && len(labels) < 2:
		return errAnyHost
	case wild && isNumeric(labels[len(labels)-1]), strings.Contains(host, ":"):
		return errHost
	}
	for _, label := range labels {
		if err := checkLabel(label); err != nil {
			return err
		}
	}
	return nil
}

// isNumeric tells an address of IPv4 from a name.
func isNumeric(label string) bool { return strings.Trim(label, "0123456789") == "" }

func checkLabel(label string) error {
	for _, char := range label {
		switch {
		case char > 127:
			return errHostLetter
		case !isPlain(char) && char != '-' && char != '_':
			return errHost
		}
	}
	if label == "" || len(label) > 63 {
		return errHost
	}
	return nil
}
