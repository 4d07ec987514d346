package oauth2

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/metadata"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// How a client shows itself.
const (
	styleHeader = "header"
	styleBody   = "body"
	styleNone   = "none"
)

// service is an authorization server as one connection has it. What the connection sets counts before what the preset says, and that
// before the metadata.
type service struct {
	settings   connection.Settings
	preset     preset.Preset // zero without one
	document   metadata.Document
	discovered bool
}

func (s service) authorizeURL() (string, error) {
	return s.address(authorizeURL, s.settings.Fields[authorizeURL], s.preset.AuthorizeURL, s.document.AuthorizeURL)
}

func (s service) tokenURL() (string, error) {
	return s.address(tokenURL, s.settings.Fields[tokenURL], s.preset.TokenURL, s.document.TokenURL)
}

// revokeURL is empty for a service that is not known to have one.
func (s service) revokeURL() (string, error) {
	given := []string{s.settings.Options[optionRevokeURL], s.preset.RevokeURL, s.document.RevokeURL}
	if strings.Join(given, "") == "" {
		return "", nil
	}
	return s.address(optionRevokeURL, given...)
}

func (s service) address(name string, given ...string) (string, error) {
	for _, text := range given {
		if text == "" {
			continue
		}
		text = s.preset.Expand(text, s.settings.Fields)
		if err := endpoint.CheckURL(text); err != nil {
			return "", misconfigured("%s %s", name, err)
		}
		return text, nil
	}
	return "", misconfigured("%s is not known: fill it in, or have the integration name a preset or an issuer to discover", name)
}

func (s service) issuer() string {
	for _, known := range []string{s.settings.Options[optionIssuer], s.document.Issuer, s.preset.Issuer} {
		if known != "" {
			return known
		}
	}
	return ""
}

func (s service) authStyle() string {
	switch {
	case s.settings.Options[optionAuthStyle] != "":
		return s.settings.Options[optionAuthStyle]
	case s.settings.Fields[clientSecret] == "":
		return styleNone
	case s.preset.AuthStyle != "":
		return s.preset.AuthStyle
	case s.discovered && s.document.AuthMethods != nil:
		return styleOf(s.document.AuthMethods)
	}
	return styleHeader
}

// revokeStyle is the preset's own as long as nothing else is configured.
func (s service) revokeStyle() string {
	style := s.authStyle()
	if s.settings.Options[optionAuthStyle] == "" && style != styleNone && s.preset.RevokeStyle != "" {
		return s.preset.RevokeStyle
	}
	return style
}

// provesKey tells whether codes are bound to this host by PKCE. They always are, but at services that refuse it.
func (s service) provesKey() bool {
	return s.preset.PKCE != "none" || s.authStyle() == styleNone
}

// styleOf takes the first that the server offers of the two that have a secret.
func styleOf(methods []string) string {
	if !slices.Contains(methods, "client_secret_basic") && slices.Contains(methods, "client_secret_post") {
		return styleBody
	}
	return styleHeader
}

// scope is what is asked for, in the service's own way of writing it; the parameter's name comes with it.
func (s service) scope() (name, value string) {
	name, separator := s.preset.ScopeParam, s.preset.ScopeSeparator
	if name == "" {
		name = "scope"
	}
	if separator == "" {
		separator = " "
	}
	return name, strings.Join(strings.Fields(s.settings.Fields[scopes]), separator)
}

// resources are the URIs of RFC 8707.
func (s service) resources() []string { return strings.Fields(s.settings.Options[optionResource]) }

// tokenForm begins the body of a token request with what preset and options add. What the protocol says is set over it.
func (s service) tokenForm() (url.Values, error) {
	form := url.Values{}
	for key, value := range s.preset.TokenParams {
		form.Set(key, s.preset.Expand(value, s.settings.Fields))
	}
	added, err := url.ParseQuery(s.settings.Options[optionTokenParams])
	if err != nil {
		return nil, misconfigured("the option %s cannot be read: write it as in key=value&key2=value2", optionTokenParams)
	}
	maps.Copy(form, added)
	if resources := s.resources(); len(resources) > 0 {
		form["resource"] = resources
	}
	return form, nil
}

// call makes a request that shows the client in a style. The form is the call's own.
func (s service) call(name, address, style string, form url.Values) (endpoint.Call, error) {
	headers, err := s.headers()
	if err != nil {
		return endpoint.Call{}, err
	}
	id, secret := s.settings.Fields[clientID], s.settings.Fields[clientSecret]
	call := endpoint.Call{Name: name, URL: address, Form: form, JSON: s.preset.Body == "json", Headers: headers}
	call.Secrets = []string{secret, form.Get("code"), form.Get("refresh_token"), form.Get("code_verifier"), form.Get("token")}
	switch style {
	case styleHeader:
		call.Basic = url.UserPassword(id, secret)
	case styleBody:
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	default:
		form.Set("client_id", id)
	}
	return call, nil
}

func (s service) headers() ([]connection.Pair, error) {
	var all []connection.Pair
	for _, name := range slices.Sorted(maps.Keys(s.preset.Headers)) {
		all = append(all, connection.Pair{Key: name, Value: s.preset.Headers[name]})
	}
	given, err := s.settings.Fields.Pairs(headers)
	if err != nil {
		return nil, misconfigured("%s", err)
	}
	return append(all, given...), nil
}
