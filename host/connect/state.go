package connect

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// state is a connection as it was read, opened. It does not change.
type state struct {
	member   *member
	schema   *schema             // nil: its provider has not answered, see problem
	row      store.ConnectionRow // of version 0: there is none
	inputs   connection.Values   // those of the row
	token    keptToken
	settings connection.Settings
	missing  []connection.Input // required inputs that nothing gives
	identity string
	problem  error // what keeps it from being used, whatever its row says

	bare, whole view // as code sees it, without and with token
}

// view is what code sees of a connection.
type view struct {
	text    []byte
	secrets []Secret
}

// Secret is a text that must not be seen.
type Secret struct {
	Name  string // as in "Shop API.apiKey" or "Shop API.token.access_token"
	Value string
}

// String hides the value.
func (s Secret) String() string { return s.Name }

// GoString hides the value.
func (s Secret) GoString() string { return s.Name }

// newState composes a state of what was read.
func newState(of *member, schema *schema, row store.ConnectionRow, inputs connection.Values, token keptToken) *state {
	declared := of.declared.of
	made := &state{member: of, schema: schema, row: row, inputs: inputs, token: token}
	made.settings = connection.Settings{Type: declared.Type.Key, Options: declared.Options, Fields: connection.Values{}}
	for _, input := range schema.inputs {
		value, _ := made.field(input)
		if value != "" {
			made.settings.Fields[input.Key] = value
		} else if input.Required {
			made.missing = append(made.missing, input)
		}
	}
	made.identity = identity(made.settings, &declared.Type, schema.inputs)
	made.bare = made.see(false)
	made.whole = made.see(true)
	return made
}

// Origin says what gave an input its value.
type Origin string

// The origins.
const (
	FromNothing  Origin = ""
	FromDefault  Origin = "default" // of the type, or set by the integration
	FromDatabase Origin = "database"
	FromFile     Origin = "file" // of the instance
)

// field gives the value of an input: the instance's file stands above the database, that above what the integration says.
func (s *state) field(input connection.Input) (string, Origin) {
	if value := s.member.given[input.Key]; value != "" {
		return value, FromFile
	}
	if value := s.inputs[input.Key]; value != "" {
		return value, FromDatabase
	}
	if input.Default != "" {
		return input.Default, FromDefault
	}
	return "", FromNothing
}

// see makes the view of code, with the token or without.
func (s *state) see(token bool) view {
	shown := integration.Connected{
		Type: s.settings.Type, Name: s.member.declared.name, Inputs: s.schema.inputs, Fields: s.settings.Fields,
	}
	seen := view{secrets: s.secretInputs()}
	if token && s.token.Response != nil {
		shown.Token, shown.Context = s.token.Response, s.token.Context
		seen.secrets = slices.Concat(seen.secrets, s.secretsOf("token", s.token.Response), s.secretsOf("context", s.token.Context))
	}
	seen.text = shown.JSON()
	return seen
}

func (s *state) secretInputs() []Secret {
	var secrets []Secret
	for _, input := range s.schema.inputs {
		name := s.member.declared.name + "." + input.Key
		if value := s.settings.Fields[input.Key]; value != "" && input.Secret {
			secrets = append(secrets, Secret{name, value})
		} else if input.Kind == connection.Pairs {
			secrets = append(secrets, secretPairs(name, value)...)
		}
	}
	return secrets
}

// hasToken tells that there is a token, made with the settings as they are.
func (s *state) hasToken() bool { return s.token.Response != nil && s.token.Identity == s.identity }

// lives tells that its credential can be used at a time.
func (s *state) lives(now time.Time) bool {
	switch {
	case s.problem != nil || len(s.missing) > 0:
		return false
	case s.kind().Token == connection.Static:
		return true
	case !s.hasToken() || s.token.Rejected:
		return false
	case s.token.ExpiresAt.IsZero():
		return s.row.Status != store.ConnectionNeedsReconnect
	}
	return now.Before(s.token.ExpiresAt.Add(-s.token.leeway()))
}

// view gives what code sees at a time.
func (s *state) view(alive bool) *view {
	if alive {
		return &s.whole
	}
	return &s.bare
}

func (s *state) kind() *connection.Type { return &s.member.declared.of.Type }

// standing tells what the connection is good for, and why: what its row says, unless something else is in the way.
func (s *state) standing(now time.Time) (store.ConnectionStatus, string) {
	kept, cause := s.row.Status, s.row.Cause
	switch {
	case s.problem != nil:
		return store.ConnectionFailed, s.problem.Error()
	case len(s.missing) > 0:
		return store.ConnectionPending, s.lacking()
	case s.kind().Token == connection.Authorizes && s.token.Response == nil:
		if kept == store.ConnectionNeedsReconnect {
			return kept, cause
		}
		if s.row.TokenAt > 0 {
			return store.ConnectionPending, disconnected
		}
		return store.ConnectionPending, "nobody has authorized it yet"
	case s.kind().Token == connection.Authorizes && !s.hasToken():
		return store.ConnectionNeedsReconnect, "its settings were changed since it was authorized: authorize it again"
	case s.kind().Token == connection.Authorizes && !s.token.Renews && !s.lives(now):
		return store.ConnectionNeedsReconnect, "the token ran out, and the service gave nothing to renew it with: authorize it again"
	case s.token.Failures > 0 && kept == store.ConnectionActive && now.Sub(s.token.FailingAt) >= failedAfter:
		return store.ConnectionFailed, s.token.Failure
	case kept == "" || kept == store.ConnectionPending, kept == store.ConnectionNeedsReconnect && s.kind().Token != connection.Authorizes:
		return store.ConnectionActive, ""
	}
	return kept, cause
}

func (s *state) lacking() string {
	labels := make([]string, len(s.missing))
	for i, input := range s.missing {
		labels[i] = input.Key
	}
	return "set " + strings.Join(labels, ", ")
}

// hide takes the connection's secrets out of words of others, in whichever form they stand there, and cuts words that are too many.
func (s *state) hide(words string) string {
	long := make([]redact.Secret, len(s.whole.secrets))
	for i, secret := range s.whole.secrets {
		long[i] = redact.Secret(secret)
	}
	words = redact.NewSet(long).Text(words)
	for _, secret := range s.whole.secrets {
		if len(secret.Value) >= 4 && len(secret.Value) < redact.Shortest { // what is shorter stands in every text
			words = strings.ReplaceAll(words, secret.Value, "…")
		}
	}
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "") + "…"
	}
	return words
}

const maxWords = 600 // bytes of a cause

// title names the connection for people.
func (m *member) title() string {
	if m.key.Instance == "" {
		return fmt.Sprintf("the connection %q, which all instances of %s share,", m.key.Name, m.key.Integration)
	}
	return fmt.Sprintf("the connection %q of %s", m.key.Name, m.key.Instance)
}
