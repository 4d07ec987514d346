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

// sessions is the provider. It has no fields: what it needs comes with each call.
type sessions struct{}

func session() connection.Type {
	return connection.Type{
		Key: "session", Label: "Session", Comments: "Logs in, and sends the session with each request.",
		Inputs: []connection.Input{
			{Key: "loginUrl", Label: "Login URL", Required: true, Placeholder: "https://api.example.com/login"},
			{Key: "user", Label: "User", Required: true},
			{Key: "password", Label: "Password", Required: true, Secret: true},
		},
		Token: connection.Obtains, // Refresh makes the first one too
		Send:  connection.Send{Headers: []connection.Pair{{Key: "X-Session", Value: "{token.session}"}}},
	}
}

func (sessions) Describe(context.Context) (connection.Description, error) {
	return connection.Description{Types: []connection.Type{session()}}, nil
}

// Schema gives the inputs with what the integration has set, and finds options that there are not.
func (sessions) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	if declared.Type != session().Key {
		return connection.Schema{}, unsupported()
	}
	schema := connection.Schema{Inputs: session().Inputs, Send: session().Send}
	for i, input := range schema.Inputs {
		schema.Inputs[i].Default = declared.Fields[input.Key]
	}
	for key := range declared.Options {
		schema.Findings = append(schema.Findings, connection.Finding{Key: key, Message: "is not known: there are no options"})
	}
	return schema, nil
}

func (sessions) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if settings.Type != session().Key {
		return nil, unsupported()
	}
	if !strings.HasPrefix(settings.Fields["loginUrl"], "https://") && !strings.HasPrefix(settings.Fields["loginUrl"], "http://127.0.0.1:") {
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

func unsupported() error {
	return fault.New(fault.Engine, fault.Unsupported, "a session is opened by a login alone")
}

func (sessions) BeginAuthorize(context.Context, connection.Begin) (string, error) {
	return "", unsupported()
}

func (sessions) Exchange(context.Context, connection.Exchange) (connection.Token, error) {
	return connection.Token{}, unsupported()
}

func (sessions) Revoke(context.Context, connection.Settings, connection.Token) error {
	return unsupported()
}

func (sessions) Apply(context.Context, connection.Settings, connection.Token, connection.Request) (connection.Additions, error) {
	return connection.Additions{}, unsupported()
}
