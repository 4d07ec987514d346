// Package verify decides whether a caller may start a flow.
package verify

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Scheme is one way of showing that a caller may start a flow: a pure function of request, target and time. It passes
// what it is not set up to guard, and refuses with a fault of the code Unauthorized.
type Scheme func(request *integration.Request, target integration.Target, now time.Time) error

// Verifier holds the schemes, each of which must pass a request.
type Verifier struct{ schemes []Scheme }

// New makes a verifier of every scheme there is.
func New() *Verifier {
	return &Verifier{schemes: []Scheme{
		apiKey,
	}}
}

// Check lets a request through or gives the fault of the first scheme that refuses it.
func (v *Verifier) Check(request *integration.Request, target integration.Target, now time.Time) error {
	for _, scheme := range v.schemes {
		if err := scheme(request, target, now); err != nil {
			return err
		}
	}
	return nil
}
