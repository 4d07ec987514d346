// Package operator asks a host, through its operators' API, what became of its executions.
package operator

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

// Connect speaks to the host whose operators' listener is at an address, with the token that it wrote into its data folder.
func Connect(address, data string) (*client.Client, error) {
	token, err := os.ReadFile(filepath.Join(data, "admin.token"))
	if err != nil {
		return nil, err
	}
	return client.New(address, strings.TrimSpace(string(token)))
}

// Idle tells whether all executions have ended.
func Idle(ctx context.Context, api *client.Client) (bool, error) {
	asked := client.Asked{Limit: 1}
	for _, status := range store.Statuses() {
		if !status.Ended() {
			asked.Statuses = append(asked.Statuses, string(status))
		}
	}
	page, err := api.Executions(ctx, asked)
	return err == nil && len(page.Executions) == 0, err
}

const pageSize = 200

// All gives every execution, the newest first.
func All(ctx context.Context, api *client.Client) ([]wire.Execution, error) {
	var all []wire.Execution
	for cursor := ""; ; {
		page, err := api.Executions(ctx, client.Asked{Limit: pageSize, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Executions...)
		if cursor = page.Next; cursor == "" {
			return all, nil
		}
	}
}
