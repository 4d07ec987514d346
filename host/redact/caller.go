package redact

import (
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Hidden stands in the place of what is not shown at all.
const Hidden = "(hidden)"

// IsCredential tells by a header's name that its value may say who the sender is. Signatures are no credentials: they are good for
// their own request only.
func IsCredential(header string) bool {
	header = strings.ToLower(header)
	if header == "idempotency-key" {
		return false
	}
	for _, part := range [...]string{"auth", "cookie", "key", "token", "secret", "password", "session", "credential"} {
		if strings.Contains(header, part) {
			return true
		}
	}
	return false
}

// shortestCookie is how many bytes a cookie must have to be looked for alone.
const shortestCookie = 12

// Callers lists what the headers of a request, with names in lower case, show of who sent it. Code often takes it apart, so the parts are
// listed too. These secrets mean something in the execution of that request only.
func Callers(headers []hostapi.Header) []Secret {
	var found []Secret
	for _, header := range headers {
		if header.Value == "" || !IsCredential(header.Name) {
			continue
		}
		name := "request." + header.Name
		found = append(found, Secret{name, header.Value})
		if _, credentials, ok := strings.Cut(header.Value, " "); ok && strings.Contains(header.Name, "auth") {
			found = append(found, Secret{name + ".credentials", credentials})
		}
		if header.Name == "cookie" {
			found = append(found, cookies(header.Value)...)
		}
	}
	return found
}

func cookies(header string) []Secret {
	var found []Secret
	for one := range strings.SplitSeq(header, ";") {
		if name, cookie, ok := strings.Cut(strings.TrimSpace(one), "="); ok && len(cookie) >= shortestCookie {
			found = append(found, Secret{"request.cookie." + name, cookie})
		}
	}
	return found
}
