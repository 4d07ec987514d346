package main

import (
	"context"
	"errors"
	"log/slog"
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
	flags *pflag.FlagSet // those of the configuration alone: a command may have a flag with the name of a key
}

// configure adds the flags of keys, or of all keys, to a command.
func (a *app) configure(cmd *cobra.Command, keys ...string) *configured {
	made := &configured{app: a, flags: pflag.NewFlagSet(cmd.Name(), pflag.ContinueOnError)}
	cmd.Flags().StringVar(&made.file, "config", "", "configuration file (default "+config.FileName+", if it is there)")
	config.Bind(made.flags, keys...)
	cmd.Flags().AddFlagSet(made.flags)
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

// host makes a host with what this program has for it. The error has been printed if it tells of findings in files.
func (a *app) host(ctx context.Context, options host.Options) (*host.Host, error) {
	made, err := a.newHost(ctx, options)
	if err != nil {
		return nil, a.invalid(err)
	}
	return made, nil
}

func (a *app) newHost(ctx context.Context, options host.Options) (*host.Host, error) {
	plugins, err := supervised()
	if err != nil {
		return nil, ended(exitCannotStart, err)
	}
	options.Bundled, options.LookupEnv, options.KeyService = plugins, a.lookupEnv, keyService()
	return host.New(ctx, options)
}

func (a *app) lookupEnv(name string) (string, bool) {
	for _, entry := range a.env {
		if text, ok := strings.CutPrefix(entry, name+"="); ok {
			return text, true
		}
	}
	return "", false
}

// problemsOf gives the findings that err carries, and whether it does.
func problemsOf(err error) (integration.Problems, bool) {
	return errors.AsType[integration.Problems](err)
}
