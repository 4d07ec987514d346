package supervisor

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// Compile gives what an engine finds in each of the sources, in their order. A process is started for it alone and ends
// with it; nothing runs. The fault of a source that the process does not stand names it.
func (s *Supervisor) Compile(ctx context.Context, engineName string, sources []engine.Source) ([]engine.Program, error) {
	plugin, err := s.catalog.named(ctx, engineName)
	if err != nil {
		return nil, err
	}
	programs := make([]engine.Program, len(sources))
	err = s.briefly(ctx, plugin, func(ctx context.Context, process *launch.Process) error {
		if process.Engine() == nil {
			return fault.New(fault.Engine, fault.Unavailable, "the plugin offers no engine")
		}
		for i, source := range sources {
			if programs[i], err = process.Engine().Load(ctx, source); err != nil {
				return fmt.Errorf("compiling the %s code of %s: %w", engineName, source.Name, err)
			}
		}
		return nil
	})
	return programs, err
}

// ask starts a plugin only to let it describe itself.
func (s *Supervisor) ask(ctx context.Context, plugin Plugin) (answered offer, err error) {
	err = s.briefly(ctx, plugin, func(ctx context.Context, process *launch.Process) error {
		ctx, cancel := context.WithTimeout(ctx, s.config.StartTimeout)
		defer cancel()
		answered, err = offerOf(ctx, process)
		return err
	})
	return answered, err
}

func offerOf(ctx context.Context, process *launch.Process) (answered offer, err error) {
	answered.Version = process.Plugin().Version
	if process.Engine() != nil {
		if answered.Engine, err = process.Engine().Describe(ctx); err != nil {
			return offer{}, err
		}
	}
	if process.Provider() != nil {
		if answered.Provider, err = process.Provider().Describe(ctx); err != nil {
			return offer{}, err
		}
	}
	if answered.isEmpty() {
		return offer{}, fault.New(fault.Engine, fault.Unavailable, "the plugin offers neither an engine nor connections")
	}
	return answered, nil
}

// briefly uses a process of its own that ends afterwards.
func (s *Supervisor) briefly(ctx context.Context, plugin Plugin, use func(context.Context, *launch.Process) error) error {
	ctx, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	process, err := launch.Start(ctx, s.command(plugin, s.config.Memory, "plugin log", s.log.With(slog.String("plugin", plugin.Name))))
	if err != nil {
		return err
	}
	defer s.stop(ctx, process)
	return use(ctx, process)
}
