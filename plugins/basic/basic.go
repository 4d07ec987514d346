// Package basic is the provider of connections by user name and password.
package basic

import (
	"context"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Type is what integration files call it.
const Type = "basic"

const (
	username = "username"
	password = "password"
)

type provider struct{ connection.Unsupported }

// New gives the provider. It has no state.
func New() connection.Provider { return provider{} }

// Description lists the one type.
func Description() connection.Description {
	return connection.Description{Types: []connection.Type{{
		Key: Type, Label: "Basic Username/Password", Aliases: []string{"basicAuth"},
		Comments: "A user name and a password, sent as HTTP's Basic scheme has them unless the integration says otherwise.",
		Inputs: []connection.Input{
			{Key: username, Label: "Username", Required: true},
			{Key: password, Label: "Password", Required: true, Secret: true},
		},
		Send: connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Basic {basic username password}"}}},
	}}}
}

func (provider) Describe(context.Context) (connection.Description, error) { return Description(), nil }

func (provider) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	kind, err := Description().Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return kind.Schema(declared), nil
}

func (provider) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if _, err := Description().Type(settings.Type); err != nil {
		return nil, err
	}
	return judge(settings.Fields), nil
}

// judge keeps to RFC 7617: no colon in the name, no control characters. A password may begin and end with spaces.
func judge(fields connection.Values) []connection.Finding {
	var findings []connection.Finding
	find := func(key, message string) { findings = append(findings, connection.Finding{Key: key, Message: message}) }
	switch name := fields[username]; {
	case name == "":
		find(username, "is empty: fill in the user name")
	case strings.Contains(name, ":"):
		find(username, "holds a colon, which HTTP's Basic scheme does not allow in a user name")
	case connection.HasControl(name):
		find(username, "holds a line break or another control character: write it as one line")
	}
	switch secret := fields[password]; {
	case secret == "":
		find(password, "is empty: fill in the password")
	case connection.HasControl(secret):
		find(password, "holds a line break or another control character: paste it as one line")
	}
	return findings
}
