package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// listedPlugin is what a plugin offers as --json prints it. One that offers an engine and connections is there twice.
type listedPlugin struct {
	Name        string       `json:"name"`
	Kind        string       `json:"kind"` // engine or provider
	Version     string       `json:"version,omitempty"`
	Language    string       `json:"language,omitempty"`
	Extensions  []string     `json:"extensions,omitempty"`
	Connections []listedType `json:"connections,omitempty"`
	Path        string       `json:"path"`
	Bundled     bool         `json:"bundled"`
	Problem     string       `json:"problem,omitempty"`
}

// listedType is a type of connections that a provider is used for.
type listedType struct {
	Type    string   `json:"type"`
	Label   string   `json:"label"`
	Aliases []string `json:"aliases,omitempty"`
	Inputs  []string `json:"inputs,omitempty"`
	Options []string `json:"options,omitempty"`
}

func newPluginsList(self *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the engines and types of connections, and where they come from",
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
	plugins, err := offeredBy(ctx, made)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	if asJSON {
		return writeJSON(c.stdout, plugins)
	}
	return c.printPlugins(plugins)
}

// offeredBy lists engines, then providers.
func offeredBy(ctx context.Context, made *host.Host) ([]listedPlugin, error) {
	engines, err := made.Engines(ctx)
	if err != nil {
		return nil, err
	}
	providers, err := made.Providers(ctx)
	if err != nil {
		return nil, err
	}
	plugins := []listedPlugin{}
	for _, info := range engines {
		plugins = append(plugins, listedEngine(info))
	}
	for _, info := range providers {
		plugins = append(plugins, listedProvider(info))
	}
	return plugins, nil
}

func listedEngine(info supervisor.EngineInfo) listedPlugin {
	name := info.Description.Name
	if name == "" {
		name = info.Plugin.Name
	}
	return listedPlugin{
		Name: name, Kind: "engine", Version: info.Description.Version, Language: info.Description.Language,
		Extensions: info.Description.Extensions, Path: info.Plugin.Path, Bundled: info.Bundled, Problem: info.Problem,
	}
}

func listedProvider(info supervisor.ProviderInfo) listedPlugin {
	made := listedPlugin{
		Name: info.Plugin.Name, Kind: "provider", Version: info.Version, Path: info.Plugin.Path, Bundled: info.Bundled, Problem: info.Problem,
	}
	for _, kind := range info.Types {
		made.Connections = append(made.Connections, listedType{
			Type: kind.Key, Label: kind.Label, Aliases: kind.Aliases, Inputs: keysOf(kind.Inputs), Options: keysOf(kind.Options),
		})
	}
	return made
}

func keysOf(inputs []connection.Input) []string {
	keys := make([]string, len(inputs))
	for i, input := range inputs {
		keys[i] = input.Key
	}
	return keys
}

// offers says for people what a plugin is good for: file extensions, or types of connections.
func (l listedPlugin) offers() string {
	words := l.Extensions
	for _, kind := range l.Connections {
		words = append(words, kind.Type)
	}
	return strings.Join(words, " ")
}

func (a *app) printPlugins(plugins []listedPlugin) error {
	columns := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(columns, "NAME\tKIND\tVERSION\tLANGUAGE\tOFFERS\tFROM")
	for _, each := range plugins {
		from := each.Path
		if each.Bundled {
			from = "bundled"
		}
		fmt.Fprintf(columns, "%s\t%s\t%s\t%s\t%s\t%s\n", each.Name, each.Kind, each.Version, each.Language, each.offers(), from)
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for _, each := range plugins {
		if each.Problem != "" {
			fmt.Fprintf(a.stdout, "\n%s %s: %s\n", a.out.yellow(each.usable()+":"), each.Path, each.Problem)
		}
	}
	return nil
}

// usable begins the words on a plugin's problem.
func (l listedPlugin) usable() string {
	if len(l.Connections) > 0 {
		return "not usable for all"
	}
	return "not usable"
}
