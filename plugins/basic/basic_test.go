package basic_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/basic"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func TestType(t *testing.T) {
	t.Parallel()
	want := connection.Type{
		Key: "basic", Label: "Basic Username/Password", Aliases: []string{"basicAuth"}, Comments: basic.Description().Types[0].Comments,
		Inputs: []connection.Input{
			{Key: "username", Label: "Username", Required: true}, {Key: "password", Label: "Password", Required: true, Secret: true},
		},
		Send: connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Basic {basic username password}"}}},
	}
	if diff := cmp.Diff([]connection.Type{want}, basic.Description().Types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	const canary = "canary-4711"
	for name, test := range map[string]struct{ username, password, key, words string }{
		"fine":                 {"ada", canary, "", ""},
		"spaces in a password": {"ada", " " + canary + " ", "", ""},
		"a colon in it":        {"ada", canary + ":x", "", ""},
		"other letters":        {"zoë", "pässwörd-" + canary, "", ""},
		"a colon in a name":    {canary + ":x", "secret", "username", "colon"},
		"no name":              {"", canary, "username", "is empty"},
		"a name of two lines":  {canary + "\nb", "secret", "username", "as one line"},
		"no password":          {"ada", "", "password", "is empty"},
		"a pasted line break":  {"ada", canary + "\n", "password", "as one line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := basic.New().Validate(t.Context(), connection.Settings{Type: basic.Type, Fields: connection.Values{"username": test.username, "password": test.password}})
			if err != nil {
				t.Fatal(err)
			}
			if test.key == "" {
				if len(findings) > 0 {
					t.Errorf("findings %v", findings)
				}
				return
			}
			if len(findings) != 1 || findings[0].Key != test.key || !strings.Contains(findings[0].Message, test.words) || strings.Contains(findings[0].Message, canary) {
				t.Errorf("findings %v, want one of %s with %q", findings, test.key, test.words)
			}
		})
	}
}
