package main

import "github.com/spf13/cobra"

func newTokens(self *app) *cobra.Command {
	group := &cobra.Command{
		Use:   "tokens",
		Short: "Say who may use the operators' API",
		Long: "A token is sent as `Authorization: Bearer hs_…`. Its scopes: read (lists, executions, logs, states), write (replay,\n" +
			"cancel, set states, switch instances), admin (tokens); none includes another. A host keeps a token of its own with\n" +
			"all scopes in its data folder, in admin.token, for the command line of its machine; it ends with the host.",
		Args: cobra.NoArgs,
	}
	group.AddCommand(newTokensCreate(self), newTokensList(self), newTokensRevoke(self))
	return group
}
