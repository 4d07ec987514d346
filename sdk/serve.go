// Package sdk turns an engine or a connection provider into a plugin program.
package sdk

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/pluginv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// Plugin is what a process offers.
type Plugin struct {
	Name     string              // lower case letters, digits and hyphens
	Version  string              // semantic
	Engine   engine.Engine       // nil if it offers none
	Provider connection.Provider // nil if it offers none
}

// Exit statuses of a plugin process.
const (
	exitOK       = 0
	exitByHand   = 1 // not started by a host
	exitServing  = 2 // the server could not be started
	exitPanicked = 3 // left service after a panic of the engine or provider
)

// Serve is the main function of a plugin program. It takes over the process and does not return:
//
//   - started by a host, it serves the plugin until the host ends it, or ends itself (the process's standard input);
//   - with the last argument "describe", it prints what the plugin is as JSON;
//   - otherwise it says how to use the program.
//
// It sets the garbage collector to spend memory for speed within the limit that the host gives, and ends running
// executions with a Memory fault when they keep more than that. Standard output and error belong to user code and logs
// from here on: what is written there cannot disturb the protocol.
func Serve(p Plugin) {
	os.Exit(p.main(os.Args, os.Stdin, os.Stdout, os.Stderr)) //nolint:forbidigo // Serve is the main function of its program
}

func (p Plugin) main(args []string, stdin, stdout, stderr *os.File) int {
	switch {
	case len(args) > 1 && args[len(args)-1] == "describe":
		return p.describe(context.Background(), stdout, stderr)
	case os.Getenv(handshake.Cookie) != handshake.CookieValue:
		return p.help(args, stderr)
	default:
		return p.serve(stdin, stderr)
	}
}

// serve speaks to the host until the process is to end, and gives its exit status.
func (p Plugin) serve(stdin io.Reader, stderr *os.File) int {
	exit := make(chan int, 4)
	go func() { // the lifeline: the host holds the other end
		_, _ = io.Copy(io.Discard, stdin)
		handshake.RemoveSockets(os.Getenv(handshake.SocketDir))
		exit <- exitOK
	}()
	runs := plugin2host.NewRuns()
	go guard(runs, collect(memoryLimit(os.Getenv(handshake.MemoryLimit))))
	service := &service{plugin: p, runs: runs, exit: exit, stderr: stderr}
	go service.leave()
	go func() {
		plugin.Serve(p.config(service, stderr))
		exit <- exitServing
	}()
	return <-exit
}

func (p Plugin) config(service *service, stderr io.Writer) *plugin.ServeConfig {
	register := func(server *grpc.Server) {
		pluginv1.RegisterPluginServer(server, service)
		if p.Engine != nil {
			plugin2host.New(p.Engine, service.runs, stderr).Register(server)
		}
		if p.Provider != nil {
			plugin2host.NewProvider(p.Provider, service.runs, stderr).Register(server)
		}
	}
	return &plugin.ServeConfig{
		HandshakeConfig: handshake.Config(),
		Plugins:         handshake.Set(register),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, plugin2host.Options()...)...)
		},
		Logger: hclog.New(&hclog.LoggerOptions{Level: hclog.Error, Output: stderr}),
	}
}

// How long the last answer has to leave the process.
const farewell = 250 * time.Millisecond
