// Package handshake holds what host and plugin must know before they can speak to each other.
package handshake

import (
	"context"
	"errors"

	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// Versions of the protocol. The major one is agreed on by the handshake, the minor one is told by Describe.
const (
	Major = 1
	Minor = 2
)

// Environment of a plugin process.
const (
	Cookie      = "HOOKSTEP_PLUGIN" // set to CookieValue by a host
	CookieValue = "launched-by-a-hookstep-host"
	MemoryLimit = "HOOKSTEP_MEMORY_LIMIT"    // bytes; absent without a limit
	SocketDir   = plugin.EnvUnixSocketDir    // where the plugin makes its socket
	Versions    = "PLUGIN_PROTOCOL_VERSIONS" // major versions that the host speaks, separated by commas
)

// HealthService is the name that the health service answers for.
const HealthService = plugin.GRPCServiceName

// Config is go-plugin's part of the agreement.
func Config() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  Major,
		MagicCookieKey:   Cookie,
		MagicCookieValue: CookieValue,
	}
}

// Set is the one entry that go-plugin serves: it registers the services of a process.
func Set(register func(*grpc.Server)) plugin.PluginSet {
	return plugin.PluginSet{"hookstep": &services{register: register}}
}

type services struct {
	plugin.NetRPCUnsupportedPlugin

	register func(*grpc.Server)
}

// GRPCServer implements plugin.GRPCPlugin.
func (s *services) GRPCServer(_ *plugin.GRPCBroker, server *grpc.Server) error {
	s.register(server)
	return nil
}

// GRPCClient implements plugin.GRPCPlugin. Hosts use the connection itself.
func (s *services) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("nothing is dispensed")
}
