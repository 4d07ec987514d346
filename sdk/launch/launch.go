// Package launch starts a plugin process for a host or a test.
package launch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/pluginv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/host2plugin"
)

// Command says what to start, and how.
type Command struct {
	Path         string            // of the program; looked up as exec.LookPath does
	Args         []string          // after the program's name
	Env          []string          // NAME=value, all that the process gets besides the protocol's own; the host's is not passed on
	Dir          string            // working folder; empty means the host's
	Memory       int64             // bytes; 0 means no limit
	StartTimeout time.Duration     // until the plugin has introduced itself; 0 means ten seconds
	Stderr       func(line string) // takes each line of the process's log, in order, and must not block; nil drops them
}

// Description is what a plugin says of itself.
type Description struct {
	Name     string
	Version  string
	Protocol int  // minor version of the protocol
	Engine   bool // it serves an engine
	Provider bool // it serves a connection provider
}

const defaultStartTimeout = 10 * time.Second

// Start starts a plugin and waits until it has introduced itself. When ctx ends before, the process is killed. The error
// is an Unavailable fault that shows what the program printed, or a Protocol fault when it speaks another protocol.
// The process lives until Stop, Kill, its own end, or the end of the host process, however that comes.
func Start(ctx context.Context, command Command) (*Process, error) {
	if command.StartTimeout <= 0 {
		command.StartTimeout = defaultStartTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, command.StartTimeout, fault.New(fault.Engine, fault.Unavailable,
		"%s did not introduce itself within %s", command.Path, command.StartTimeout))
	defer cancel()
	child, err := newChild(command)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { child.kill(unavailable(context.Cause(ctx))) })
	defer stop()
	process, err := connect(ctx, child)
	if err != nil {
		reason := child.startFault(err)
		child.kill(reason)
		child.release()
		return nil, reason
	}
	return process, nil
}

func unavailable(err error) *fault.Fault {
	reason := fault.As(err, fault.Host)
	if reason.Code == fault.Unavailable {
		return reason
	}
	return fault.New(fault.Host, fault.Unavailable, "the start was given up: %v", err)
}

func connect(ctx context.Context, child *child) (*Process, error) {
	client := plugin.NewClient(child.config())
	child.client = client
	protocol, err := client.Client()
	if err != nil {
		return nil, err
	}
	connected, ok := protocol.(*plugin.GRPCClient)
	if !ok {
		return nil, fmt.Errorf("the plugin speaks %T, not gRPC", protocol)
	}
	p := &Process{child: child, conn: connected.Conn, boot: bootID()}
	response, err := pluginv1.NewPluginClient(p.conn).Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		return nil, fmt.Errorf("describing the plugin: %w", err)
	}
	p.description = Description{
		Name:     response.GetName(),
		Version:  response.GetVersion(),
		Protocol: int(response.GetProtocol()),
		Engine:   response.GetEngine(),
		Provider: response.GetProvider(),
	}
	if p.description.Engine {
		p.engine = host2plugin.New(p.conn, owner{child, "engine process " + p.description.Name})
	}
	if p.description.Provider {
		p.provider = host2plugin.NewProvider(p.conn, owner{child, "provider process " + p.description.Name})
	}
	return p, nil
}

// config is go-plugin's part: the handshake and the connection. Everything about the process is the child's.
func (c *child) config() *plugin.ClientConfig {
	return &plugin.ClientConfig{
		HandshakeConfig:  handshake.Config(),
		Plugins:          handshake.Set(func(*grpc.Server) {}),
		RunnerFunc:       c.runner,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.NewNullLogger(),
		SkipHostEnv:      true,
		StartTimeout:     c.command.StartTimeout + time.Minute, // ours comes first, and says more
		SyncStderr:       c.log.synced(),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: c.folder},
		GRPCDialOptions:  host2plugin.Options(),
	}
}

func bootID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// startFault says why a process did not come to serve, with what it printed.
func (c *child) startFault(err error) *fault.Fault {
	if line := c.out.first(); line != "" {
		if reason := c.wrongHandshake(line); reason != nil {
			return reason
		}
	}
	if reason := c.killedBy(); reason != nil {
		return c.told(reason)
	}
	if status.Code(err) == codes.Unimplemented {
		return fault.New(fault.Engine, fault.Protocol, "%s is no Hookstep plugin: %v", c.command.Path, err)
	}
	select {
	case <-c.gone:
		return c.told(fault.New(fault.Engine, fault.Unavailable, "%s ended before it introduced itself: %s", c.command.Path, c.err.Message))
	case <-time.After(settling): // it lives on, or was never there
		return c.told(fault.New(fault.Engine, fault.Unavailable, "%s: %v", c.command.Path, err))
	}
}

// How long a process that failed to start is given to show that it has ended.
const settling = 50 * time.Millisecond

// told adds the end of the process's log.
func (c *child) told(reason *fault.Fault) *fault.Fault {
	tail := c.log.tail()
	if len(tail) == 0 {
		return reason
	}
	full := *reason
	full.Message += "; it wrote:\n" + strings.Join(tail, "\n")
	return &full
}
