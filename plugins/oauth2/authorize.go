package oauth2

import (
	"context"
	"maps"
	"net/url"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// BeginAuthorize gives the URL of the authorization request (RFC 6749 section 4.1.1, RFC 7636 section 4.3). The headers of the
// connection are not in it: a browser that is sent to a URL carries none.
func (p *provider) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	if begin.Settings.Type != AuthorizationCode {
		return p.Unsupported.BeginAuthorize(ctx, begin)
	}
	server, err := p.service(ctx, begin.Settings)
	if err != nil {
		return "", err
	}
	text, err := server.authorizeURL()
	if err != nil {
		return "", err
	}
	address, err := url.Parse(text)
	if err != nil {
		return "", misconfigured("%s is no URL", authorizeURL)
	}
	query, err := server.authorizeQuery(address.Query(), begin)
	if err != nil {
		return "", err
	}
	address.RawQuery = query.Encode()
	return address.String(), nil
}

// authorizeQuery: the address's own parameters, then the preset's, then the option's, and over them what the protocol says.
func (s service) authorizeQuery(query url.Values, begin connection.Begin) (url.Values, error) {
	for key, value := range s.preset.AuthorizeParams {
		query.Set(key, s.preset.Expand(value, s.settings.Fields))
	}
	added, err := url.ParseQuery(s.settings.Options[optionAuthorizeParams])
	if err != nil {
		return nil, misconfigured("the option %s cannot be read: write it as in key=value&key2=value2", optionAuthorizeParams)
	}
	maps.Copy(query, added)
	if audience := s.settings.Options[optionAudience]; audience != "" {
		query.Set("audience", audience)
	}
	if resources := s.resources(); len(resources) > 0 {
		query["resource"] = resources
	}
	if name, value := s.scope(); value != "" {
		query.Set(name, value)
	}
	query.Set("response_type", "code")
	query.Set("client_id", s.settings.Fields[clientID])
	query.Set("redirect_uri", begin.RedirectURL)
	query.Set("state", begin.State)
	if s.provesKey() {
		query.Set("code_challenge", begin.CodeChallenge)
		query.Set("code_challenge_method", "S256")
	}
	return query, nil
}
