package connection

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Unsupported answers every call of a Provider but Describe, Schema and Validate with a fault of code unsupported. A provider embeds
// it and writes what its types do.
type Unsupported struct{}

// BeginAuthorize is refused.
func (Unsupported) BeginAuthorize(_ context.Context, begin Begin) (string, error) {
	return "", refuse(begin.Settings.Type, "is authorized by a person")
}

// Exchange is refused.
func (Unsupported) Exchange(_ context.Context, exchange Exchange) (Token, error) {
	return Token{}, refuse(exchange.Settings.Type, "is authorized by a person")
}

// Refresh is refused.
func (Unsupported) Refresh(_ context.Context, settings Settings, _ Token) (Token, error) {
	return Token{}, refuse(settings.Type, "has a token")
}

// Revoke is refused.
func (Unsupported) Revoke(_ context.Context, settings Settings, _ Token) error {
	return refuse(settings.Type, "has a token that could be revoked")
}

// Apply is refused.
func (Unsupported) Apply(_ context.Context, settings Settings, _ Token, _ Request) (Additions, error) {
	return Additions{}, refuse(settings.Type, "signs requests")
}

func refuse(kind, what string) error {
	return fault.New(fault.Host, fault.Unsupported, "no connection of type %s %s", kind, what)
}
