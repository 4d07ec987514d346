package sdk_test //nolint:testableexamples // Serve does not return; TestExampleProvider runs the example

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// A plugin for services that want a login and then, in each request, the session that it opens.
func Example_provider() {
	sdk.Serve(sdk.Plugin{Name: "session", Version: "1.0.0", Provider: sessions{}})
}

// sessions is the provider. It keeps nothing: what it needs comes with each call. What its type does not do is refused.
type sessions struct{ connection.Unsupported }

func offered() connection.Description {
	return connection.Description{Types: []connection.Type{{
		Key: "session", Label: "Session", Comments: "Logs in, and sends the session with each request.",
		Inputs: []connection.Input{
			{Key: "loginUrl", Label: "Login URL", Required: true, Placeholder: "https://api.example.com/login"},
			{Key: "user", Label: "User", Required: true},
			{Key: "password", Label: "Password", Required: true, Secret: true},
		},
		Token: connection.Obtains, // Refresh makes the first one too
		Send:  connection.Send{Headers: []connection.Pair{{Key: "X-Session", Value: "{token.session}"}}},
	}}}
}

func (sessions) Describe(context.Context) (connection.Description, error) { return offered(), nil }

// Schema gives the inputs with what the integration has set, and finds options that there are not.
func (sessions) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	of, err := offered().Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return of.Schema(declared), nil
}

func (sessions) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if _, err := offered().Type(settings.Type); err != nil {
		return nil, err
	}
	at := settings.Fields["loginUrl"]
	if !strings.HasPrefix(at, "https://") && !strings.HasPrefix(at, "http://127.0.0.1:") {
		return []connection.Finding{{Key: "loginUrl", Message: "is no URL to which a password may go: it begins with https://"}}, nil
	}
	return nil, nil
}

// Refresh logs in. The session before is of no use for that.
func (sessions) Refresh(ctx context.Context, settings connection.Settings, _ connection.Token) (connection.Token, error) {
	fields := settings.Fields
	form := url.Values{"user": {fields["user"]}, "password": {fields["password"]}}.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, fields["loginUrl"], strings.NewReader(form))
	if err != nil {
		return connection.Token{}, fault.New(fault.Downstream, fault.Misconfigured, "the login URL cannot be used")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the password goes nowhere else
	response, err := (&http.Client{CheckRedirect: stay}).Do(request)
	if err != nil {
		return connection.Token{}, unreachable(ctx)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return connection.Token{}, unreachable(ctx)
	}
	return read(response, body)
}

// read makes a token of the answer, or the fault that tells the host what to do. It repeats no text of the service.
func read(response *http.Response, body []byte) (connection.Token, error) {
	now := time.Now()
	if response.StatusCode >= http.StatusInternalServerError {
		later := fault.New(fault.Downstream, fault.Unreachable, "the login answers with %s", response.Status)
		later.RetryAfter = fault.RetryAfterText(response.Header.Get("Retry-After"), now)
		return connection.Token{}, later
	}
	var answer struct {
		Session string `json:"session"`
		Seconds int    `json:"seconds"`
	}
	if response.StatusCode != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Session == "" {
		return connection.Token{}, fault.New(fault.Downstream, fault.Misconfigured, "the login answers with %s and opens no session", response.Status)
	}
	return connection.Token{
		Response: body, ObtainedAt: now, ExpiresAt: now.Add(time.Duration(answer.Seconds) * time.Second), Renews: true,
	}, nil
}

func unreachable(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault.New(fault.Downstream, fault.Unreachable, "the login does not answer")
}
