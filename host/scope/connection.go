package scope

import (
	"context"
	"net/http"
	"net/url"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Credentials finds what calls of code are made with.
type Credentials interface {
	// Credential gives the credential of a connection that the integration declares, as the target's instance has it now. Where
	// there is none, the fault says why, by the connection's name, and what to do.
	Credential(ctx context.Context, target *integration.Target, name string) (Credential, error)
}

// Credential is what a connection shows to the services that it is for.
type Credential interface {
	// Allows tells whether the credential may be sent to a URL.
	Allows(target *url.URL) bool
	// Hosts tells people what Allows lets through, as integration.yaml has it.
	Hosts() []string
	// Add puts the credential into a request that is about to be sent with a body. A header or parameter of a name that the
	// credential has itself is replaced; what else the request has stays.
	Add(ctx context.Context, request *http.Request, body []byte) error
	// Again is asked when the service did not accept the credential. It gives a newer one, or nil if there is none to be had.
	Again(ctx context.Context) (Credential, error)
	// Secrets are all secrets of the connection.
	Secrets() []Secret
}

// Secret is a secret of a connection, by a name as in "Shop API.apiKey".
type Secret struct {
	Name  string
	Value string
}

// loans are the credentials that a call may show: of the connection that it names, and where code has handles in place of secrets,
// of those whose handles it holds. The fault says which of them may not go to the call's URL.
func (s *Scope) loans(ctx context.Context, outbound *http.Request, request *hostapi.FetchRequest) ([]*loan, error) {
	var loans []*loan
	if request.Connection != "" {
		if err := declared(s.execution.Target.Integration, request.Connection); err != nil {
			return nil, err
		}
		named, err := s.loan(ctx, request.Connection)
		if err != nil {
			return nil, err
		}
		named.shows, named.renews = true, true
		loans = append(loans, named)
	}
	if s.execution.Target.Integration.HidesSecrets {
		var err error
		if loans, err = s.handled(ctx, loans, outbound, request.Body); err != nil {
			return nil, err
		}
	}
	for _, one := range loans {
		if err := one.allowed(outbound.URL); err != nil {
			return nil, err
		}
	}
	return loans, nil
}

// loan gives a declared connection's credential.
func (s *Scope) loan(ctx context.Context, name string) (*loan, error) {
	if s.shared.Credentials == nil {
		return nil, fault.New(fault.Host, fault.Unavailable, "the connection %q cannot be used: this host keeps no connections", name)
	}
	target := &s.execution.Target
	credential, err := s.shared.Credentials.Credential(ctx, target, name)
	if err != nil {
		return nil, err
	}
	made := &loan{name: name}
	if target.Integration.HidesSecrets {
		made.handle = s.handles(name)
	}
	made.lend(credential)
	return made, nil
}

// declared refuses a name that is no connection's.
func declared(of *integration.Integration, name string) error {
	var known []string
	for _, variable := range of.ConfigVars {
		switch {
		case variable.Type == integration.VarConnection:
			known = append(known, variable.Name)
			if variable.Name == name {
				return nil
			}
		case variable.Name == name:
			return fault.New(fault.Host, fault.Refused, "%q is no connection, but a config variable of type %s", name, variable.Type)
		}
	}
	if known == nil {
		return fault.New(fault.Host, fault.Refused, "there is no connection %q: the integration declares none", name)
	}
	return fault.New(fault.Host, fault.Refused, "there is no connection %q%s", name, document.DidYouMean(name, known))
}
