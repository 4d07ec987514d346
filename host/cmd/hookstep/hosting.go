package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/telemetry"
)

// configured is what subcommands that make a host have in common: the flags of the configuration.
type configured struct {
	*app

	file  string
	flags *pflag.FlagSet
}

// configure adds the flags of keys, or of all keys, to a command.
func (a *app) configure(cmd *cobra.Command, keys ...string) *configured {
	made := &configured{app: a, flags: cmd.Flags()}
	cmd.Flags().StringVar(&made.file, "config", "", "configuration file (default "+config.FileName+", if it is there)")
	config.Bind(cmd.Flags(), keys...)
	return made
}

// load reads the configuration. Whatever is wrong with it has been printed when there is an error.
func (c *configured) load() (config.Config, error) {
	made, err := config.Load(config.Sources{File: c.file, Environ: c.env, Flags: c.flags})
	if err != nil {
		return made, c.invalid(err)
	}
	return made, nil
}

// logger logs to stderr as the configuration says.
func (a *app) logger(set config.Config) (*slog.Logger, error) {
	return telemetry.NewLogger(a.stderr, set.Log.Format, set.Log.Level)
}

// host makes a host of dirs. The error has been printed if it tells of findings in files.
func (a *app) host(ctx context.Context, set config.Config, dirs []string, log *slog.Logger) (*host.Host, error) {
	made, err := a.newHost(ctx, set, dirs, log)
	if err != nil {
		return nil, a.invalid(err)
	}
	return made, nil
}

func (a *app) newHost(ctx context.Context, set config.Config, dirs []string, log *slog.Logger) (*host.Host, error) {
	plugins, err := bundledPlugins()
	if err != nil {
		return nil, ended(exitCannotStart, err)
	}
	return host.New(ctx, host.Options{Config: set, Dirs: dirs, Bundled: plugins, LookupEnv: a.lookupEnv, Log: log})
}

func (a *app) lookupEnv(name string) (string, bool) {
	for _, entry := range a.env {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			return text, true
		}
	}
	return "", false
}

// passing gives a configuration for a command that leaves nothing behind, and what tidies up after it.
func passing(set config.Config) (config.Config, func(), error) {
	folder, err := os.MkdirTemp("", "hookstep-")
	if err != nil {
		return set, nil, ended(exitCannotStart, err)
	}
	set.Data = folder
	return set, func() { _ = os.RemoveAll(folder) }, nil
}

// problemsOf gives the findings that err carries, and whether it does.
func problemsOf(err error) (integration.Problems, bool) {
	return errors.AsType[integration.Problems](err)
}
