// Package queue decides when an execution runs.
//
// All of it is rules: whether the caller waits, which lanes an execution takes, under which keys it is known, what follows a
// failed try. The store keeps what was decided.
package queue

import (
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// Synchronous tells whether the caller waits for the result: as the request header hookstep-synchronous (or
// prismatic-synchronous, if that one is not there) says with true or false, else as the flow is set.
func Synchronous(flow *integration.Flow, request *integration.Request) bool {
	for _, name := range [...]string{"hookstep-synchronous", "prismatic-synchronous"} {
		switch strings.ToLower(request.Header(name)) {
		case "true":
			return true
		case "false":
			return false
		}
	}
	return flow.Synchronous
}
