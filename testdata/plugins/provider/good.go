package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// good is a connection provider with a type of each kind.
type good struct{}

func types() []connection.Type {
	client := []connection.Input{
		{Key: "tokenUrl", Label: "Token URL", Required: true},
		{Key: "clientId", Label: "Client ID", Required: true},
		{Key: "clientSecret", Label: "Client Secret", Required: true, Secret: true},
	}
	bearer := connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Bearer {token.access_token}"}}}
	return []connection.Type{
		{
			Key: "plain", Label: "Plain", Comments: "A name, a password and more.", Aliases: []string{"simple"},
			Inputs: []connection.Input{
				{Key: "username", Label: "User name", Required: true},
				{Key: "password", Label: "Password", Required: true, Secret: true},
				{Key: "place", Label: "Place", Choices: []string{"eu", "us"}, Default: "eu"},
				{Key: "headers", Label: "Headers", Kind: connection.Pairs},
			},
			Options: []connection.Input{{Key: "style", Label: "Style", Choices: []string{"old", "new"}}},
			Send:    connection.Send{Headers: []connection.Pair{{Key: "Authorization", Value: "Basic {basic username password}"}}},
		},
		{
			Key: "person", Label: "Person", Comments: "A person agrees.", Token: connection.Authorizes, Revokes: true, Send: bearer,
			Inputs:  append([]connection.Input{{Key: "authorizeUrl", Label: "Authorize URL", Required: true}}, client...),
			Options: []connection.Input{{Key: "revokeUrl", Label: "Revoke URL"}},
		},
		{Key: "machine", Label: "Machine", Comments: "A program asks for itself.", Token: connection.Obtains, Inputs: client, Send: bearer},
		{
			Key: "signed", Label: "Signed", Comments: "Requests are signed.", Signs: true,
			Inputs: []connection.Input{{Key: "key", Label: "Key", Required: true, Secret: true}},
		},
	}
}

func unsupported() error {
	return fault.New(fault.Engine, fault.Unsupported, "this type of connection does not do that")
}

// find gives the type, if it does what is asked of it.
func find(key string, does func(connection.Type) bool) (connection.Type, error) {
	for _, of := range types() {
		if of.Key == key && does(of) {
			return of, nil
		}
	}
	return connection.Type{}, unsupported()
}

func anyType(connection.Type) bool { return true }

// Describe implements connection.Provider.
func (good) Describe(context.Context) (connection.Description, error) {
	return connection.Description{Types: types()}, nil
}

// Schema implements connection.Provider.
func (good) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	of, err := find(declared.Type, anyType)
	if err != nil {
		return connection.Schema{}, err
	}
	schema := connection.Schema{Inputs: of.Inputs, Send: of.Send}
	for _, key := range slices.Sorted(maps.Keys(declared.Options)) {
		at := slices.IndexFunc(of.Options, func(option connection.Input) bool { return option.Key == key })
		if at < 0 || len(of.Options[at].Choices) > 0 && !slices.Contains(of.Options[at].Choices, declared.Options[key]) {
			schema.Findings = append(schema.Findings, connection.Finding{Key: key, Message: "is none of the options or choices"})
		}
	}
	for i := range schema.Inputs {
		if value, set := declared.Fields[schema.Inputs[i].Key]; set {
			schema.Inputs[i].Default = value
		}
	}
	return schema, nil
}

// Validate implements connection.Provider.
func (good) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	of, err := find(settings.Type, anyType)
	if err != nil {
		return nil, err
	}
	var findings []connection.Finding
	for _, input := range of.Inputs {
		value, given := settings.Fields[input.Key]
		_, err := settings.Fields.Pairs(input.Key)
		if given && (len(input.Choices) > 0 && !slices.Contains(input.Choices, value) || input.Kind == connection.Pairs && err != nil) {
			findings = append(findings, connection.Finding{Key: input.Key, Message: "is none of the choices, or no list"})
		}
	}
	return findings, nil
}

// BeginAuthorize implements connection.Provider.
func (good) BeginAuthorize(_ context.Context, begin connection.Begin) (string, error) {
	if _, err := find(begin.Settings.Type, func(of connection.Type) bool { return of.Token == connection.Authorizes }); err != nil {
		return "", err
	}
	query := url.Values{
		"response_type": {"code"}, "client_id": {begin.Settings.Fields["clientId"]}, "redirect_uri": {begin.RedirectURL},
		"state": {begin.State}, "code_challenge": {begin.CodeChallenge}, "code_challenge_method": {"S256"},
	}
	return begin.Settings.Fields["authorizeUrl"] + "?" + query.Encode(), nil
}

// Apply implements connection.Provider.
func (good) Apply(
	_ context.Context, settings connection.Settings, _ connection.Token, request connection.Request,
) (connection.Additions, error) {
	if _, err := find(settings.Type, func(of connection.Type) bool { return of.Signs }); err != nil {
		return connection.Additions{}, err
	}
	sum := hmac.New(sha256.New, []byte(settings.Fields["key"]))
	fmt.Fprintf(sum, "%s %s\n%d\n", request.Method, request.URL, request.At.UnixMicro())
	sum.Write(request.Body)
	return connection.Additions{Headers: []hostapi.Header{{Name: "X-Signature", Value: hex.EncodeToString(sum.Sum(nil))}}}, nil
}
