package oauth2_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// The types are those of the code contract.
func TestTypes(t *testing.T) {
	t.Parallel()
	type input struct {
		Key, Label       string
		Required, Secret bool
		Kind             connection.Kind
	}
	shared := []input{
		{"tokenUrl", "Token URL", true, false, ""},
		{"scopes", "Scopes", false, false, ""},
		{"clientId", "Client ID", true, false, ""},
		{"clientSecret", "Client Secret", true, true, ""},
		{"headers", "Headers", false, false, connection.Pairs},
	}
	want := map[string][]input{
		"authorizationCode OAuth 2.0 Authorization Code": append([]input{{"authorizeUrl", "Authorize URL", true, false, ""}}, shared...),
		"clientCredentials OAuth 2.0 Client Credentials": shared,
	}
	got := map[string][]input{}
	for _, kind := range oauth2.Description().Types {
		for _, each := range kind.Inputs {
			got[kind.Key+" "+kind.Label] = append(got[kind.Key+" "+kind.Label], input{each.Key, each.Label, each.Required, each.Secret, each.Kind})
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}

func schemaOf(t *testing.T, kind string, options, fields connection.Values) connection.Schema {
	t.Helper()
	schema, err := oauth2.New().Schema(t.Context(), connection.Declared{Type: kind, Options: options, Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaOfAPreset(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, oauth2.AuthorizationCode, connection.Values{"preset": "shopify"}, connection.Values{"scopes": "read_orders"})
	got := map[string]string{}
	for _, input := range schema.Inputs {
		if input.Required || input.Default != "" {
			got[input.Key] = input.Default
		}
	}
	want := map[string]string{
		"shop": "", "authorizeUrl": "https://{shop}.myshopify.com/admin/oauth/authorize", "tokenUrl": "https://{shop}.myshopify.com/admin/oauth/access_token",
		"scopes": "read_orders", "clientId": "", "clientSecret": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if schema.Inputs[0].Key != "shop" || len(schema.Findings) > 0 || !slices.Equal(schema.Hosts, []string{"*.myshopify.com"}) {
		t.Errorf("first %s, findings %v, hosts %v", schema.Inputs[0].Key, schema.Findings, schema.Hosts)
	}
	if diff := cmp.Diff([]connection.Pair{{Key: "X-Shopify-Access-Token", Value: "{token.access_token}"}}, schema.Send.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestHostsOfAnInstance(t *testing.T) {
	t.Parallel()
	options := connection.Values{"preset": "gitlab-self-managed"}
	if hosts := schemaOf(t, oauth2.AuthorizationCode, options, nil).Hosts; hosts != nil {
		t.Errorf("hosts %v, although each instance has its own", hosts)
	}
	if hosts := schemaOf(t, oauth2.AuthorizationCode, options, connection.Values{"host": "git.example.com"}).Hosts; !slices.Equal(hosts, []string{"git.example.com"}) {
		t.Errorf("hosts %v", hosts)
	}
}

// With an issuer the metadata name the endpoints, and a client without secret does not need one.
func TestWhatIsNotRequired(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t, oauth2.AuthorizationCode, connection.Values{"discover": "https://auth.example.com", "authStyle": "none"}, nil)
	for _, input := range schema.Inputs {
		if input.Required != (input.Key == "clientId") {
			t.Errorf("%s is required: %t", input.Key, input.Required)
		}
	}
}

func TestFindingsOfADeclaration(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind            string
		options, fields connection.Values
		key, words      string // of the one finding; none if empty
	}{
		"none":                     {oauth2.AuthorizationCode, connection.Values{"preset": "github"}, connection.Values{"scopes": "repo"}, "", ""},
		"an unknown preset":        {oauth2.AuthorizationCode, connection.Values{"preset": "gihtub"}, nil, "preset", "is none of"},
		"a preset without people":  {oauth2.AuthorizationCode, connection.Values{"preset": "paypal"}, nil, "preset", "is none of"},
		"an unknown option":        {oauth2.AuthorizationCode, connection.Values{"prest": "github"}, nil, "prest", "is no option"},
		"an unknown input":         {oauth2.AuthorizationCode, nil, connection.Values{"scope": "a"}, "scope", "is no input"},
		"a secret in the files":    {oauth2.AuthorizationCode, nil, connection.Values{"clientSecret": "canary"}, "clientSecret", "leave it out of the integration's files"},
		"parameters of the host":   {oauth2.AuthorizationCode, connection.Values{"authorizeParams": "State=a"}, nil, "authorizeParams", "sets State"},
		"parameters nobody reads":  {oauth2.AuthorizationCode, connection.Values{"tokenParams": "a=%zz"}, nil, "tokenParams", "cannot be read"},
		"a style that is none":     {oauth2.AuthorizationCode, connection.Values{"authStyle": "auto"}, nil, "authStyle", "is none of header, body, none"},
		"an issuer without https":  {oauth2.AuthorizationCode, connection.Values{"discover": "http://auth.example.com"}, nil, "discover", "is not encrypted"},
		"preset and issuer":        {oauth2.AuthorizationCode, connection.Values{"discover": "https://a.example", "preset": "google"}, nil, "discover", "beside a preset"},
		"a plain revocation URL":   {oauth2.ClientCredentials, connection.Values{"revokeUrl": "http://a.example"}, nil, "revokeUrl", "is not encrypted"},
		"people where nobody goes": {oauth2.ClientCredentials, connection.Values{"authorizeParams": "a=b"}, nil, "authorizeParams", "is no option"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFinding(t, schemaOf(t, test.kind, test.options, test.fields).Findings, test.key, test.words)
		})
	}
}

func wantFinding(t *testing.T, findings []connection.Finding, key, words string) {
	t.Helper()
	if key == "" {
		if len(findings) > 0 {
			t.Errorf("findings %v", findings)
		}
		return
	}
	if len(findings) != 1 || findings[0].Key != key || !strings.Contains(findings[0].Message, words) || strings.Contains(findings[0].Message, "canary") {
		t.Errorf("findings %v, want one of %s with %q", findings, key, words)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options        connection.Values
		field, value   string
		finding, words string
	}{
		"fine":                      {nil, "scopes", "read https://api/.default a:b", "", ""},
		"a plain URL":               {nil, "tokenUrl", "http://auth.example.com/token", "tokenUrl", "is not encrypted"},
		"a relative URL":            {nil, "authorizeUrl", "/authorize", "authorizeUrl", "is no absolute URL"},
		"a password in a URL":       {nil, "tokenUrl", "https://a:canary@auth.example.com", "tokenUrl", "user name or password"},
		"a pasted id":               {nil, "clientId", "id ", "clientId", "begins or ends"},
		"a pasted secret":           {nil, "clientSecret", "canary\n", "clientSecret", "begins or ends"},
		"a secret of two lines":     {nil, "clientSecret", "canary\ncanary", "clientSecret", "as one line"},
		"quoted scopes":             {nil, "scopes", `"read"`, "scopes", "without quotation marks"},
		"scopes in lines":           {nil, "scopes", "read\nwrite", "scopes", "line breaks"},
		"a header without name":     {nil, "headers", `[{"key":"","value":"canary"}]`, "headers", "whose name is none"},
		"a header of two lines":     {nil, "headers", `[{"key":"X-A","value":"canary\r\nX-B: c"}]`, "headers", "of X-A"},
		"no list":                   {nil, "headers", `canary`, "headers", "cannot be read"},
		"Host":                      {nil, "headers", `[{"key":"Host","value":"canary"}]`, "headers", "sets Host"},
		"Authorization":             {nil, "headers", `[{"key":"authorization","value":"canary"}]`, "headers", "sets authorization"},
		"Authorization beside body": {connection.Values{"authStyle": "body"}, "headers", `[{"key":"authorization","value":"canary"}]`, "", ""},
		"a shop's address":          {connection.Values{"preset": "shopify"}, "shop", "https://acme.myshopify.com", "shop", "write what stands before it"},
		"a shop's host":             {connection.Values{"preset": "shopify"}, "shop", "acme.myshopify.com", "shop", "ends with .myshopify.com, which is added"},
		"a shop's page":             {connection.Values{"preset": "shopify"}, "shop", "https://acme.myshopify.com/admin", "shop", "write it as in acme"},
		"an unknown data centre":    {connection.Values{"preset": "zoho"}, "server", "accounts.zoho.fr", "server", "is none of accounts.zoho.com"},
		"a preset's endpoint":       {connection.Values{"preset": "shopify"}, "tokenUrl", "https://{shop}.myshopify.com/token", "", ""},
		"braces without a preset":   {nil, "tokenUrl", "https://{shop}.myshopify.com/token", "tokenUrl", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields := connection.Values{"clientId": "id", "clientSecret": "secret"}
			fields[test.field] = test.value
			findings, err := oauth2.New().Validate(t.Context(), connection.Settings{Type: oauth2.AuthorizationCode, Options: test.options, Fields: fields})
			if err != nil {
				t.Fatal(err)
			}
			wantFinding(t, findings, test.finding, test.words)
		})
	}
}

func TestWhatATypeDoesNotDo(t *testing.T) {
	t.Parallel()
	provider := oauth2.New()
	settings := connection.Settings{Type: oauth2.ClientCredentials, Fields: connection.Values{"clientId": "id", "tokenUrl": "https://auth.example.com"}}
	_, begun := provider.BeginAuthorize(t.Context(), connection.Begin{Settings: settings})
	_, exchanged := provider.Exchange(t.Context(), connection.Exchange{Settings: settings})
	_, signed := provider.Apply(t.Context(), settings, connection.Token{}, connection.Request{})
	revoked := provider.Revoke(t.Context(), settings, oldToken())
	_, unknown := provider.Refresh(t.Context(), connection.Settings{Type: "oauth1"}, connection.Token{})
	for call, err := range map[string]error{"BeginAuthorize": begun, "Exchange": exchanged, "Apply": signed, "Revoke": revoked, "Refresh": unknown} {
		if !fault.Is(err, fault.Unsupported) {
			t.Errorf("%s gives %v", call, err)
		}
	}
	if revoked == nil || !strings.Contains(revoked.Error(), "at the service itself") {
		t.Errorf("revoking without an address: %v", revoked)
	}
}

// What cannot be renewed says who has to do what.
func TestWithoutRefreshToken(t *testing.T) {
	t.Parallel()
	settings := settingsOf("https://auth.example.com/token")
	for _, token := range []connection.Token{{}, {Response: []byte(`{"access_token":"a"}`)}} {
		_, err := oauth2.New().Refresh(t.Context(), settings, token)
		wantCode(t, err, fault.Reauthorize)
	}
}

// Errors in the redirect are told in words, and no code is sent.
func TestDeclined(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]fault.Code{
		"access_denied": fault.Reauthorize, "invalid_scope": fault.Misconfigured, "server_error": fault.Unreachable, "login_required": fault.Reauthorize, "": fault.Reauthorize,
	} {
		_, err := oauth2.New().Exchange(t.Context(), connection.Exchange{Settings: settingsOf("https://no..such.example"), Parameters: []connection.Pair{
			{Key: "error", Value: code}, {Key: "error_description", Value: "because\nof " + canarySecret},
		}})
		wantCode(t, err, want)
		if err == nil || strings.Contains(err.Error(), canarySecret) || code != "" && !strings.Contains(err.Error(), "because of [hidden]") {
			t.Errorf("%s: %v", code, err)
		}
	}
}
