package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/supervisor"
)

// listedPlugin is a plugin as --json prints it.
type listedPlugin struct {
	Name       string   `json:"name"`
	Kind       string   `json:"kind"`
	Version    string   `json:"version,omitempty"`
	Language   string   `json:"language,omitempty"`
	Extensions []string `json:"extensions,omitempty"`
	Path       string   `json:"path"`
	Bundled    bool     `json:"bundled"`
	Problem    string   `json:"problem,omitempty"`
}

func newPluginsList(self *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the engines and where they come from",
		Args:  cobra.NoArgs,
	}
	set := self.configure(cmd, "data", "engines.startTimeout", "plugins")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		return interrupted(ctx, set.listPlugins(ctx, asJSON))
	})
	return cmd
}

func (c *configured) listPlugins(ctx context.Context, asJSON bool) error {
	set, err := c.load()
	if err != nil {
		return err
	}
	made, err := c.host(ctx, host.Options{Config: set, Transient: true})
	if err != nil {
		return err
	}
	defer made.Close(ctx)
	infos, err := made.Engines(ctx)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	plugins := make([]listedPlugin, len(infos))
	for i, info := range infos {
		plugins[i] = listed(info)
	}
	if asJSON {
		return writeJSON(c.stdout, plugins)
	}
	return c.printPlugins(plugins)
}

func listed(info supervisor.EngineInfo) listedPlugin {
	name := info.Description.Name
	if name == "" {
		name = info.Plugin.Name
	}
	return listedPlugin{
		Name: name, Kind: "engine", Version: info.Description.Version, Language: info.Description.Language,
		Extensions: info.Description.Extensions, Path: info.Plugin.Path, Bundled: info.Bundled, Problem: info.Problem,
	}
}

func (a *app) printPlugins(plugins []listedPlugin) error {
	columns := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "NAME\tKIND\tVERSION\tLANGUAGE\tEXTENSIONS\tFROM")
	for _, each := range plugins {
		from := each.Path
		if each.Bundled {
			from = "bundled"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\n",
			each.Name, each.Kind, each.Version, each.Language, strings.Join(each.Extensions, " "), from)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for _, each := range plugins {
		if each.Problem != "" {
			fmt.Fprintf(a.stdout, "\n%s %s: %s\n", a.out.yellow("not usable:"), each.Path, each.Problem)
		}
	}
	return nil
}
