package connection_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	fields := connection.Values{"apiKey": "k{ey}", "username": "Aladdin", "password": "open sesame", "empty": ""}
	token := []byte(`{"access_token": "at", "expires_in": 3600, "team": {"id": "T1"}, "list": [1], "null": null, "flag": true}`)
	for text, want := range map[string]struct {
		filled string
		there  bool
	}{
		"":                                   {"", true},
		"plain":                              {"plain", true},
		"{apiKey}":                           {"k{ey}", true},
		"Key {apiKey}, {username}":           {"Key k{ey}, Aladdin", true},
		"Basic {basic username password}":    {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", true},
		"Bearer {token.access_token}":        {"Bearer at", true},
		"{token.team.id}/{token.expires_in}": {"T1/3600", true},
		"{{}} {{apiKey}}":                    {"{} {apiKey}", true},
		"{{{apiKey}}}":                       {"{k{ey}}", true},
		"Basic {basic username empty}":       {"", false},
		"{empty}":                            {"", false},
		"{missing}":                          {"", false},
		"{token.missing}":                    {"", false},
		"{token.missing.id}":                 {"", false},
		"{token.list}":                       {"", false},
		"{token.null}":                       {"", false},
		"{token.flag}":                       {"", false},
	} {
		template, err := connection.ParseTemplate(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		filled, there := template.Fill(fields, token)
		if filled != want.filled || there != want.there {
			t.Errorf("%q gives %q, %t, want %q, %t", text, filled, there, want.filled, want.there)
		}
		if _, without := template.Fill(fields, nil); without && template.NeedsToken() {
			t.Errorf("%q is filled without a token", text)
		}
	}
}

func TestTemplateNeeds(t *testing.T) {
	t.Parallel()
	template, err := connection.ParseTemplate("{a} {basic b a} {token.access_token} {{c}}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, template.Inputs()); diff != "" || !template.NeedsToken() {
		t.Errorf("token %t, inputs (-want +got):\n%s", template.NeedsToken(), diff)
	}
	if template, err = connection.ParseTemplate("x"); err != nil || template.Inputs() != nil || template.NeedsToken() {
		t.Errorf("a plain text needs %v, %t: %v", template.Inputs(), template.NeedsToken(), err)
	}
}

func TestTemplateProblems(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{apiKey":           "a brace is open",
		"apiKey}":           "a brace is open",
		"{":                 "a brace is open",
		"{}":                "{} is no place",
		"{a b}":             "{a b} is no place",
		"{basic a}":         "{basic a} is no place",
		"{a{b}}":            "{a{b} is no place",
		"{token.}":          "{token.} is no place",
		"{basic a b c}":     "{basic a b c} is no place",
		"x {{{{ {apiKey }}": "a brace is open",
	} {
		if _, err := connection.ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
}
