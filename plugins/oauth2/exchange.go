package oauth2

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/veil"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const tokenEndpoint = "the token endpoint"

// Exchange redeems the code of a redirect (RFC 6749 section 4.1.3) after having seen that the redirect is of the authorization server
// that was asked (RFC 9207).
func (p *provider) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	if exchange.Settings.Type != AuthorizationCode {
		return p.Unsupported.Exchange(ctx, exchange)
	}
	server, err := p.service(ctx, exchange.Settings)
	if err != nil {
		return connection.Token{}, err
	}
	code, err := server.code(exchange.Parameters)
	if err != nil {
		return connection.Token{}, err
	}
	form, err := server.tokenForm()
	if err != nil {
		return connection.Token{}, err
	}
	form.Set("grant_type", "authorization_code")
	form.Set("code", code)
	form.Set("redirect_uri", exchange.RedirectURL)
	if server.provesKey() {
		form.Set("code_verifier", exchange.CodeVerifier)
	}
	token, err := p.ask(ctx, server, form)
	if err != nil {
		return connection.Token{}, err
	}
	token.Context = extras(exchange.Parameters)
	token.Renews = endpoint.Text(members(token), "refresh_token") != ""
	return token, nil
}

// code finds the code in what came back, or tells why there is none.
func (s service) code(parameters []connection.Pair) (string, error) {
	for _, name := range []string{"code", "iss", "error"} {
		if len(valuesOf(parameters, name)) > 1 {
			return "", doubtful("the redirect has %s twice, which no authorization server sends: authorize again", name)
		}
	}
	if err := s.checkIssuer(valuesOf(parameters, "iss")); err != nil {
		return "", err
	}
	if failed := valueOf(parameters, "error"); failed != "" {
		return "", s.declined(failed, parameters)
	}
	code := valueOf(parameters, "code")
	if code == "" {
		return "", reauthorize("the authorization server sent no code: authorize again")
	}
	return code, nil
}

// checkIssuer refuses the answer of another server than the one that was asked: its code would be redeemed at the wrong one, and its
// error says nothing of this one.
func (s service) checkIssuer(given []string) error {
	known := s.issuer()
	switch {
	case len(given) == 0 && s.document.SendsIssuer:
		return doubtful("the redirect has no iss, which %s sends with every one: it was not made by that server", known)
	case len(given) == 0 || known == "" || given[0] == known:
		return nil
	}
	return doubtful("the redirect is of the authorization server %q, and this connection is for %q: authorize again, and check the issuer if that does not help",
		veil.New().Words(given[0], 200), known)
}

// declined tells of an error in the redirect (RFC 6749 section 4.1.2.1).
func (s service) declined(code string, parameters []connection.Pair) error {
	hidden := veil.New(s.settings.Fields[clientSecret], valueOf(parameters, "code"))
	words := "the authorization server sent back " + hidden.Words(code, 80)
	if code == "access_denied" {
		words = "access was denied at the authorization server"
	}
	if description := hidden.Words(valueOf(parameters, "error_description"), 300); description != "" {
		words += ": " + description
	}
	return fault.New(fault.Downstream, endpoint.Classify(code), "%s", words)
}

// extras are the redirect's parameters that are not the protocol's, as code sees them in context: realmId, shop and the like.
func extras(parameters []connection.Pair) []byte {
	kept := map[string]string{}
	for _, each := range parameters {
		_, known := kept[each.Key]
		if !known && !slices.Contains([]string{"code", "state", "iss", "session_state", "error", "error_description", "error_uri"}, each.Key) {
			kept[each.Key] = each.Value
		}
	}
	if len(kept) == 0 {
		return nil
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return nil // strings alone: it does not fail
	}
	return text
}

func valuesOf(parameters []connection.Pair, name string) []string {
	var values []string
	for _, each := range parameters {
		if each.Key == name {
			values = append(values, each.Value)
		}
	}
	return values
}

func valueOf(parameters []connection.Pair, name string) string {
	if values := valuesOf(parameters, name); len(values) > 0 {
		return values[0]
	}
	return ""
}
