// Package oauth2 is the provider of connections whose token an OAuth 2.0 authorization server gives.
//
// Its types are authorizationCode, where a person authorizes (RFC 6749 section 4.1, with PKCE, RFC 7636), and
// clientCredentials (section 4.4). Endpoints come from the inputs, from a preset, or from the authorization server's metadata; the
// client shows itself as is configured, never as is tried out.
package oauth2

import (
	"context"
	"time"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/metadata"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/preset"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// The types, as integration files name them.
const (
	AuthorizationCode = "authorizationCode"
	ClientCredentials = "clientCredentials"
)

type provider struct {
	connection.Unsupported

	presets  []preset.Preset
	about    connection.Description
	client   *endpoint.Client
	metadata *metadata.Reader
}

// New gives the provider. It remembers metadata of authorization servers for some minutes, and nothing else.
func New() connection.Provider {
	client := endpoint.New(endpoint.Limit)
	return &provider{presets: presets(), about: Description(), client: client, metadata: metadata.NewReader(client, time.Now)}
}

// presets are those of the file; that it can be read is what its tests prove.
func presets() []preset.Preset {
	all, _ := preset.All()
	return all
}

func (p *provider) Describe(context.Context) (connection.Description, error) { return p.about, nil }

func (p *provider) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	kind, err := p.about.Type(declared.Type)
	if err != nil {
		return connection.Schema{}, err
	}
	return schema(kind, preset.Find(p.presets, declared.Options[optionPreset]), declared), nil
}

func (p *provider) Validate(_ context.Context, settings connection.Settings) ([]connection.Finding, error) {
	if _, err := p.about.Type(settings.Type); err != nil {
		return nil, err
	}
	return judge(settings, preset.Find(p.presets, settings.Options[optionPreset])), nil
}

// service finds out what is known of a connection's authorization server.
func (p *provider) service(ctx context.Context, settings connection.Settings) (service, error) {
	if _, err := p.about.Type(settings.Type); err != nil {
		return service{}, err
	}
	made := service{preset: preset.Find(p.presets, settings.Options[optionPreset]), settings: settings}
	if issuer := settings.Options[optionDiscover]; issuer != "" {
		document, err := p.metadata.Read(ctx, issuer)
		if err != nil {
			return service{}, err
		}
		made.document, made.discovered = document, true
	}
	return made, nil
}

func misconfigured(format string, args ...any) error {
	return fault.New(fault.Downstream, fault.Misconfigured, format, args...)
}

// doubtful is of a redirect that the authorization server did not make.
func doubtful(format string, args ...any) error {
	return fault.New(fault.Downstream, fault.Protocol, format, args...)
}

func reauthorize(format string, args ...any) error {
	return fault.New(fault.Downstream, fault.Reauthorize, format, args...)
}
