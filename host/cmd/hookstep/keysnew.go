package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/seal"
)

func newKeysNew(self *app) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "new",
		Short:   "Make a key that the keyset can be sealed under",
		Long:    "new makes a key, for a key file or the variable " + seal.Variable + ". It asks no host and changes nothing.",
		Example: "  hookstep keys new --out /etc/hookstep/seal.key",
		Args:    cobra.NoArgs,
	}
	cmd.Flags().StringVar(&out, "out", "", "new file to write it to, for its owner only (by default it is printed)")
	cmd.RunE = action(func(context.Context, []string) error { return self.newKey(out) })
	return cmd
}

func (a *app) newKey(out string) error {
	text := seal.NewKeyText()
	id, err := seal.IDOfKey(text)
	if err != nil {
		return err
	}
	if out == "" {
		fmt.Fprintf(a.stderr, "the key %s; keep it apart from the database:\n", id)
		_, err = fmt.Fprintln(a.stdout, text)
		return err
	}
	err = seal.WriteKeyFile(out, text)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already, and stays as it is", out)
	case err != nil:
		return ended(exitCannotStart, err)
	}
	_, err = fmt.Fprintf(a.stdout, "%s the key %s is in %s; back it up apart from the database\n", a.out.green("✓"), id, out)
	return err
}
