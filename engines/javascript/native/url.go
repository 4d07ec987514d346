package native

import (
	"strings"

	"github.com/hookstep-dev/hookstep/engines/javascript/weburl"
)

// urlTable has the URL parser. A URL crosses as its parts, one a line: see parts.
func urlTable() Table {
	return Table{
		"parseURL": func(a Arguments) (any, error) {
			u, err := parseURL(a.String(0), a.String(1), a.Bool(2))
			if err != nil {
				return nil, &Error{Class: "TypeError", Code: "ERR_INVALID_URL", Message: "Invalid URL"}
			}
			return parts(u), nil
		},
		"setURL": func(a Arguments) (any, error) {
			u, err := weburl.Parse(a.String(0), nil)
			if err != nil {
				return nil, Fail("TypeError", "Invalid URL")
			}
			u.Set(a.String(1), a.String(2))
			return parts(u), nil
		},
		"toASCII": func(a Arguments) (any, error) {
			if u, err := weburl.Parse("http://"+a.String(0), nil); err == nil {
				return u.Host, nil
			}
			return "", nil
		},
	}
}

func parseURL(input, base string, hasBase bool) (*weburl.URL, error) {
	if !hasBase {
		return weburl.Parse(input, nil)
	}
	on, err := weburl.Parse(base, nil)
	if err != nil {
		return nil, err
	}
	return weburl.Parse(input, on)
}

// parts are href, protocol, username, password, host, hostname, port, pathname, search, hash and origin. None of them
// can hold a line break.
func parts(u *weburl.URL) string {
	return strings.Join([]string{
		u.Href(), u.Scheme + ":", u.Username, u.Password, u.HostPort(), u.Host, u.Port, u.Pathname(), u.Search(),
		u.Fragment(), u.Origin(),
	}, "\n")
}
