package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/sdk/garbage"
)

func newServe(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [DIR…]",
		Short: "Serve integrations",
		Long: "serve answers webhooks for the integrations in DIR (a folder of one or of several; the working folder by default).\n" +
			"The first interrupt or termination signal lets what runs end; the second one ends at once.\n" +
			"Every flag is also a key of " + config.FileName + " and a HOOKSTEP_ environment variable.",
		Example: "  hookstep serve orders\n  hookstep serve integrations --listen :9000 --admin 127.0.0.1:9001",
	}
	set := self.configure(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error { return set.serve(ctx, orHere(args)) })
	return cmd
}

func (c *configured) serve(ctx context.Context, dirs []string) error {
	set, err := c.load()
	if err != nil {
		return err
	}
	log, err := c.logger(set)
	if err != nil {
		return err
	}
	ctx, stop := c.stoppable(ctx, set.Timeouts.Shutdown)
	defer stop()
	open, err := listen(ctx, &set)
	if err != nil {
		return err
	}
	defer open.close()
	made, err := c.host(ctx, host.Options{Config: set, Dirs: dirs, Log: log})
	if err != nil {
		return err
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), set.Timeouts.Shutdown)
		defer cancel()
		made.Close(last)
	}()
	if err := c.compile(ctx, made); err != nil {
		return err
	}
	if err := c.announce(ctx, made, set); err != nil {
		return err
	}
	defer pace().Keep()()
	return made.Serve(ctx, open.hooks, open.operators)
}

// pace lets the garbage of requests come up to some size: what serving keeps is small.
func pace() garbage.Pace {
	return garbage.Pace{Percent: 200, Floor: 32 << 20, Idle: 5 * time.Second}
}

// compile reports what the engines find in the code, so that what cannot run is told at start and not by its first caller, and what
// else does not look right.
func (c *configured) compile(ctx context.Context, made *host.Host) error {
	diagnostics, err := made.Check(ctx)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	findings := findingsOf(diagnostics)
	for _, one := range made.Integrations() {
		findings = append(findings, one.Warnings...)
	}
	if findings.Failed() {
		return c.invalid(findings)
	}
	printFindings(c.stderr, c.err, findings)
	return nil
}

// stoppable gives a context that ends with the first signal; the second one ends the program. What runs has some time in between.
func (c *configured) stoppable(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, stop := interruptible(ctx)
	unlink := context.AfterFunc(ctx, func() {
		stop() // from here on signals do what they usually do
		fmt.Fprintf(c.stderr, "stopping when what runs has ended, after %s at most; asynchronous executions that are cut off go on at the next start\n"+
			"send the signal again to end at once\n", grace)
	})
	return ctx, func() {
		unlink()
		stop()
	}
}

// listeners are the two that a server has. They are opened before anything else, so that a port in use is told at once.
type listeners struct{ hooks, operators net.Listener }

// listen opens the listeners, and puts their real addresses into the configuration.
func listen(ctx context.Context, set *config.Config) (listeners, error) {
	hooks, err := listenAt(ctx, set.Listen, "listen")
	if err != nil {
		return listeners{}, err
	}
	operators, err := listenAt(ctx, set.Admin, "admin")
	if err != nil {
		_ = hooks.Close()
		return listeners{}, err
	}
	set.Listen, set.Admin = hooks.Addr().String(), operators.Addr().String()
	return listeners{hooks, operators}, nil
}

func (l listeners) close() {
	_ = l.hooks.Close()
	_ = l.operators.Close()
}

func listenAt(ctx context.Context, address, flag string) (net.Listener, error) {
	var listening net.ListenConfig
	opened, err := listening.Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return opened, nil
	case errors.Is(err, syscall.EADDRINUSE):
		err = fmt.Errorf("%s is in use by another program; choose another address with --%s", address, flag)
	case errors.Is(err, syscall.EACCES):
		err = fmt.Errorf("no permission to listen on %s; choose another address with --%s", address, flag)
	default:
		err = fmt.Errorf("--%s %s: %w", flag, address, err)
	}
	return nil, ended(exitCannotStart, err)
}
