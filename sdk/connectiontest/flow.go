package connectiontest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// callback is the redirect URL that the suite's host has. Nothing listens there: the suite goes no further than the redirect.
const callback = "http://127.0.0.1:9/oauth2/callback"

// begun is an authorization under way.
type begun struct {
	state, verifier string
	link            *url.URL
}

// begin has the provider build the URL, and looks at it as an authorization server would.
func (sc *scene) begin(ctx context.Context) (*begun, string) {
	canaries := sc.suite.secrets
	b := &begun{state: "state-" + nonsense, verifier: canaries.made("the code verifier") + "verifier"}
	link, err := sc.provider.BeginAuthorize(ctx, connection.Begin{
		Settings: sc.settings, RedirectURL: callback, State: b.state, CodeChallenge: challengeOf(b.verifier),
	})
	if err != nil {
		return nil, err.Error()
	}
	if b.link, err = url.Parse(link); err != nil {
		return nil, "the URL cannot be read"
	}
	query := b.link.Query()
	want := map[string]string{
		"response_type": "code", "redirect_uri": callback, "state": b.state,
		"code_challenge": challengeOf(b.verifier), "code_challenge_method": "S256",
	}
	if id, has := sc.settings.Fields[clientID]; has {
		want["client_id"] = id
	}
	for name, value := range want {
		if got := query[name]; !slices.Equal(got, []string{value}) {
			return nil, fmt.Sprintf("want %s in the URL to be %q, once, got %q", name, value, got)
		}
	}
	if at := b.link.Scheme + "://" + b.link.Host + b.link.Path; at != sc.settings.Fields[authorizeURL] {
		return nil, fmt.Sprintf("want the URL to be at %s, got %s", sc.settings.Fields[authorizeURL], at)
	}
	return b, ""
}

// agree has a person agree, and gives what the host exchanges.
func (sc *scene) agree(ctx context.Context, b *begun) (connection.Exchange, string) {
	answer, err := sc.server.consent(ctx, b.link.String())
	if err != nil {
		return connection.Exchange{}, err.Error()
	}
	answer.Del("state")
	exchange := connection.Exchange{Settings: sc.settings, RedirectURL: callback, CodeVerifier: b.verifier}
	for name, values := range answer {
		for _, value := range values {
			exchange.Parameters = append(exchange.Parameters, connection.Pair{Key: name, Value: value})
		}
	}
	return exchange, ""
}

// obtain comes to a first token as the type does.
func (sc *scene) obtain(ctx context.Context) (connection.Token, string) {
	if sc.of.Token == connection.Obtains {
		token, err := sc.provider.Refresh(ctx, sc.settings, connection.Token{})
		if err != nil {
			return token, err.Error()
		}
		return token, ""
	}
	b, reason := sc.begin(ctx)
	if reason != "" {
		return connection.Token{}, reason
	}
	exchange, reason := sc.agree(ctx, b)
	if reason != "" {
		return connection.Token{}, reason
	}
	token, err := sc.provider.Exchange(ctx, exchange)
	if err != nil {
		return token, err.Error()
	}
	return token, ""
}

// obtains: a first token comes whole: all members with all digits, its times, and the parameters of the redirect.
func (sc *scene) obtains(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	if reason := sc.judgeToken(token); reason != "" {
		return reason
	}
	if sc.of.Token != connection.Authorizes {
		return ""
	}
	var parameters map[string]string
	if json.Unmarshal(token.Context, &parameters) != nil || parameters["realmId"] != "9007199254740993" || parameters["shop"] != "Zoë & Söhne" {
		return "the context lacks parameters of the redirect, realmId and shop"
	}
	if _, has := parameters["code"]; has {
		return "the context holds the authorization code"
	}
	return ""
}

// judgeToken judges a token of the stand-in's usual answer.
func (sc *scene) judgeToken(token connection.Token) string {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(token.Response, &members); err != nil {
		return "the token's response is no JSON object"
	}
	for name, want := range map[string]string{"account_id": "9007199254740993", "instance_url": `"https://eu7.example.com"`, "token_type": `"Bearer"`} {
		if string(members[name]) != want {
			return fmt.Sprintf("want %s of the token to be %s, got %s", name, want, members[name])
		}
	}
	switch {
	case len(members["access_token"]) < shortest:
		return "the token has no access_token"
	case !near(token.ExpiresAt, time.Now().Add(time.Hour)):
		return fmt.Sprintf("it expires in 3600 seconds, but the token says %s", token.ExpiresAt)
	case !near(token.ObtainedAt, time.Now()):
		return fmt.Sprintf("it was obtained now, but the token says %s", token.ObtainedAt)
	case sc.of.Token == connection.Authorizes && !token.Renews: // of the others, all can be made anew
		return "it can be renewed, but the token says that it cannot"
	}
	return ""
}

// near tells whether two times are the same on a busy machine.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < time.Minute }

// member is a text of a token response.
func member(token connection.Token, name string) string {
	var members map[string]any
	_ = json.Unmarshal(token.Response, &members) // the wire lets no other through
	text, _ := members[name].(string)
	return text
}

// renews: a token makes another one, which makes the next; a type that obtains its tokens comes to new ones from nothing.
func (sc *scene) renews(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	for range 2 {
		if reason != "" {
			return reason
		}
		next, err := sc.provider.Refresh(ctx, sc.settings, token)
		switch {
		case err != nil:
			return err.Error()
		case member(next, "access_token") == member(token, "access_token"):
			return "the token after a refresh is the one before"
		}
		reason = sc.judgeToken(next)
		if reason == "" && !bytes.Equal(next.Context, token.Context) {
			reason = "the refresh loses the context of the first token"
		}
		token = next
	}
	return reason
}

// keeps: what the answer to a refresh leaves out stays as it was.
func (sc *scene) keeps(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	sc.server.leaveOut()
	next, err := sc.provider.Refresh(ctx, sc.settings, token)
	switch {
	case err != nil:
		return err.Error()
	case member(next, "refresh_token") != member(token, "refresh_token"):
		return "the refresh token is lost when an answer does not repeat it"
	case member(next, "access_token") == member(token, "access_token"):
		return "the token after a refresh is the one before"
	}
	return sc.judgeToken(next)
}

// usedUp: a refresh token that is no longer good means that a person has to authorize again.
func (sc *scene) usedUp(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	if _, err := sc.provider.Refresh(ctx, sc.settings, token); err != nil {
		return err.Error()
	}
	_, err := sc.provider.Refresh(ctx, sc.settings, token)
	return wants(err, fault.Reauthorize)
}

// wants judges the fault of a service.
func wants(err error, codes ...fault.Code) string {
	found := fault.As(err, fault.Engine)
	if err == nil || found.Source != fault.Downstream || !slices.Contains(codes, found.Code) {
		return fmt.Sprintf("want a fault of source %s and code %v, got %s", fault.Downstream, codes, brief(err))
	}
	return ""
}

// brief is an error with its kind.
func brief(err error) string {
	if err == nil {
		return "none"
	}
	found := fault.As(err, fault.Engine)
	return fmt.Sprintf("%s/%s: %s", found.Source, found.Code, found.Message)
}

// codesOnce: an authorization code with another verifier, or one that was used, gives no token.
func (sc *scene) codesOnce(ctx context.Context) string {
	b, reason := sc.begin(ctx)
	if reason != "" {
		return reason
	}
	exchange, reason := sc.agree(ctx, b)
	if reason != "" {
		return reason
	}
	wrong := exchange
	wrong.CodeVerifier += "x"
	if _, err := sc.provider.Exchange(ctx, wrong); wants(err, fault.Reauthorize, fault.Misconfigured) != "" {
		return "with another verifier: " + wants(err, fault.Reauthorize, fault.Misconfigured)
	}
	_, err := sc.provider.Exchange(ctx, exchange)
	return wants(err, fault.Reauthorize, fault.Misconfigured)
}

// denied: when the person did not agree, nothing is exchanged, and the fault tells what the server says.
func (sc *scene) denied(ctx context.Context) string {
	_, err := sc.provider.Exchange(ctx, connection.Exchange{
		Settings: sc.settings, RedirectURL: callback, CodeVerifier: sc.suite.secrets.made("the code verifier"),
		Parameters: []connection.Pair{{Key: "error", Value: "access_denied"}, {Key: "error_description", Value: "Ada said no"}},
	})
	if err == nil {
		return "there is a token without consent"
	}
	if asked := sc.server.grants(); len(asked) > 0 {
		return "it asks for a token without a code"
	}
	return wants(err, fault.Reauthorize, fault.Misconfigured)
}

// revokes: the token is revoked at the service, and revoking it again is no failure.
func (sc *scene) revokes(ctx context.Context) string {
	if sc.settings.Options[revokeURL] == "" && sc.settings.Fields[revokeURL] == "" {
		return string(NotOffered)
	}
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	for range 2 {
		if err := sc.provider.Revoke(ctx, sc.settings, token); err != nil {
			return err.Error()
		}
	}
	if !sc.server.hasRevoked(member(token, "access_token")) && !sc.server.hasRevoked(member(token, "refresh_token")) {
		return "the service was not told"
	}
	return ""
}

// sameURL: the URL of an authorization depends on what is given in, and on nothing else.
func (sc *scene) sameURL(ctx context.Context) string {
	begin := connection.Begin{Settings: sc.settings, RedirectURL: callback, State: "s", CodeChallenge: "c"}
	first, err := sc.provider.BeginAuthorize(ctx, begin)
	if err != nil {
		return err.Error()
	}
	second, err := sc.provider.BeginAuthorize(ctx, begin)
	if err != nil || !reflect.DeepEqual(first, second) {
		return "equal beginnings give different URLs"
	}
	return ""
}
