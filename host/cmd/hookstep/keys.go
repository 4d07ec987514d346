package main

import "github.com/spf13/cobra"

func newKeys(self *app) *cobra.Command {
	group := &cobra.Command{
		Use:   "keys",
		Short: "Look after the keys that secrets are sealed with",
		Long: "Secrets in the database are sealed with the keys of a keyset, which is in the database too, itself sealed under a key that\n" +
			"is not: seal.key in the data folder, unless the configuration says otherwise. rotate replaces the keys of the keyset, rewrap the key\n" +
			"that it is sealed under; hosts serve meanwhile. reset is for when that one is lost. No command shows a key but new, which makes one.",
		Args: cobra.NoArgs,
	}
	group.AddCommand(newKeysStatus(self), newKeysRotate(self), newKeysRewrap(self), newKeysNew(self), newKeysReset(self))
	return group
}
