package connectiontest

import (
	"context"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// listening is a provider that is overheard: what people may see of its answers goes to told.
type listening struct {
	inner connection.Provider
	told  *told
}

var _ connection.Provider = listening{}

func (l listening) Describe(ctx context.Context) (connection.Description, error) {
	answer, err := l.inner.Describe(ctx)
	l.told.add("Describe", answer, err)
	return answer, err
}

func (l listening) Schema(ctx context.Context, declared connection.Declared) (connection.Schema, error) {
	answer, err := l.inner.Schema(ctx, declared)
	l.told.add("Schema", answer, err)
	return answer, err
}

func (l listening) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	answer, err := l.inner.Validate(ctx, settings)
	l.told.add("Validate", answer, err)
	return answer, err
}

// BeginAuthorize implements connection.Provider. The URL goes through a browser and its history.
func (l listening) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	answer, err := l.inner.BeginAuthorize(ctx, begin)
	l.told.add("BeginAuthorize", answer, err)
	return answer, err
}

func (l listening) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	answer, err := l.inner.Exchange(ctx, exchange)
	l.told.add("Exchange", nil, err)
	return answer, err
}

func (l listening) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	answer, err := l.inner.Refresh(ctx, settings, token)
	l.told.add("Refresh", nil, err)
	return answer, err
}

func (l listening) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	err := l.inner.Revoke(ctx, settings, token)
	l.told.add("Revoke", nil, err)
	return err
}

func (l listening) Apply(
	ctx context.Context, settings connection.Settings, token connection.Token, request connection.Request,
) (connection.Additions, error) {
	answer, err := l.inner.Apply(ctx, settings, token, request)
	l.told.add("Apply", nil, err)
	return answer, err
}
