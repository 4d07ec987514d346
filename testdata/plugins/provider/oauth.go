package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Exchange implements connection.Provider.
func (good) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	if _, err := find(exchange.Settings.Type, func(of connection.Type) bool { return of.Token == connection.Authorizes }); err != nil {
		return connection.Token{}, err
	}
	given := map[string]string{}
	for _, parameter := range exchange.Parameters {
		given[parameter.Key] = parameter.Value
	}
	if given["code"] == "" {
		return connection.Token{}, fault.New(fault.Downstream, fault.Reauthorize, "the service gives no access (%.40q): authorize again", given["error"])
	}
	token, err := ask(ctx, exchange.Settings, url.Values{
		"grant_type": {"authorization_code"}, "code": {given["code"]}, "redirect_uri": {exchange.RedirectURL}, "code_verifier": {exchange.CodeVerifier},
	}, connection.Token{})
	for _, standard := range []string{"code", "iss"} {
		delete(given, standard)
	}
	if err == nil && len(given) > 0 {
		token.Context, err = json.Marshal(given)
	}
	return token, err
}

// Refresh implements connection.Provider.
func (good) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	of, err := find(settings.Type, func(of connection.Type) bool { return of.Token != connection.Static })
	if err != nil {
		return connection.Token{}, err
	}
	if of.Token == connection.Obtains {
		made, err := ask(ctx, settings, url.Values{"grant_type": {"client_credentials"}}, connection.Token{})
		made.Renews = err == nil
		return made, err
	}
	return ask(ctx, settings, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text(members(token), "refresh_token")}}, token)
}

// Revoke implements connection.Provider.
func (good) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	if _, err := find(settings.Type, func(of connection.Type) bool { return of.Revokes }); err != nil {
		return err
	}
	_, _, err := post(ctx, settings, settings.Options["revokeUrl"], url.Values{"token": {text(members(token), "refresh_token")}})
	return err
}

func members(token connection.Token) map[string]json.RawMessage {
	found := map[string]json.RawMessage{}
	_ = json.Unmarshal(token.Response, &found)
	return found
}

func text(of map[string]json.RawMessage, name string) string {
	var value string
	_ = json.Unmarshal(of[name], &value)
	return value
}

// ask makes a token request; what the answer leaves out is taken over from the token before.
func ask(ctx context.Context, settings connection.Settings, form url.Values, before connection.Token) (connection.Token, error) {
	now := time.Now()
	response, body, err := post(ctx, settings, settings.Fields["tokenUrl"], form)
	if err != nil {
		return connection.Token{}, err
	}
	answer := map[string]json.RawMessage{}
	if json.Unmarshal(body, &answer) != nil || text(answer, "access_token") == "" {
		return connection.Token{}, refusal(response, answer)
	}
	kept := members(before)
	delete(kept, "expires_in")
	maps.Copy(kept, answer)
	token := connection.Token{Context: before.Context, ObtainedAt: now, Renews: kept["refresh_token"] != nil}
	if seconds, err := strconv.Atoi(strings.Trim(string(kept["expires_in"]), `"`)); err == nil {
		token.ExpiresAt = now.Add(time.Duration(seconds) * time.Second)
	}
	token.Response, err = json.Marshal(kept)
	return token, err
}

// refusal says what an answer without a token means. It repeats nothing of it but the code.
func refusal(response *http.Response, answer map[string]json.RawMessage) error {
	switch code := text(answer, "error"); {
	case code == "invalid_grant":
		return fault.New(fault.Downstream, fault.Reauthorize, "the grant is gone: authorize again")
	case response.StatusCode >= http.StatusInternalServerError:
		later := fault.New(fault.Downstream, fault.Unreachable, "the service answers with %d", response.StatusCode)
		later.RetryAfter = fault.RetryAfterText(response.Header.Get("Retry-After"), time.Now())
		return later
	default:
		return fault.New(fault.Downstream, fault.Misconfigured, "the service answers with %d and no token", response.StatusCode)
	}
}

func post(ctx context.Context, settings connection.Settings, to string, form url.Values) (*http.Response, []byte, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, nil, fault.New(fault.Downstream, fault.Misconfigured, "the address of the service cannot be read")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(settings.Fields["clientId"]), url.QueryEscape(settings.Fields["clientSecret"]))
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, unreachable(ctx)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 2<<20))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, nil, unreachable(ctx)
	}
	return response, body, nil
}

func unreachable(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault.New(fault.Downstream, fault.Unreachable, "the service does not answer")
}
