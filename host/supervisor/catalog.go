package supervisor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

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

// catalog finds plugins and knows their engines by name.
type catalog struct {
	config Config
	ask    func(context.Context, Plugin) (engine.Description, error)
	turn   chan struct{} // holds one token: who has it may use memory
	memory memory
}

func newCatalog(config Config, ask func(context.Context, Plugin) (engine.Description, error)) *catalog {
	c := &catalog{config: config, ask: ask, turn: make(chan struct{}, 1), memory: memory{path: config.Cache}}
	c.turn <- struct{}{}
	return c
}

// named gives the plugin with the engine of a name. A bundled or installed plugin whose name is the engine's is found
// without asking any plugin.
func (c *catalog) named(ctx context.Context, name string) (Plugin, error) {
	for _, plugin := range slices.Concat(c.config.Installed, c.config.Bundled) {
		if plugin.Name == name {
			return plugin, nil
		}
	}
	infos, err := c.list(ctx)
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

// list describes all plugins, in order of precedence. A plugin that does not answer, or whose name is taken, is listed
// with its problem.
func (c *catalog) list(ctx context.Context) ([]EngineInfo, error) {
	select {
	case <-c.turn:
		defer func() { c.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	infos, err := c.find()
	if err != nil {
		return nil, err
	}
	c.describe(ctx, infos)
	markTaken(infos)
	return infos, context.Cause(ctx)
}

// find lists the plugins that there are: those that the operator named, then the bundled ones, then those in the folder.
func (c *catalog) find() ([]EngineInfo, error) {
	var infos []EngineInfo
	for _, plugin := range c.config.Installed {
		infos = append(infos, EngineInfo{Plugin: plugin})
	}
	for _, plugin := range c.config.Bundled {
		infos = append(infos, EngineInfo{Plugin: plugin, Bundled: true})
	}
	found, err := scan(c.config.Folder)
	for _, plugin := range found {
		infos = append(infos, EngineInfo{Plugin: plugin})
	}
	return infos, err
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
func (c *catalog) describe(ctx context.Context, infos []EngineInfo) {
	c.memory.read()
	var asking sync.WaitGroup
	answers := make([]error, len(infos))
	var asked []int
	for i := range infos {
		if c.known(&infos[i]) {
			continue
		}
		asked = append(asked, i)
		asking.Go(func() { infos[i].Description, answers[i] = c.ask(ctx, infos[i].Plugin) })
	}
	asking.Wait()
	for _, i := range asked {
		if answers[i] != nil {
			infos[i].Problem = answers[i].Error()
			continue
		}
		c.memory.put(infos[i].Plugin, infos[i].Description)
	}
	c.memory.write()
}

func (c *catalog) known(info *EngineInfo) bool {
	if info.Plugin.Description.Name != "" {
		info.Description = info.Plugin.Description
		return true
	}
	described, ok := c.memory.get(info.Plugin)
	info.Description = described
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
