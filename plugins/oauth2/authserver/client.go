package authserver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client is what a server knows of an application.
type Client struct {
	ID           string // set by Register
	Secret       string // set by Register
	RedirectURLs []string
	Grants       []string // authorization_code and refresh_token if empty
	AuthMethod   string   // client_secret_basic if empty; the plain server takes client_secret_post as well, whatever is said here
}

// Register makes a client known.
func (s *Server) Register(ctx context.Context, client Client) (Client, error) {
	if client.Grants == nil {
		client.Grants = []string{"authorization_code", "refresh_token"}
	}
	if client.AuthMethod == "" {
		client.AuthMethod = "client_secret_basic"
	}
	about := map[string]any{
		"redirect_uris": append([]string{}, client.RedirectURLs...), "grant_types": client.Grants, "token_endpoint_auth_method": client.AuthMethod,
		"response_types": responseTypes(client), "scope": "openid offline_access read write",
	}
	var known struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	text, err := json.Marshal(about)
	if err != nil {
		return Client{}, err
	}
	err = s.post(ctx, s.registerURL, "application/json", text, nil, &known)
	client.ID, client.Secret = known.ID, known.Secret
	return client, err
}

func responseTypes(client Client) []string {
	if len(client.RedirectURLs) == 0 {
		return []string{}
	}
	return []string{"code"}
}

// Introspect asks, as the client, whether a token is good (RFC 7662).
func (s *Server) Introspect(ctx context.Context, client Client, token string) (active bool, err error) {
	form := url.Values{"token": {token}}
	if client.AuthMethod == "client_secret_post" {
		form.Set("client_id", client.ID)
		form.Set("client_secret", client.Secret)
	}
	var answer struct {
		Active bool `json:"active"`
	}
	err = s.post(ctx, s.IntrospectURL, "application/x-www-form-urlencoded", []byte(form.Encode()), &client, &answer)
	return answer.Active, err
}

// onceOnly keeps no connection, so that no goroutine outlives a request.
func onceOnly() *http.Transport { return &http.Transport{DisableKeepAlives: true} }

func (s *Server) post(ctx context.Context, address, kind string, body []byte, client *Client, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", kind)
	if client != nil && client.AuthMethod != "client_secret_post" {
		request.SetBasicAuth(url.QueryEscape(client.ID), url.QueryEscape(client.Secret))
	}
	answer, err := (&http.Client{Transport: onceOnly()}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("%s answered %s: %s", address, answer.Status, strings.TrimSpace(string(text)))
	}
	return json.Unmarshal(text, into)
}
