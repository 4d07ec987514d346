package oauth2

import (
	"context"
	"encoding/json"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// longest is the longest life of a token that is believed. Services that write a longer one mean that it does not end.
const longest = 100 * 365 * 24 * time.Hour

// ask sends a token request. The token that comes back is all that the server said.
func (p *provider) ask(ctx context.Context, server service, form url.Values) (connection.Token, error) {
	address, err := server.tokenURL()
	if err != nil {
		return connection.Token{}, err
	}
	call, err := server.call(tokenEndpoint, address, server.authStyle(), form)
	if err != nil {
		return connection.Token{}, err
	}
	answer, err := p.client.Post(ctx, call)
	if err != nil {
		return connection.Token{}, err
	}
	lift(answer.Object, server.preset.TokenIn)
	if endpoint.Text(answer.Object, "access_token") == "" {
		if answer.Object == nil {
			return connection.Token{}, fault.New(fault.Downstream, fault.Unreachable, "%s: check the token URL if it stays so", answer.Said)
		}
		return connection.Token{}, fault.New(fault.Downstream, fault.Unreachable, "%s that has no access_token", answer.Said)
	}
	return tokenOf(answer.Object, answer.SentAt)
}

// lift puts a token that stands in a member of its own, as Slack's for a user, to where every other service has it.
func lift(object map[string]json.RawMessage, member string) {
	var nested map[string]json.RawMessage
	if member == "" || endpoint.Text(object, "access_token") != "" || json.Unmarshal(object[member], &nested) != nil {
		return
	}
	for _, key := range []string{"access_token", "refresh_token", "expires_in", "token_type", "scope"} {
		if value, found := nested[key]; found {
			object[key] = value
		}
	}
}

func tokenOf(object map[string]json.RawMessage, at time.Time) (connection.Token, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return connection.Token{}, fault.New(fault.Engine, fault.Internal, "a token response cannot be written")
	}
	token := connection.Token{Response: text, ObtainedAt: at}
	if life := lifeOf(object["expires_in"]); life > 0 {
		token.ExpiresAt = at.Add(life)
	} else if end, err := time.Parse(time.RFC3339, endpoint.Text(object, "expires_at")); err == nil && end.After(at) {
		token.ExpiresAt = end // as Square has it
	}
	return token, nil
}

// lifeOf reads expires_in, which comes as a number, as a text with one, or as something else. It is zero for a life that is not known:
// services write 0 or less for tokens that do not end.
func lifeOf(raw json.RawMessage) time.Duration {
	text := string(raw)
	if quoted := ""; json.Unmarshal(raw, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 || seconds > longest.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}

// members reads a token's response; nil if there is none.
func members(token connection.Token) map[string]json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(token.Response, &object) != nil {
		return nil
	}
	return object
}
