package main

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/bench/operator"
	"github.com/hookstep-dev/hookstep/host/crash/ledger"
	"github.com/hookstep-dev/hookstep/host/store"
)

// listAll asks a host what became of all executions.
func listAll(ctx context.Context, of *member) ([]ledger.Kept, error) {
	api, err := of.operate()
	if err != nil {
		return nil, err
	}
	listed, err := operator.All(ctx, api)
	if err != nil {
		return nil, err
	}
	all := make([]ledger.Kept, len(listed))
	for i, each := range listed {
		status := store.Status(each.Status)
		all[i] = ledger.Kept{
			Execution: each.ID, Status: each.Status, Ended: status.Ended(), Succeeded: status == store.Succeeded,
			Refused: status == store.Failed && each.Synchronous,
		}
		if each.Fault != nil {
			all[i].Reason = each.Fault.Code + ": " + each.Fault.Message
		}
	}
	return all, nil
}

// idle asks a host whether all executions have ended.
func idle(ctx context.Context, of *member) (bool, error) {
	api, err := of.operate()
	if err != nil {
		return false, err
	}
	return operator.Idle(ctx, api)
}

// operate gives the operators' API of this life of the host.
func (m *member) operate() (_ *client.Client, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.api == nil {
		m.api, err = operator.Connect(m.admin, m.data)
	}
	return m.api, err
}
