package connect_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/plugins/oauth2"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// cluster is what the hosts of a test have in common. A child gets it as JSON.
type cluster struct {
	Database string // URL
	Keys     string // folder of the master key
	Callback string
	Fields   connection.Values
	Options  connection.Values
	Holder   string
}

const clusterVariable = "HOOKSTEP_CONNECT_CLUSTER"

// integration declares the connection of all of them.
func (c *cluster) integration() (*integration.Integration, error) {
	kind, known := integration.FindType(oauth2.Description().Types, oauth2.AuthorizationCode)
	if !known {
		return nil, errors.New("there is no type " + oauth2.AuthorizationCode)
	}
	return shop(&integration.Declaration{Type: kind, Options: c.Options}, c.Fields), nil
}

// provider starts the provider as a process of its own, as a host does.
func provider(log *slog.Logger) *supervisor.Supervisor {
	config := supervisor.Default()
	config.Bundled = []supervisor.Plugin{{Name: "oauth2", Path: "/proc/self/exe", Args: []string{playProvider}, Provider: oauth2.Description()}}
	config.StartTimeout = patience
	return supervisor.New(config, log)
}

// host is a room of a cluster with all that it needs, on a clock that is ahead.
type host struct {
	room  *connect.Room
	of    *integration.Integration
	ahead atomic.Int64
	close func() error
}

func (c *cluster) host(ctx context.Context, log *slog.Logger) (*host, error) {
	of, err := c.integration()
	if err != nil {
		return nil, err
	}
	opened, err := home.Open(ctx, c.Database, home.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	box, err := seal.Open(ctx, seal.Options{
		Source: seal.Source{Data: c.Keys, LookupEnv: func(string) (string, bool) { return "", false }}, Kept: opened, Now: time.Now, Log: log,
	})
	if err != nil {
		return nil, errors.Join(err, opened.Close(ctx))
	}
	made := &host{of: of}
	processes := provider(log)
	made.room = connect.New(connect.Options{
		Store: opened, Sealer: box, Providers: processes, Callback: c.Callback, Holder: c.Holder,
		Now:    func() time.Time { return time.Now().Add(time.Duration(made.ahead.Load())) },
		Random: func() float64 { return 0.5 }, Log: log,
	})
	made.close = func() error {
		made.room.Close(ctx)
		return errors.Join(processes.Close(ctx), opened.Close(ctx))
	}
	return made, made.room.Use(ctx, []*integration.Integration{of})
}

// token is what code has when the clock is ahead; empty without one.
func (h *host) token(ctx context.Context, ahead time.Duration) (string, error) {
	h.ahead.Store(int64(ahead))
	values, err := h.room.Values(ctx, target(h.of), 0)
	if err != nil {
		return "", err
	}
	var seen struct{ Token map[string]any }
	err = json.Unmarshal(values.JSON["Shop API"], &seen)
	token, _ := seen.Token["access_token"].(string)
	return token, err
}

// hostProcess is a host of its own. It answers each line, a number of seconds that the clock is ahead, with the token that code has then.
func hostProcess(in io.Reader, out io.Writer) error {
	var of cluster
	if err := json.Unmarshal([]byte(os.Getenv(clusterVariable)), &of); err != nil {
		return err
	}
	ctx := context.Background()
	made, err := of.host(ctx, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		ahead, err := time.ParseDuration(lines.Text())
		if err != nil {
			return err
		}
		token, err := made.token(ctx, ahead)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "token %s\n", token)
	}
	return made.close()
}

// child is a host process.
type child struct {
	tb      testing.TB
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	log     *book
	ended   sync.Once
}

func (c *cluster) start(tb testing.TB, holder string) *child {
	tb.Helper()
	own := *c
	own.Holder = holder
	text, err := json.Marshal(own)
	if err != nil {
		tb.Fatal(err)
	}
	made := &child{tb: tb, command: exec.Command(os.Args[0], playHost), log: &book{}}
	made.command.Env = append(os.Environ(), clusterVariable+"="+string(text))
	made.command.Stderr = made.log
	in, err := made.command.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := made.command.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := made.command.Start(); err != nil {
		tb.Fatal(err)
	}
	made.in, made.out = in, bufio.NewReader(out)
	tb.Cleanup(made.end)
	return made
}

func (c *child) ready() {
	c.tb.Helper()
	if line := c.read(); line != "ready" {
		c.tb.Fatalf("the host says %q\n%s", line, c.log)
	}
}

func (c *child) ask(ahead time.Duration) {
	if _, err := fmt.Fprintln(c.in, ahead); err != nil {
		c.tb.Errorf("the host is gone: %v\n%s", err, c.log)
	}
}

// answer is the token, after ask.
func (c *child) answer() string {
	token, ok := strings.CutPrefix(c.read(), "token ")
	if !ok {
		c.tb.Errorf("the host gave no answer\n%s", c.log)
	}
	return token
}

func (c *child) read() string {
	line, err := c.out.ReadString('\n')
	if err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(line, "\n")
}

// kill ends the process as a power failure would, but for its machine.
func (c *child) kill() {
	_ = c.command.Process.Signal(syscall.SIGKILL)
	c.ended.Do(func() { _ = c.command.Wait() })
}

func (c *child) end() {
	c.ended.Do(func() {
		_ = c.in.Close()
		if err := c.command.Wait(); err != nil {
			c.tb.Errorf("the host ended with %v\n%s", err, c.log)
		}
	})
}
