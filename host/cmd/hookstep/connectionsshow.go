package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newConnectionsShow(self *app) *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Show a connection: what is set, how it is, and what became of it", Args: needs("NAME")}
	asked := choosing(cmd, self.listing(cmd))
	cmd.RunE = asked.asking(func(ctx context.Context, host *client.Client, args []string) error {
		key, err := asked.find(ctx, host, args[0])
		if err != nil {
			return err
		}
		found, err := host.Connection(ctx, key)
		switch {
		case err != nil:
			return err
		case asked.asJSON:
			return writeJSON(self.stdout, found)
		}
		return self.printConnection(found, time.Now())
	})
	return cmd
}

func (a *app) printConnection(of *wire.ConnectionDetail, now time.Time) error {
	fmt.Fprintf(a.stdout, "%s  %s\n", a.out.bold(titleOf(keyOf(&of.Connection))), a.statusLook(of.Status)(of.Status))
	say := func(name, text string) {
		if text != "" {
			fmt.Fprintf(a.stdout, "  %s %s\n", a.out.faint(fmt.Sprintf("%-9s", name)), text)
		}
	}
	say("why", cmp.Or(of.Cause, undeclared(&of.Connection)))
	if !of.ChangedAt.IsZero() {
		say("since", whole(of.ChangedAt)+" ("+relative(of.ChangedAt, now)+")")
	}
	say("type", typeOf(of))
	if !of.ExpiresAt.IsZero() {
		say("expires", whole(of.ExpiresAt)+" ("+relative(of.ExpiresAt, now)+")")
	}
	if !of.RenewAt.IsZero() {
		say("renewed", relative(of.RenewAt, now))
	}
	say("for", strings.Join(of.Hosts, ", "))
	say("callback", of.CallbackURL)
	if err := a.printInputs(of.Inputs); err != nil {
		return err
	}
	return a.printConnectionEvents(of.Events)
}

// typeOf names the type; one of which nothing is declared has no label.
func typeOf(of *wire.ConnectionDetail) string {
	if of.Label == "" {
		return of.Type
	}
	return of.Type + " (" + of.Label + ")"
}

func (a *app) printInputs(inputs []wire.ConnectionInput) error {
	if len(inputs) == 0 {
		return nil
	}
	const longest = 60
	fmt.Fprintln(a.stdout)
	rows := table{heads: []string{"INPUT", blank, "VALUE", "FROM"}}
	for _, one := range inputs {
		marks, value := "", plain(short(one.Value, longest))
		if one.Required {
			marks = "required"
		}
		switch {
		case one.From == "" && one.Required:
			value = cell{"not set", a.out.yellow}
		case one.From != "" && one.Secret:
			value = cell{"set, not shown", a.out.faint}
		}
		rows.add(plain(one.Key), plain(marks), value, plain(one.From))
	}
	return rows.print(a.stdout, a.out)
}

func (a *app) printConnectionEvents(events []wire.ConnectionEvent) error {
	if len(events) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	rows := table{heads: []string{"AT", "EVENT", "WHAT"}}
	for _, one := range events {
		rows.add(plain(whole(one.At)), plain(one.Kind), plain(one.Text))
	}
	return rows.print(a.stdout, a.out)
}
