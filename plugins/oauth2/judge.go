package oauth2

import (
	"cmp"
	"strings"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// judge says what is wrong with filled-in inputs. No message holds a value.
func judge(settings connection.Settings, service preset.Preset) []connection.Finding {
	var findings []connection.Finding
	find := func(key, message string) {
		if message != "" {
			findings = append(findings, connection.Finding{Key: key, Message: message})
		}
	}
	fields := settings.Fields
	for _, variable := range service.Variables {
		if value, given := fields[variable.Key]; given {
			find(variable.Key, wrongVariable(service, variable, value))
		}
	}
	for _, key := range []string{authorizeURL, tokenURL} {
		if text, given := fields[key]; given {
			find(key, wrongAddress(text, service, fields))
		}
	}
	for _, key := range []string{clientID, clientSecret} {
		if text, given := fields[key]; given {
			find(key, wrongCredential(text))
		}
	}
	find(scopes, wrongScopes(fields[scopes]))
	find(headers, wrongHeaders(fields, cmp.Or(settings.Options[optionAuthStyle], service.AuthStyle, styleHeader)))
	return findings
}

func wrongVariable(service preset.Preset, variable preset.Variable, value string) string {
	if end := service.Doubled(variable.Key, value); end != "" {
		return "ends with " + end + ", which is added: write what stands before it"
	}
	return variable.Wrong(value)
}

// wrongAddress judges a URL with its variables filled in. While one of them is wrong or missing, that is what is told.
func wrongAddress(text string, service preset.Preset, fields connection.Values) string {
	for _, variable := range service.Variables {
		placed := strings.Contains(text, "{"+variable.Key+"}")
		if value := fields[variable.Key]; placed && (value == "" && variable.Default == "" || value != "" && variable.Wrong(value) != "") {
			return ""
		}
	}
	if err := endpoint.CheckURL(service.Expand(text, fields)); err != nil {
		return err.Error()
	}
	return ""
}

func wrongCredential(text string) string {
	switch {
	case text == "":
		return "is empty: paste it as the service shows it"
	case strings.TrimSpace(text) != text:
		return "begins or ends with a space or line break: paste it without"
	case connection.HasControl(text):
		return "holds a line break or another control character: paste it as one line"
	}
	return ""
}

// wrongScopes: RFC 6749 section 3.3 has printable ASCII without quotation mark and backslash.
func wrongScopes(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && (r < '!' || r > '~' || r == '"' || r == '\\') }) {
		return `has a character that no scope has: separate scopes by spaces, and write them without quotation marks and line breaks`
	}
	return ""
}

func wrongHeaders(fields connection.Values, style string) string {
	pairs, err := fields.Pairs(headers)
	if err != nil {
		return "cannot be read: it is a list of keys and values"
	}
	for _, pair := range pairs {
		name := strings.ToLower(pair.Key)
		switch {
		case !isToken(pair.Key):
			return "has a header whose name is none: a name has letters, digits and hyphens"
		case connection.HasControl(pair.Value):
			return "has a value with a line break or another control character (of " + pair.Key + "): write it as one line"
		case isReserved(name), name == "authorization" && style == styleHeader:
			return "sets " + pair.Key + ", which the request sets itself: leave it out"
		}
	}
	return ""
}

func isReserved(name string) bool {
	switch name {
	case "host", "content-type", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "accept-encoding",
		"proxy-authorization", "proxy-connection", "keep-alive":
		return true
	}
	return false
}

// isToken tells whether a name is a token as RFC 9110 section 5.6.2 has it.
func isToken(name string) bool {
	foreign := func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	}
	return name != "" && !strings.ContainsFunc(name, foreign)
}
