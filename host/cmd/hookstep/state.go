package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
)

func newState(self *app) *cobra.Command {
	group := &cobra.Command{
		Use:   "state",
		Short: "See and change what flows remember",
		Long: "A state belongs to an OWNER: INTEGRATION (integrationState), INTEGRATION/INSTANCE (crossFlowState), or\n" +
			"INTEGRATION/INSTANCE/FLOW (instanceState).",
		Args: cobra.NoArgs,
	}
	group.AddCommand(newStateList(self), newStateGet(self), newStateSet(self), newStateDelete(self))
	return group
}

// stateOwner reads INTEGRATION[/INSTANCE[/FLOW]]; each may be a name or its form in URLs.
func stateOwner(text string) (wire.StateOwner, error) {
	parts := strings.Split(text, "/")
	for i, part := range parts {
		if parts[i] = string(integration.SlugOf(part)); parts[i] == "" || i > 2 {
			return wire.StateOwner{}, usagef("%q is nobody who has a state: write INTEGRATION, INTEGRATION/INSTANCE or INTEGRATION/INSTANCE/FLOW", text)
		}
	}
	parts = append(parts, "", "")
	return wire.StateOwner{Integration: parts[0], Instance: parts[1], Flow: parts[2]}, nil
}

// ownerText is what stateOwner reads, and the name that code has for such a state.
func ownerText(of wire.StateOwner) (text, name string) {
	switch {
	case of.Flow != "":
		return of.Integration + "/" + of.Instance + "/" + of.Flow, "instanceState"
	case of.Instance != "":
		return of.Integration + "/" + of.Instance, "crossFlowState"
	}
	return of.Integration, "integrationState"
}
