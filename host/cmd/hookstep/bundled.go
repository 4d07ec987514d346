package main

import (
	"os"

	"github.com/hookstep-dev/hookstep/engines/javascript"
	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// bundledEngine is an engine that this binary becomes when it is started as `hookstep serve-plugin NAME`.
type bundledEngine struct {
	describe func() engine.Description
	create   func() (engine.Engine, error)
}

// bundledEngines lists them. Only this file names engines.
func bundledEngines() []bundledEngine {
	return []bundledEngine{
		{
			describe: javascript.Description,
			create:   func() (engine.Engine, error) { return javascript.New(javascript.Options{}) },
		},
		{
			describe: lua.Description,
			create:   func() (engine.Engine, error) { return lua.New(), nil },
		},
	}
}

// bundledPlugins are the same engines as the supervisor starts them.
func bundledPlugins() ([]supervisor.Plugin, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var plugins []supervisor.Plugin
	for _, each := range bundledEngines() {
		about := each.describe()
		plugins = append(plugins, supervisor.Plugin{
			Name: about.Name, Path: program, Args: []string{servePluginName, about.Name}, Description: about,
		})
	}
	return plugins, nil
}
