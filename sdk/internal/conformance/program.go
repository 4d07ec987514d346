package conformance

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

	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// Patience of the checks.
const (
	StartTime = 10 * time.Second // for a process to introduce itself
	Dying     = 3 * time.Second  // for a process to end when it must
)

// Program is a plugin program. Its checks give why they failed, or nothing.
type Program struct{ Command launch.Command }

// Line checks that the first line on standard output follows the protocol to the byte.
func (p Program) Line(ctx context.Context) string {
	child, reason := p.start(ctx)
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

// start starts the program as a host does and reads its first line.
func (p Program) start(ctx context.Context) (*byHand, string) {
	folder, err := os.MkdirTemp("", "hs") // short: a socket's path may have about 100 characters
	if err != nil {
		return nil, err.Error()
	}
	command := p.command(context.WithoutCancel(ctx))
	command.Env = append(slices.Clone(p.Command.Env),
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
	case <-time.After(StartTime):
		child.end()
		return nil, fmt.Sprintf("it did not introduce itself within %s", StartTime)
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

func (p Program) command(ctx context.Context, more ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, p.Command.Path, append(slices.Clone(p.Command.Args), more...)...)
	command.Env = slices.Clone(p.Command.Env)
	if command.Env == nil {
		command.Env = []string{} // nothing of this process's own
	}
	command.Dir = p.Command.Dir
	return command
}

// Describe runs the program with the argument "describe", checks that it prints what it serves as, and reads the rest of it
// into more.
func (p Program) Describe(ctx context.Context, serves launch.Description, more any) string {
	ctx, cancel := context.WithTimeout(ctx, StartTime)
	defer cancel()
	output, err := p.command(ctx, "describe").Output()
	if err != nil {
		return fmt.Sprintf("with the argument describe it ends with %v", err)
	}
	var printed struct {
		Name     string `json:"name"`
		Version  string `json:"version"`
		Protocol int    `json:"protocol"`
	}
	if json.Unmarshal(output, &printed) != nil || json.Unmarshal(output, more) != nil {
		return fmt.Sprintf("it must print JSON, but prints %q", Clip(string(output)))
	}
	switch {
	case printed.Name != serves.Name || printed.Version != serves.Version:
		return fmt.Sprintf("it prints name %q and version %q, but serves as %q and %q", printed.Name, printed.Version, serves.Name, serves.Version)
	case printed.Protocol != handshake.Major:
		return fmt.Sprintf("it prints protocol %d, but speaks %d", printed.Protocol, handshake.Major)
	}
	return ""
}

// ByHand checks that the program, started by a person, says what it is for and ends.
func (p Program) ByHand(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, StartTime)
	defer cancel()
	command := p.command(ctx)
	var errors bytes.Buffer
	command.Stderr = &errors
	output, err := command.Output()
	switch {
	case ctx.Err() != nil:
		return "it does not end"
	case err == nil:
		return "its exit status must not be 0"
	case len(output) > 0:
		return fmt.Sprintf("it must not write to standard output, but writes %q", Clip(string(output)))
	case strings.TrimSpace(errors.String()) == "":
		return "it must say on standard error what it is for"
	}
	return ""
}

// Lifeline checks that the process ends when its host has ended, which closes its standard input.
func (p Program) Lifeline(ctx context.Context) string {
	child, reason := p.start(ctx)
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
	case <-time.After(Dying):
		return fmt.Sprintf("it lives on %s after its standard input was closed: it would outlive a host that was killed", Dying)
	}
}

// Introduces checks what a process says of itself.
func Introduces(about launch.Description) string {
	switch {
	case !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(about.Name):
		return fmt.Sprintf("its name %q must be lower-case letters, digits and hyphens", about.Name)
	case !IsVersion(about.Version):
		return fmt.Sprintf("its version %q must be a semantic one, as 1.4.0", about.Version)
	case about.Protocol < 1:
		return fmt.Sprintf("its minor protocol version is %d; the first one is 1", about.Protocol)
	}
	return ""
}

// IsVersion tells whether a text is a semantic version.
func IsVersion(text string) bool {
	return regexp.MustCompile(`^\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?$`).MatchString(text)
}

// Health checks that the health service says that the process serves.
func Health(ctx context.Context, process *launch.Process) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := process.Ping(ctx); err != nil {
		return err.Error()
	}
	return ""
}

// Stop checks that an idle process ends when it is asked to.
func Stop(ctx context.Context, process *launch.Process) string {
	ctx, cancel := context.WithTimeout(ctx, Dying)
	defer cancel()
	if err := process.Stop(ctx); err != nil {
		return fmt.Sprintf("it does not stop within %s: %v", Dying, err)
	}
	return ""
}

// Clip keeps the beginning of a text, and tells how long it is.
func Clip(text string) string {
	const longest = 200
	if len(text) <= longest {
		return text
	}
	return text[:longest] + fmt.Sprintf("… (%d bytes)", len(text))
}
