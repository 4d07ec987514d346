// Command aws-signature is a connection provider for services that want AWS Signature Version 4: AWS itself, and all that
// speaks like S3.
package main

import (
	"context"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func main() {
	sdk.Serve(sdk.Plugin{Name: "aws-signature", Version: "1.0.0", Provider: provider{}})
}

// The keys of the inputs.
const (
	accessKeyID     = "accessKeyId"
	secretAccessKey = "secretAccessKey"
	sessionToken    = "sessionToken"
	region          = "region"
	service         = "service"
)

func offered() connection.Description {
	return connection.Description{Types: []connection.Type{{
		Key: "awsSignature", Label: "AWS Signature", Signs: true,
		Comments: "Signs each request with an access key of AWS, or of a service that is compatible with it (Signature Version 4).",
		Inputs: []connection.Input{
			{Key: accessKeyID, Label: "Access key ID", Required: true, Placeholder: "AKIDEXAMPLE"},
			{Key: secretAccessKey, Label: "Secret access key", Required: true, Secret: true},
			{Key: sessionToken, Label: "Session token", Comments: "Comes with temporary access keys.", Secret: true},
			{Key: region, Label: "Region", Required: true, Placeholder: "us-east-1"},
			{Key: service, Label: "Service", Comments: "As it stands in the signature.", Required: true, Placeholder: "execute-api"},
		},
	}}}
}

// provider is the connection provider. It has no state, everything comes with each call; what its type does not do is refused.
type provider struct{ connection.Unsupported }

// Describe implements connection.Provider.
func (provider) Describe(context.Context) (connection.Description, error) { return offered(), nil }

// Schema implements connection.Provider.
func (provider) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	of, err := offered().Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return of.Schema(declared), nil
}

// Validate implements connection.Provider. None of the inputs has a space in it; most that do were copied with too much.
func (provider) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	of, err := offered().Type(settings.Type)
	if err != nil {
		return nil, err
	}
	var findings []connection.Finding
	for _, input := range of.Inputs {
		value := settings.Fields[input.Key]
		switch {
		case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }):
			findings = append(findings, connection.Finding{Key: input.Key, Message: "holds a space, or another character that none has"})
		case !input.Secret && strings.ContainsAny(value, "/,="):
			findings = append(findings, connection.Finding{Key: input.Key, Message: "holds a character that separates parts of the signature"})
		}
	}
	return findings, nil
}

// Apply implements connection.Provider.
func (provider) Apply(
	_ context.Context, settings connection.Settings, _ connection.Token, request connection.Request,
) (connection.Additions, error) {
	if _, err := offered().Type(settings.Type); err != nil {
		return connection.Additions{}, err
	}
	added := []hostapi.Header{{Name: "X-Amz-Date", Value: request.At.UTC().Format(stamp)}}
	if token := settings.Fields[sessionToken]; token != "" {
		added = append(added, hostapi.Header{Name: "X-Amz-Security-Token", Value: token})
	}
	if settings.Fields[service] == s3 {
		added = append(added, hostapi.Header{Name: "X-Amz-Content-Sha256", Value: digest(request.Body)})
	}
	authorization := authorize(settings.Fields, request, added)
	return connection.Additions{Headers: append(added, hostapi.Header{Name: "Authorization", Value: authorization})}, nil
}
