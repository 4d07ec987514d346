package apikey_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	const canary = "canary-4711"
	for name, test := range map[string]struct {
		kind   string
		fields connection.Values
		want   map[string]string // a part of the message by key
	}{
		"a key":                 {apikey.Key, connection.Values{"apiKey": canary}, nil},
		"a key with its secret": {apikey.KeySecret, connection.Values{"apiKey": "id", "apiSecret": canary}, nil},
		"a pasted line break":   {apikey.Key, connection.Values{"apiKey": canary + "\n"}, map[string]string{"apiKey": "begins or ends"}},
		"two lines":             {apikey.Key, connection.Values{"apiKey": canary + "\r\n" + canary}, map[string]string{"apiKey": "as one line"}},
		"nothing":               {apikey.Key, connection.Values{"apiKey": ""}, map[string]string{"apiKey": "is empty"}},
		"key and secret in one": {apikey.KeySecret, connection.Values{"apiKey": "id:" + canary, "apiSecret": " " + canary}, map[string]string{"apiKey": "colon", "apiSecret": "begins or ends"}},
		"a colon in a key":      {apikey.Key, connection.Values{"apiKey": "id:" + canary}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			findings, err := apikey.New().Validate(t.Context(), connection.Settings{Type: test.kind, Fields: test.fields})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, finding := range findings {
				got[finding.Key] = finding.Message
				if strings.Contains(finding.Message, canary) {
					t.Errorf("the message for %s shows the value", finding.Key)
				}
			}
			if len(got) != len(test.want) {
				t.Fatalf("findings %v, want %v", got, test.want)
			}
			for key, part := range test.want {
				if !strings.Contains(got[key], part) {
					t.Errorf("%s: %q, want %q in it", key, got[key], part)
				}
			}
		})
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	schema, err := apikey.New().Schema(t.Context(), connection.Declared{Type: apikey.KeySecret, Fields: connection.Values{"apiKey": "public"}})
	if err != nil {
		t.Fatal(err)
	}
	type input struct {
		Key, Label, Default string
		Required, Secret    bool
	}
	var got []input
	for _, each := range schema.Inputs {
		got = append(got, input{each.Key, each.Label, each.Default, each.Required, each.Secret})
	}
	want := []input{{"apiKey", "API Key", "public", true, false}, {"apiSecret", "API Secret", "", true, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]connection.Pair{{Key: "Authorization", Value: "Basic {basic apiKey apiSecret}"}}, schema.Send.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestWhatItDoesNotDo(t *testing.T) {
	t.Parallel()
	provider, settings := apikey.New(), connection.Settings{Type: apikey.Key}
	_, refreshed := provider.Refresh(t.Context(), settings, connection.Token{})
	_, signed := provider.Apply(t.Context(), settings, connection.Token{}, connection.Request{})
	_, begun := provider.BeginAuthorize(t.Context(), connection.Begin{Settings: settings})
	_, exchanged := provider.Exchange(t.Context(), connection.Exchange{Settings: settings})
	_, unknown := provider.Validate(t.Context(), connection.Settings{Type: "apikey"})
	_, undeclared := provider.Schema(t.Context(), connection.Declared{})
	for call, err := range map[string]error{
		"Refresh": refreshed, "Apply": signed, "BeginAuthorize": begun, "Exchange": exchanged, "Validate": unknown, "Schema": undeclared,
		"Revoke": provider.Revoke(t.Context(), settings, connection.Token{}),
	} {
		if !fault.Is(err, fault.Unsupported) {
			t.Errorf("%s gives %v", call, err)
		}
	}
}
