package connect

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// denial is what a service said instead of giving a code.
type denial struct {
	code  string
	words string
}

func (d *denial) Error() string { return d.words }

// denied notes that a service, or the person there, did not authorize.
func (r *Room) denied(ctx context.Context, now *state, code string, parameters []connection.Pair) error {
	code = printable(code, 64)
	words := reasonOf(code)
	if told := printable(parameter(parameters, "error_description"), 300); told != "" {
		words += fmt.Sprintf(" (the service says: %s)", told)
	}
	words = now.hide(words)
	r.note(ctx, now.member, "authorization refused", words)
	return &denial{code, words}
}

// reasonOf puts the error codes of RFC 6749 and of OpenID Connect into words.
func reasonOf(code string) string {
	switch code {
	case "access_denied":
		return "access was denied: somebody said no, or may not say yes"
	case "invalid_scope":
		return "the service does not know the scopes that are set, or does not allow them"
	case "unauthorized_client":
		return "the service does not let this client authorize people: look at how the client ID is registered there"
	case "invalid_request", "unsupported_response_type":
		return "the service does not understand the request: look at the authorize URL and its parameters"
	case "server_error", "temporarily_unavailable":
		return "the service has a problem of its own: try again later"
	case "login_required", "interaction_required", "consent_required", "account_selection_required":
		return "the service needs an answer from you that it was not allowed to ask for: look at the authorize parameters (prompt)"
	}
	return fmt.Sprintf("the service answered %q", code)
}

// printable keeps what a stranger wrote to one line of a length.
func printable(text string, most int) string {
	text = strings.Map(func(char rune) rune {
		if !unicode.IsPrint(char) {
			return ' '
		}
		return char
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.TrimSpace(text)
}
