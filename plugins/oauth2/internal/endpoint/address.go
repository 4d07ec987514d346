package endpoint

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// CheckURL says what is wrong with the URL of an endpoint: it is absolute, https, without user, password and fragment. Plain http is
// for this machine alone.
func CheckURL(text string) error {
	address, err := url.Parse(text)
	switch {
	case err != nil || address.Host == "" || address.Hostname() == "":
		return errors.New("is no absolute URL: write it as in https://auth.example.com/oauth2/token")
	case strings.ContainsAny(text, " \t\r\n"):
		return errors.New("holds white space: write it without")
	case address.User != nil:
		return errors.New("holds a user name or password: write it without")
	case strings.Contains(text, "#"):
		return errors.New("has a part behind #: write it without")
	case address.Scheme == "https", address.Scheme == "http" && IsLoopback(address.Hostname()):
		return nil
	case address.Scheme == "http":
		return errors.New("is not encrypted: write https (http is for this machine alone, as in http://localhost:8080)")
	}
	return errors.New("is no https URL")
}

// IsLoopback tells whether a host is this machine by its name or address alone.
func IsLoopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address := net.ParseIP(host)
	return address != nil && address.IsLoopback()
}
