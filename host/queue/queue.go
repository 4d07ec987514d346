// Package queue admits an execution to the steps stage.
package queue

import (
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Admit lets a synchronous execution pass. An asynchronous one needs a durable queue, which this host does not have: it
// is refused with the code Unsupported before any code runs, so that nothing is promised that a crash could break.
func Admit(execution *integration.Execution) error {
	if Synchronous(execution.Target.Flow, execution.Request) {
		return nil
	}
	return fault.New(fault.Host, fault.Unsupported,
		"the flow %q is asynchronous, which this version cannot run: set `synchronous: true` on the flow, or send the header hookstep-synchronous: true",
		execution.Target.Flow.Name)
}

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
