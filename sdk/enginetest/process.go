package enginetest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
)

// handshakeLine: the first line on standard output follows the protocol to the byte.
func (s *suite) handshakeLine(ctx context.Context) string {
	child, reason := s.startByHand(ctx)
	if child == nil {
		return reason
	}
	defer child.end()
	line := regexp.MustCompile(`^1\|` + strconv.Itoa(handshake.Major) + `\|unix\|(/[^|]+)\|grpc\|?[^\n]*\n$`)
	match := line.FindStringSubmatch(child.line)
	if match == nil {
		return fmt.Sprintf("its first line on standard output must be 1|%d|unix|/path/of/socket|grpc, but is %q", handshake.Major, child.line)
	}
	if filepath.Dir(match[1]) != child.folder {
		return fmt.Sprintf("its socket %s is not in the folder that %s names", match[1], handshake.SocketDir)
	}
	return ""
}

// byHand is a plugin process that the suite holds without a host's help.
type byHand struct {
	command  *exec.Cmd
	lifeline io.WriteCloser
	line     string
	folder   string
	exited   chan struct{}
}

// startByHand starts the program as a host does and reads its first line.
func (s *suite) startByHand(ctx context.Context) (*byHand, string) {
	folder, err := os.MkdirTemp("", "hs") // short: a socket's path may have about 100 characters
	if err != nil {
		return nil, err.Error()
	}
	command := s.command(context.WithoutCancel(ctx))
	command.Env = append(slices.Clone(s.target.Command.Env),
		handshake.Cookie+"="+handshake.CookieValue,
		handshake.Versions+"="+strconv.Itoa(handshake.Major),
		handshake.SocketDir+"="+folder,
	)
	child := &byHand{command: command, folder: folder, exited: make(chan struct{})}
	output, reason := child.start()
	if reason != "" {
		child.clean()
		return nil, reason
	}
	lines := make(chan string, 1)
	go func() {
		reader := bufio.NewReader(output)
		line, _ := reader.ReadString('\n') // a line without an end is judged as it is
		lines <- line
		_, _ = io.Copy(io.Discard, reader)
		_ = command.Wait() // how it ended is not asked here
		close(child.exited)
	}()
	select {
	case child.line = <-lines:
		return child, ""
	case <-time.After(loadTime):
		child.end()
		return nil, fmt.Sprintf("it did not introduce itself within %s", loadTime)
	}
}

func (c *byHand) start() (io.Reader, string) {
	var err error
	if c.lifeline, err = c.command.StdinPipe(); err != nil {
		return nil, err.Error()
	}
	output, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err.Error()
	}
	if err := c.command.Start(); err != nil {
		return nil, err.Error()
	}
	return output, ""
}

// end kills the process and waits for it.
func (c *byHand) end() {
	_ = c.command.Process.Kill() // it may have ended
	<-c.exited
	c.clean()
}

func (c *byHand) clean() { _ = os.RemoveAll(c.folder) } // a temporary folder

func (s *suite) command(ctx context.Context, more ...string) *exec.Cmd {
	target := s.target.Command
	command := exec.CommandContext(ctx, target.Path, append(slices.Clone(target.Args), more...)...)
	command.Env = slices.Clone(target.Env)
	if command.Env == nil {
		command.Env = []string{} // nothing of this process's own
	}
	command.Dir = target.Dir
	return command
}

// describeOutput: with the argument "describe" the program prints what it is, as JSON, and ends.
func (s *suite) describeOutput(ctx context.Context) string {
	if s.broken != nil {
		return fmt.Sprintf("there is no engine: %v", s.broken)
	}
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	output, err := s.command(ctx, "describe").Output()
	if err != nil {
		return fmt.Sprintf("with the argument describe it ends with %v", err)
	}
	var printed struct {
		Name     string `json:"name"`
		Version  string `json:"version"`
		Protocol int    `json:"protocol"`
		Engine   *struct {
			Name       string   `json:"name"`
			Extensions []string `json:"extensions"`
		} `json:"engine"`
	}
	if err := json.Unmarshal(output, &printed); err != nil {
		return fmt.Sprintf("it must print JSON, but prints %q", clip(string(output)))
	}
	about := s.process.Plugin()
	switch {
	case printed.Name != about.Name || printed.Version != about.Version:
		return fmt.Sprintf("it prints name %q and version %q, but serves as %q and %q", printed.Name, printed.Version, about.Name, about.Version)
	case printed.Protocol != handshake.Major:
		return fmt.Sprintf("it prints protocol %d, but speaks %d", printed.Protocol, handshake.Major)
	case printed.Engine == nil || printed.Engine.Name != s.description.Name || !slices.Equal(printed.Engine.Extensions, s.description.Extensions):
		return fmt.Sprintf("what it prints of its engine is not what it serves: %s", clip(string(output)))
	}
	return ""
}

// byHand: started by a person, it says what it is for and ends.
func (s *suite) byHand(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	command := s.command(ctx)
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	switch {
	case ctx.Err() != nil:
		return "it does not end"
	case err == nil:
		return "its exit status must not be 0"
	case len(output) > 0:
		return fmt.Sprintf("it must not write to standard output, but writes %q", clip(string(output)))
	case strings.TrimSpace(errors.String()) == "":
		return "it must say on standard error what it is for"
	}
	return ""
}

// How long a process may take to end when it must.
const dying = 3 * time.Second

// lifeline: the process ends when its host has ended, which closes its standard input.
func (s *suite) lifeline(ctx context.Context) string {
	child, reason := s.startByHand(ctx)
	if child == nil {
		return reason
	}
	defer child.end()
	select {
	case <-child.exited:
		return "it ended while its standard input was open"
	default:
	}
	if err := child.lifeline.Close(); err != nil {
		return err.Error()
	}
	select {
	case <-child.exited:
		return ""
	case <-time.After(dying):
		return fmt.Sprintf("it lives on %s after its standard input was closed: it would outlive a host that was killed", dying)
	}
}

// stop: an idle process ends when it is asked to.
func (s *suite) stop(ctx context.Context) string {
	if s.process == nil {
		return fmt.Sprintf("it does not start: %v", s.broken)
	}
	ctx, cancel := context.WithTimeout(ctx, dying)
	defer cancel()
	if err := s.process.Stop(ctx); err != nil {
		return fmt.Sprintf("it does not stop within %s: %v", dying, err)
	}
	return ""
}

// drain: a process that is asked to stop finishes what it runs.
func (s *suite) drain(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*runTime)
	defer cancel()
	running, reason := s.wait(ctx)
	if running == nil {
		return reason
	}
	stopped := make(chan error, 1)
	process := s.process
	go func() { stopped <- process.Stop(ctx) }()
	select {
	case err := <-stopped:
		return fmt.Sprintf("it stopped while it ran an execution: %v", err)
	case <-time.After(300 * time.Millisecond): // time to do it wrong
	}
	if reason := running.finished(); reason != "" {
		return reason
	}
	if err := <-stopped; err != nil {
		return fmt.Sprintf("it does not stop after its execution: %v", err)
	}
	return ""
}

// killed: when the process is killed, what runs on it ends at once with a fault of the engine.
func (s *suite) killed(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*runTime)
	defer cancel()
	running, reason := s.wait(ctx)
	if running == nil {
		return reason
	}
	s.process.Kill(fault.New(fault.Host, fault.Canceled, "the suite kills it"))
	late, err := running.outcome(dying)
	switch {
	case late != "":
		return late
	case !fault.Is(err, fault.WorkerLost):
		return fmt.Sprintf("want a fault %s, got %v", fault.WorkerLost, err)
	}
	select {
	case <-s.process.Exited():
		return ""
	case <-time.After(dying):
		return fmt.Sprintf("the process is not gone %s after it was killed", dying)
	}
}
