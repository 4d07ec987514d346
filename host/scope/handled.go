package scope

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/integration"
)

// ofTokens is how the names of a token's members begin.
const ofTokens = "token."

// handles gives the handles of a connection's secrets.
func (s *Scope) handles(connection string) func(field string) string {
	target := &s.execution.Target
	owner := handle.Owner{Integration: target.Integration.ID, Instance: string(target.Instance.Name), Connection: connection}
	return func(field string) string { return s.shared.Handles.Of(owner, field) }
}

// handled adds to loans the connections whose handles stand in a request. Handles of others, those of another instance among them,
// stay what they are: texts.
func (s *Scope) handled(ctx context.Context, loans []*loan, outbound *http.Request, body []byte) ([]*loan, error) {
	found := (&handle.Request{URL: outbound.URL, Headers: outbound.Header, Body: body}).Find()
	if found == nil {
		return loans, nil
	}
	var unsure []string
	for i := range s.execution.Target.Integration.ConfigVars {
		variable := &s.execution.Target.Integration.ConfigVars[i]
		if variable.Declaration == nil {
			continue
		}
		stands := standing(found, usualSecrets(variable.Declaration), s.handles(variable.Name))
		if stands == nil {
			unsure = append(unsure, variable.Name)
			continue
		}
		var err error
		if loans, err = s.with(ctx, loans, variable.Name, stands); err != nil {
			return nil, err
		}
	}
	return s.unusual(ctx, loans, found, unsure), nil
}

// usualSecrets are the fields that are known to be secret before the credential is.
func usualSecrets(declared *integration.Declaration) []string {
	fields := []string{ofTokens + "access_token", ofTokens + "refresh_token", ofTokens + "id_token"}
	for _, input := range declared.Type.Inputs {
		if input.Secret {
			fields = append(fields, input.Key)
		}
	}
	return fields
}

// standing gives those of the fields whose handles were found.
func standing(found, fields []string, of func(field string) string) []string {
	var stands []string
	for _, field := range fields {
		if slices.Contains(found, of(field)) {
			stands = append(stands, field)
		}
	}
	return stands
}

// with adds a connection to loans, unless it is one of them.
func (s *Scope) with(ctx context.Context, loans []*loan, name string, fields []string) ([]*loan, error) {
	at := slices.IndexFunc(loans, func(known *loan) bool { return known.name == name })
	if at < 0 {
		made, err := s.loan(ctx, name)
		if err != nil {
			return nil, err
		}
		at, loans = len(loans), append(loans, made)
	}
	if slices.ContainsFunc(fields, func(field string) bool { return strings.HasPrefix(field, ofTokens) }) {
		loans[at].renews = true
	}
	return loans, nil
}

// unusual looks for handles of what the provider of a connection put into its token beside the usual. One that cannot be used has none.
func (s *Scope) unusual(ctx context.Context, loans []*loan, found, names []string) []*loan {
	for _, name := range names {
		made, err := s.loan(ctx, name)
		if err != nil {
			continue
		}
		for stands := range made.handles {
			if slices.Contains(found, stands) && !slices.ContainsFunc(loans, func(known *loan) bool { return known.name == name }) {
				made.renews = true
				loans = append(loans, made)
			}
		}
	}
	return loans
}
