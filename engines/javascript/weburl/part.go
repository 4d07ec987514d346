package weburl

import "strings"

// Pathname is the path as the pathname property shows it.
func (u *URL) Pathname() string {
	if u.IsOpaque {
		return u.Opaque
	}
	if len(u.Path) == 0 {
		return ""
	}
	return "/" + strings.Join(u.Path, "/")
}

// HostPort is the host property.
func (u *URL) HostPort() string {
	if u.Port == "" {
		return u.Host
	}
	return u.Host + ":" + u.Port
}

// Search is the search property.
func (u *URL) Search() string {
	if !u.HasQuery || u.Query == "" {
		return ""
	}
	return "?" + u.Query
}

// Fragment is the hash property.
func (u *URL) Fragment() string {
	if !u.HasHash || u.Hash == "" {
		return ""
	}
	return "#" + u.Hash
}

// Origin is the origin property.
func (u *URL) Origin() string {
	if !u.Special() || u.Scheme == "file" {
		return "null"
	}
	return u.Scheme + "://" + u.HostPort()
}

// Href serializes the URL.
func (u *URL) Href() string {
	var out strings.Builder
	out.WriteString(u.Scheme + ":")
	if u.HasHost {
		out.WriteString("//")
		if u.Username != "" || u.Password != "" {
			out.WriteString(u.Username)
			if u.Password != "" {
				out.WriteString(":" + u.Password)
			}
			out.WriteString("@")
		}
		out.WriteString(u.HostPort())
	} else if !u.IsOpaque && len(u.Path) > 1 && u.Path[0] == "" {
		out.WriteString("/.")
	}
	out.WriteString(u.Pathname())
	if u.HasQuery {
		out.WriteString("?" + u.Query)
	}
	if u.HasHash {
		out.WriteString("#" + u.Hash)
	}
	return out.String()
}

// Set assigns to one property as JavaScript code does: what is not valid changes nothing.
func (u *URL) Set(part, text string) {
	changed := *u
	if changed.set(part, strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)) == nil {
		*u = changed
	}
}

func (u *URL) set(part, text string) error {
	switch part {
	case "protocol":
		return u.setScheme(text)
	case "search":
		text = strings.TrimPrefix(text, "?")
		u.setQuery(text, text != "")
	case "hash":
		text = strings.TrimPrefix(text, "#")
		u.HasHash, u.Hash = text != "", encode(text, inFragment)
	case "pathname":
		if u.IsOpaque {
			return ErrInvalid
		}
		query, hasQuery := u.Query, u.HasQuery
		text = strings.NewReplacer("?", "%3F", "#", "%23").Replace(text)
		if _, err := u.pathAndQuery(text); err != nil {
			return err
		}
		u.Query, u.HasQuery = query, hasQuery
	default:
		return u.setAuthority(part, text)
	}
	return nil
}

func (u *URL) setScheme(text string) error {
	scheme, _, ok := cutScheme(strings.TrimSuffix(text, ":") + ":")
	_, special := ports[scheme]
	if !ok || special != u.Special() || scheme == "file" && (u.Username != "" || u.Port != "") {
		return ErrInvalid
	}
	u.Scheme = scheme
	return u.setPort(u.Port)
}

func (u *URL) setAuthority(part, text string) error {
	if u.IsOpaque {
		return ErrInvalid
	}
	switch part {
	case "host", "hostname":
		if i := strings.IndexAny(text, "/\\?#"); i >= 0 {
			text = text[:i]
		}
		port := u.Port
		if part == "hostname" && strings.LastIndexByte(text, ':') > strings.LastIndexByte(text, ']') {
			return ErrInvalid
		}
		err := u.setHostPort(text)
		if u.Port == "" {
			u.Port = port
		}
		return err
	}
	if u.Host == "" || u.Scheme == "file" {
		return ErrInvalid
	}
	switch part {
	case "username":
		u.Username = encode(text, inUserinfo)
	case "password":
		u.Password = encode(text, inUserinfo)
	case "port":
		digits := 0
		for digits < len(text) && isDigit(text[digits]) {
			digits++
		}
		if digits == 0 && text != "" {
			return ErrInvalid
		}
		return u.setPort(text[:digits])
	}
	return nil
}
