package supervisor

import (
	"context"
	"log/slog"
	"slices"

	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// command is how a plugin is started. Of the host's environment nothing is passed on. Message is that of log lines that hold a
// line of the process.
func (s *Supervisor) command(plugin Plugin, memory int64, message string, log *slog.Logger) launch.Command {
	if memory <= 0 {
		memory = s.config.Memory
	}
	return launch.Command{
		Path:         plugin.Path,
		Args:         plugin.Args,
		Env:          slices.Concat(fixedEnvironment(), s.config.Env, plugin.Env),
		Memory:       memory,
		StartTimeout: s.config.StartTimeout,
		Stderr:       func(line string) { log.Info(message, slog.String("line", line)) },
	}
}

// fixedEnvironment is what every plugin sees: the same on every machine.
func fixedEnvironment() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "TZ=UTC"}
}

// stop asks a process to end and kills it after the configured grace. It returns when the process is gone, and
// does so too when ctx has ended.
func (s *Supervisor) stop(ctx context.Context, process *launch.Process) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.StopGrace)
	defer cancel()
	_ = process.Stop(ctx)
	<-process.Exited()
}
