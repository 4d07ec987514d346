package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// EngineInfo is one plugin that was found, and what it says of its engine.
type EngineInfo struct {
	Plugin      Plugin
	Bundled     bool
	Description engine.Description // zero if Problem is set and the plugin did not answer
	Problem     string             // why the plugin is not used; empty for a good one
}

// ProviderInfo is one plugin that offers types of connections.
type ProviderInfo struct {
	Plugin  Plugin
	Bundled bool
	Version string            // of the plugin
	Types   []connection.Type // that it is used for
	Problem string            // why it is not used for others that it offers; empty if it is used for all
}

// offer is what a plugin offers: an engine, types of connections, or both.
type offer struct {
	Version  string                 `json:"version"`
	Engine   engine.Description     `json:"engine"`
	Provider connection.Description `json:"provider"`
}

func (o offer) isEmpty() bool { return o.Engine.Name == "" && len(o.Provider.Types) == 0 }

// found is one plugin of those that there are.
type found struct {
	plugin  Plugin
	bundled bool
	offer   offer
	problem string // why there is no offer
}

// catalog finds plugins and knows what they offer.
type catalog struct {
	config Config
	ask    func(context.Context, Plugin) (offer, error)
	turn   chan struct{} // holds one token: who has it may use memory
	memory memory

	mu    sync.Mutex
	types map[string]Plugin // who offers a type of connections, as it was found last
}

func newCatalog(config Config, ask func(context.Context, Plugin) (offer, error)) *catalog {
	c := &catalog{config: config, ask: ask, turn: make(chan struct{}, 1), memory: memory{path: config.Cache}}
	c.turn <- struct{}{}
	return c
}

// named gives the plugin with the engine of a name. A bundled or installed plugin whose name is the engine's is found
// without asking any plugin.
func (c *catalog) named(ctx context.Context, name string) (Plugin, error) {
	for _, plugin := range slices.Concat(c.config.Installed, c.config.Bundled) {
		if plugin.Name == name && (len(plugin.Provider.Types) == 0 || plugin.Description.Name == name) {
			return plugin, nil
		}
	}
	infos, err := c.engines(ctx)
	if err != nil {
		return Plugin{}, err
	}
	return choose(infos, name)
}

func choose(infos []EngineInfo, name string) (Plugin, error) {
	var known []string
	for _, info := range infos {
		if info.Problem == "" && info.Description.Name == name {
			return info.Plugin, nil
		}
		if info.Problem == "" {
			known = append(known, info.Description.Name)
		}
		if info.Problem != "" && info.Plugin.Name == name {
			return Plugin{}, fault.New(fault.Engine, fault.Unavailable, "the plugin %s is not usable: %s", name, info.Problem)
		}
	}
	return Plugin{}, fault.New(fault.Engine, fault.Unavailable, "no plugin offers the engine %q; there are: %s", name, strings.Join(known, ", "))
}

// engines lists the plugins that offer an engine, or do not answer what they offer, in order of precedence.
func (c *catalog) engines(ctx context.Context) ([]EngineInfo, error) {
	all, err := c.list(ctx)
	var infos []EngineInfo
	for _, one := range all {
		if one.problem != "" || one.offer.Engine.Name != "" {
			infos = append(infos, EngineInfo{one.plugin, one.bundled, one.offer.Engine, one.problem})
		}
	}
	markTaken(infos)
	return infos, err
}

// providers lists the plugins that offer connections, in order of precedence, and remembers who is used for what.
func (c *catalog) providers(ctx context.Context) ([]ProviderInfo, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	var infos []ProviderInfo
	owners := map[string]Plugin{}
	for _, one := range all {
		if len(one.offer.Provider.Types) > 0 {
			infos = append(infos, shareOut(one, owners))
		}
	}
	c.mu.Lock()
	c.types = owners
	c.mu.Unlock()
	return infos, nil
}

// shareOut gives a plugin the types that nobody before it offers.
func shareOut(one found, owners map[string]Plugin) ProviderInfo {
	info := ProviderInfo{Plugin: one.plugin, Bundled: one.bundled, Version: one.offer.Version}
	var problems []string
	for _, kind := range one.offer.Provider.Types {
		owner, taken := owners[kind.Key]
		switch {
		case kind.Key == "":
			problems = append(problems, "a type of connections without a key")
		case taken:
			problems = append(problems, fmt.Sprintf("connections of the type %q are offered by %s already", kind.Key, owner.Path))
		default:
			owners[kind.Key] = one.plugin
			info.Types = append(info.Types, kind)
		}
	}
	info.Problem = strings.Join(problems, "; ")
	return info
}

// offering gives the plugin that is used for a type of connections.
func (c *catalog) offering(ctx context.Context, kind string) (Plugin, error) {
	if plugin, ok := c.ownerOf(kind); ok {
		return plugin, nil
	}
	infos, err := c.providers(ctx)
	if err != nil {
		return Plugin{}, err
	}
	if plugin, ok := c.ownerOf(kind); ok {
		return plugin, nil
	}
	var known []string
	for _, info := range infos {
		for _, one := range info.Types {
			known = append(known, one.Key)
		}
	}
	return Plugin{}, fault.New(fault.Engine, fault.Unavailable, "no plugin offers connections of the type %q; there are: %s", kind, strings.Join(known, ", "))
}

func (c *catalog) ownerOf(kind string) (Plugin, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	plugin, ok := c.types[kind]
	return plugin, ok
}

// list tells of all plugins what they offer, in order of precedence.
func (c *catalog) list(ctx context.Context) ([]found, error) {
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	all, err := c.find()
	if err != nil {
		return nil, err
	}
	c.describe(ctx, all)
	return all, context.Cause(ctx)
}

// find lists the plugins that there are: those that the operator named, then the bundled ones, then those in the folder.
func (c *catalog) find() ([]found, error) {
	var all []found
	for _, plugin := range c.config.Installed {
		all = append(all, found{plugin: plugin})
	}
	for _, plugin := range c.config.Bundled {
		all = append(all, found{plugin: plugin, bundled: true})
	}
	inFolder, err := scan(c.config.Folder)
	for _, plugin := range inFolder {
		all = append(all, found{plugin: plugin})
	}
	return all, err
}

// scan finds the executables in a folder, in order of their names. A missing folder is an empty one.
func scan(folder string) ([]Plugin, error) {
	if folder == "" {
		return nil, nil
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, fmt.Errorf("finding the plugin folder: %w", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("reading the plugin folder: %w", err)
	}
	var plugins []Plugin
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 && !strings.HasPrefix(entry.Name(), ".") {
			plugins = append(plugins, Plugin{Name: entry.Name(), Path: path})
		}
	}
	return plugins, nil
}

// describe fills in what is known, asks those plugins side by side that are not known yet, and remembers the answers.
func (c *catalog) describe(ctx context.Context, all []found) {
	c.memory.read()
	var asking sync.WaitGroup
	answers := make([]error, len(all))
	var asked []int
	for i := range all {
		if c.known(&all[i]) {
			continue
		}
		asked = append(asked, i)
		asking.Go(func() { all[i].offer, answers[i] = c.ask(ctx, all[i].plugin) })
	}
	asking.Wait()
	for _, i := range asked {
		if answers[i] != nil {
			all[i].problem = answers[i].Error()
			continue
		}
		c.memory.put(all[i].plugin, all[i].offer)
	}
	c.memory.write()
}

func (c *catalog) known(one *found) bool {
	one.offer = offer{one.plugin.Version, one.plugin.Description, one.plugin.Provider}
	if !one.offer.isEmpty() {
		return true
	}
	var ok bool
	one.offer, ok = c.memory.get(one.plugin)
	return ok
}

// markTaken keeps the first of several plugins with one engine name.
func markTaken(infos []EngineInfo) {
	owners := map[string]string{}
	for i := range infos {
		if infos[i].Problem != "" {
			continue
		}
		name := infos[i].Description.Name
		if owner, taken := owners[name]; taken {
			infos[i].Problem = fmt.Sprintf("the engine %q is offered by %s already", name, owner)
			continue
		}
		owners[name] = infos[i].Plugin.Path
	}
}
