// Package weburl parses URLs as browsers do, after the URL standard of WHATWG.
package weburl

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// ErrInvalid is the failure of the standard's parser.
var ErrInvalid = errors.New("Invalid URL") //nolint:staticcheck // the text that JavaScript code sees

// URL is a URL record. Its strings are percent-encoded as the standard says.
type URL struct {
	Scheme   string
	Username string
	Password string
	Host     string // serialized; meaningful if HasHost
	HasHost  bool
	Port     string // "" for none or the scheme's default
	Path     []string
	Opaque   string // of a URL whose path is opaque, as in mailto:
	IsOpaque bool
	Query    string // without "?"; meaningful if HasQuery
	HasQuery bool
	Hash     string // without "#"; meaningful if HasHash
	HasHash  bool
}

// ports are the special schemes with their default ports.
var ports = map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21", "file": ""}

// Special tells whether the scheme is one that the standard treats specially.
func (u *URL) Special() bool { _, ok := ports[u.Scheme]; return ok }

// Parse reads input, relative to base unless base is nil.
func Parse(input string, base *URL) (*URL, error) {
	input = strings.TrimFunc(input, func(r rune) bool { return r <= ' ' })
	input = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(input)
	u := &URL{}
	rest, hash, hasHash := strings.Cut(input, "#")
	u.HasHash = hasHash
	u.Hash = encode(hash, inFragment)
	scheme, after, ok := cutScheme(rest)
	if !ok {
		return u.relative(rest, base)
	}
	u.Scheme = scheme
	switch {
	case scheme == "file":
		return u.file(after, base)
	case u.Special():
		if base != nil && base.Scheme == scheme && !strings.HasPrefix(strings.ReplaceAll(after, `\`, "/"), "//") {
			return u.relative(after, base)
		}
		return u.authority(strings.TrimLeft(after, `/\`))
	case strings.HasPrefix(after, "//"):
		return u.authority(after[2:])
	case strings.HasPrefix(after, "/"):
		return u.pathAndQuery(after)
	}
	path, query, hasQuery := strings.Cut(after, "?")
	u.IsOpaque, u.Opaque = true, encode(path, inC0)
	u.setQuery(query, hasQuery)
	return u, nil
}

// cutScheme splits off a valid scheme, in lower case.
func cutScheme(input string) (scheme, rest string, ok bool) {
	at := strings.IndexByte(input, ':')
	if at <= 0 || !isLetter(input[0]) {
		return "", input, false
	}
	for i := range at {
		if c := input[i]; !isLetter(c) && !isDigit(c) && c != '+' && c != '-' && c != '.' {
			return "", input, false
		}
	}
	return strings.ToLower(input[:at]), input[at+1:], true
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func (u *URL) setQuery(query string, present bool) {
	set := inQuery
	if u.Special() {
		set = inSpecialQuery
	}
	u.HasQuery, u.Query = present, encode(query, set)
}

// relative resolves what has no scheme of its own.
func (u *URL) relative(rest string, base *URL) (*URL, error) {
	if base == nil || base.IsOpaque && (rest != "" || !u.HasHash) {
		return nil, ErrInvalid
	}
	u.Scheme = base.Scheme
	if base.IsOpaque {
		u.IsOpaque, u.Opaque, u.HasQuery, u.Query = true, base.Opaque, base.HasQuery, base.Query
		return u, nil
	}
	if u.Scheme == "file" {
		return u.file(rest, base)
	}
	slashed := rest
	if u.Special() {
		slashed = strings.ReplaceAll(rest, `\`, "/")
	}
	if strings.HasPrefix(slashed, "//") {
		if u.Special() {
			return u.authority(strings.TrimLeft(rest, `/\`))
		}
		return u.authority(rest[2:])
	}
	u.Username, u.Password, u.Host, u.HasHost, u.Port = base.Username, base.Password, base.Host, base.HasHost, base.Port
	return u.onto(rest, slashed, base)
}

// onto puts a relative path on the path of base.
func (u *URL) onto(rest, slashed string, base *URL) (*URL, error) {
	if strings.HasPrefix(slashed, "/") {
		return u.pathAndQuery(rest)
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	u.Path = slices.Clone(base.Path)
	if path == "" {
		if u.setQuery(query, hasQuery); !hasQuery {
			u.HasQuery, u.Query = base.HasQuery, base.Query
		}
		return u, nil
	}
	if len(u.Path) > 0 {
		u.Path = u.Path[:len(u.Path)-1]
	}
	u.appendPath(path)
	u.setQuery(query, hasQuery)
	return u, nil
}

// authority reads user, host, port and all that follows.
func (u *URL) authority(rest string) (*URL, error) {
	ends := "/?"
	if u.Special() {
		ends = `/\?`
	}
	authority, after := rest, ""
	if i := strings.IndexAny(rest, ends); i >= 0 {
		authority, after = rest[:i], rest[i:]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		name, password, _ := strings.Cut(authority[:at], ":")
		u.Username, u.Password = encode(name, inUserinfo), encode(password, inUserinfo)
		authority = authority[at+1:]
		if authority == "" {
			return nil, ErrInvalid
		}
	}
	if err := u.setHostPort(authority); err != nil {
		return nil, err
	}
	return u.pathAndQuery(after)
}

func (u *URL) setHostPort(text string) error {
	host, port := text, ""
	if colon := strings.LastIndexByte(text, ':'); colon > strings.LastIndexByte(text, ']') {
		host, port = text[:colon], text[colon+1:]
		if host == "" {
			return ErrInvalid
		}
	}
	if host == "" && u.Special() {
		return ErrInvalid
	}
	parsed, err := parseHost(host, u.Special())
	if err != nil {
		return err
	}
	u.Host, u.HasHost = parsed, true
	return u.setPort(port)
}

func (u *URL) setPort(text string) error {
	u.Port = ""
	if text == "" {
		return nil
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || strings.HasPrefix(text, "+") {
		return ErrInvalid
	}
	if port := strconv.FormatUint(number, 10); port != ports[u.Scheme] {
		u.Port = port
	}
	return nil
}

// pathAndQuery reads an absolute path and the query.
func (u *URL) pathAndQuery(rest string) (*URL, error) {
	path, query, hasQuery := strings.Cut(rest, "?")
	u.Path = nil
	if path != "" || u.Special() {
		if strings.HasPrefix(path, "/") || u.Special() && strings.HasPrefix(path, `\`) {
			path = path[1:]
		}
		u.appendPath(path)
	}
	u.setQuery(query, hasQuery)
	return u, nil
}

// appendPath adds segments, resolving dot segments.
func (u *URL) appendPath(path string) {
	if u.Special() {
		path = strings.ReplaceAll(path, `\`, "/")
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			if len(u.Path) > 0 && (u.Scheme != "file" || len(u.Path) != 1 || !isDrive(u.Path[0])) {
				u.Path = u.Path[:len(u.Path)-1]
			}
			if last {
				u.Path = append(u.Path, "")
			}
		case ".":
			if last {
				u.Path = append(u.Path, "")
			}
		default:
			if u.Scheme == "file" && len(u.Path) == 0 && isDrive(segment) {
				segment = segment[:1] + ":"
			}
			u.Path = append(u.Path, encode(segment, inPath))
		}
	}
}

// isDrive tells a Windows drive letter, as in C: or C|.
func isDrive(segment string) bool {
	return len(segment) == 2 && isLetter(segment[0]) && (segment[1] == ':' || segment[1] == '|')
}

// file reads what follows "file:".
func (u *URL) file(rest string, base *URL) (*URL, error) {
	u.HasHost = true
	slashed := strings.ReplaceAll(rest, `\`, "/")
	switch {
	case strings.HasPrefix(slashed, "//"):
		return u.fileHost(rest[2:])
	case strings.HasPrefix(slashed, "/"):
		return u.pathAndQuery(rest)
	case base != nil && base.Scheme == "file":
		u.Host = base.Host
		return u.onto(rest, slashed, base)
	}
	return u.pathAndQuery("/" + rest)
}

func (u *URL) fileHost(rest string) (*URL, error) {
	host, after := rest, ""
	if i := strings.IndexAny(rest, `/\?`); i >= 0 {
		host, after = rest[:i], rest[i:]
	}
	if isDrive(host) {
		return u.pathAndQuery("/" + rest)
	}
	if host != "" {
		parsed, err := parseHost(host, true)
		if err != nil {
			return nil, err
		}
		if parsed != "localhost" {
			u.Host = parsed
		}
	}
	return u.pathAndQuery(after)
}
