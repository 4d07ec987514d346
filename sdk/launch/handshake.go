package launch

import (
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
)

// wrongHandshake says what is wrong with the line that a plugin introduced itself with; nil if it looks right.
func (c *child) wrongHandshake(line string) *fault.Fault {
	parts := strings.Split(strings.TrimSpace(line), "|")
	if len(parts) < 5 {
		return c.told(fault.New(fault.Engine, fault.Protocol,
			"%s is no Hookstep plugin: instead of the handshake it printed %q", c.command.Path, line))
	}
	version, err := strconv.Atoi(parts[1])
	switch {
	case err != nil || parts[0] != "1":
		return fault.New(fault.Engine, fault.Protocol, "%s printed a handshake that is not understood: %q", c.command.Path, line)
	case version > handshake.Major:
		return fault.New(fault.Engine, fault.Protocol,
			"%s speaks protocol version %d, this host speaks %d: upgrade the host, or install an older version of the plugin",
			c.command.Path, version, handshake.Major)
	case version < handshake.Major:
		return fault.New(fault.Engine, fault.Protocol,
			"%s speaks protocol version %d, this host speaks %d: install a newer version of the plugin",
			c.command.Path, version, handshake.Major)
	case parts[4] != "grpc":
		return fault.New(fault.Engine, fault.Protocol, "%s offers the transport %q, only \"grpc\" is understood", c.command.Path, parts[4])
	default:
		return nil
	}
}
