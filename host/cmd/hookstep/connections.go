package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
)

func newConnections(self *app) *cobra.Command {
	group := &cobra.Command{
		Use:   "connections",
		Short: "Give integrations the credentials they need, and see how those are",
		Long: "A connection is a credential that an integration declares in integration.yaml. NAME is that of its config variable, as in \"Shop API\"\n" +
			"or shop-api; --instance and --integration say which one is meant where several have the name.",
		Args: cobra.NoArgs,
	}
	group.AddCommand(
		newConnectionsList(self), newConnectionsShow(self), newConnectionsSet(self), newConnectionsAuthorize(self),
		newConnectionsTest(self), newConnectionsRevoke(self), newConnectionsDelete(self),
	)
	return group
}

// chosen is what subcommands on one connection have in common.
type chosen struct {
	*remote

	integration string
	instance    string
}

// choosing adds the flags that tell connections of one name apart.
func choosing(cmd *cobra.Command, of *remote) *chosen {
	made := &chosen{remote: of}
	cmd.Flags().StringVar(&made.integration, "integration", "", "integration that declares it")
	cmd.Flags().StringVar(&made.instance, "instance", "", "instance that it belongs to")
	return made
}

// find finds the connection of a name. Where several have it, all are named.
func (c *chosen) find(ctx context.Context, host *client.Client, name string) (client.ConnectionKey, error) {
	all, err := host.Connections(ctx, slug(c.integration), slug(c.instance), "")
	if err != nil {
		return client.ConnectionKey{}, err
	}
	var found []wire.Connection
	var names []string
	for _, one := range all {
		if one.Name == name || slug(one.Name) == slug(name) {
			found = append(found, one)
		}
		if !slices.Contains(names, one.Name) {
			names = append(names, one.Name)
		}
	}
	switch len(found) {
	case 0:
		return client.ConnectionKey{}, c.absent(ctx, host, name, names)
	case 1:
		return keyOf(&found[0]), nil
	}
	var which []string
	for i := range found {
		which = append(which, "  "+flagsOf(keyOf(&found[i])))
	}
	return client.ConnectionKey{}, usagef("there are several connections %q: say which one is meant by\n%s", name, strings.Join(which, "\n"))
}

// absent says that nothing has the name. One that is shared belongs to no instance, which a person who names an instance may not know.
func (c *chosen) absent(ctx context.Context, host *client.Client, name string, names []string) error {
	if c.instance == "" {
		return notAmong("connection", name, names)
	}
	all, err := host.Connections(ctx, slug(c.integration), "", "")
	if err != nil {
		return err
	}
	for i := range all {
		if one := &all[i]; one.Instance == "" && slug(one.Name) == slug(name) {
			return usagef("all instances of %s share the connection %q: leave --instance out", one.Integration, one.Name)
		}
	}
	return notAmong("connection", name, names)
}

// unfit says what is wrong with each input, and what that came to.
func (c *chosen) unfit(err error, therefore string) error {
	said, ok := errors.AsType[*client.Error](err)
	if !ok || len(said.Findings) == 0 {
		return err
	}
	for _, one := range said.Findings {
		fmt.Fprintf(c.stderr, "%s %s: %s\n", c.err.red("✗"), one.Field, one.Message)
	}
	return ended(exitFailed, errors.New(therefore))
}

func keyOf(of *wire.Connection) client.ConnectionKey {
	return client.ConnectionKey{Integration: of.Integration, Instance: of.Instance, Name: of.Name}
}

// flagsOf gives the flags that name a connection's owner for sure.
func flagsOf(key client.ConnectionKey) string {
	if key.Instance == "" {
		return "--integration " + key.Integration
	}
	return fmt.Sprintf("--integration %s --instance %s", key.Integration, key.Instance)
}

// titleOf names a connection and its owner for people.
func titleOf(key client.ConnectionKey) string {
	if key.Instance == "" {
		return fmt.Sprintf("%s of %s", key.Name, key.Integration)
	}
	return fmt.Sprintf("%s of %s/%s", key.Name, key.Integration, key.Instance)
}

// slug gives a name's form in URLs; a name without one stays as it is, and is found nowhere.
func slug(name string) string {
	if made := string(integration.SlugOf(name)); made != "" {
		return made
	}
	return name
}

// statusLook colours a status as people judge it.
func (a *app) statusLook(status string) func(string) string {
	switch status {
	case "active":
		return a.out.green
	case "pending":
		return a.out.yellow
	default:
		return a.out.red
	}
}
