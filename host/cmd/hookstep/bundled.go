package main

import (
	"os"

	"github.com/hookstep-dev/hookstep/engines/javascript"
	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/plugins/apikey"
	"github.com/hookstep-dev/hookstep/plugins/basic"
	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/plugins/privatekey"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// bundledPlugin is a plugin that this binary becomes when it is started as `hookstep serve-plugin NAME`: an engine or a provider
// of connections.
type bundledPlugin struct {
	name     string
	engine   bundledEngine
	provider bundledProvider
}

type bundledEngine struct {
	describe func() engine.Description
	create   func() (engine.Engine, error)
}

// providersVersion is that of all bundled providers: they change together.
const providersVersion = "0.1.0"

type bundledProvider struct {
	describe func() connection.Description
	create   func() connection.Provider
}

// bundledPlugins lists them. Only this file names engines and plugins.
func bundledPlugins() []bundledPlugin {
	newJavaScript := func() (engine.Engine, error) { return javascript.New(javascript.Options{}) }
	newLua := func() (engine.Engine, error) { return lua.New(), nil }
	return []bundledPlugin{
		{name: "javascript", engine: bundledEngine{javascript.Description, newJavaScript}},
		{name: "lua", engine: bundledEngine{lua.Description, newLua}},
		{name: "apikey", provider: bundledProvider{apikey.Description, apikey.New}},
		{name: "basic", provider: bundledProvider{basic.Description, basic.New}},
		{name: "oauth2", provider: bundledProvider{oauth2.Description, oauth2.New}},
		{name: "privatekey", provider: bundledProvider{privatekey.Description, privatekey.New}},
	}
}

// supervised are the same plugins as the supervisor starts them.
func supervised() ([]supervisor.Plugin, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var plugins []supervisor.Plugin
	for _, each := range bundledPlugins() {
		plugin := supervisor.Plugin{Name: each.name, Path: program, Args: []string{servePluginName, each.name}}
		if each.engine.describe != nil {
			plugin.Description = each.engine.describe()
		}
		if each.provider.describe != nil {
			plugin.Provider, plugin.Version = each.provider.describe(), providersVersion
		}
		plugins = append(plugins, plugin)
	}
	return plugins, nil
}

// serving is what the process of the plugin serves.
func (b bundledPlugin) serving() (sdk.Plugin, error) {
	served := sdk.Plugin{Name: b.name, Version: providersVersion}
	if b.provider.create != nil {
		served.Provider = b.provider.create()
		return served, nil
	}
	made, err := b.engine.create()
	if err != nil {
		return sdk.Plugin{}, err
	}
	served.Version, served.Engine = b.engine.describe().Version, made
	return served, nil
}
