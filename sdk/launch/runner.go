package launch

import (
	"context"
	"io"
	"os/exec"
	"strconv"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin/runner"
)

// runner gives go-plugin the child as its process.
func (c *child) runner(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
	return &attached{child: c, protocol: cmd.Env}, nil
}

// attached implements runner.Runner. go-plugin sees the first line of standard output and the end of the process, and
// nothing of what else the process writes.
type attached struct {
	child    *child
	protocol []string
}

func (a *attached) Start(context.Context) error { return a.child.start(a.protocol) }

func (a *attached) Diagnose(context.Context) string { return "" }

func (a *attached) Stdout() io.ReadCloser { return a.child.out.reader() }

func (a *attached) Stderr() io.ReadCloser { return silence{a.child.gone} }

func (a *attached) Name() string { return a.child.command.Path }

func (a *attached) Wait(context.Context) error {
	<-a.child.gone
	return a.child.err
}

func (a *attached) Kill(context.Context) error {
	a.child.killGroup()
	return nil
}

func (a *attached) ID() string { return strconv.Itoa(a.child.pid) }

func (a *attached) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

func (a *attached) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}

// silence is a stream without content that ends with the process.
type silence struct{ ended <-chan struct{} }

func (s silence) Read([]byte) (int, error) {
	<-s.ended
	return 0, io.EOF
}

func (s silence) Close() error { return nil }
