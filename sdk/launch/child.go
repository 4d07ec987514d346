package launch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-plugin"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/internal/handshake"
)

// child is the operating system's side of a plugin: process, pipes, folder and limits.
type child struct {
	command Command
	folder  string // of the socket
	client  *plugin.Client
	log     *logPump
	out     *outPump

	pid    int
	dying  chan struct{} // closed when the process is to be killed or has ended
	gone   chan struct{} // closed when the process has ended and err is set
	err    *fault.Fault  // why it ended
	exited chan struct{} // closed after that, when everything is given back

	mu       sync.Mutex
	running  bool         // there is a process to kill
	reason   *fault.Fault // why it is to be killed
	lifeline *os.File     // the process ends itself when this closes
}

// The longest path of a folder that leaves room for a socket's name in its address.
const longestFolder = 60

func newChild(command Command) (*child, error) {
	parent := os.TempDir()
	if len(parent) > longestFolder {
		parent = "/tmp"
	}
	folder, err := handshake.MakeSockets(parent)
	if err != nil {
		return nil, fault.New(fault.Host, fault.Unavailable, "making the socket's folder: %v", err)
	}
	return &child{
		command: command,
		folder:  folder,
		log:     newLogPump(command.Stderr),
		out:     newOutPump(),
		dying:   make(chan struct{}),
		gone:    make(chan struct{}),
		exited:  make(chan struct{}),
	}, nil
}

// start starts the process with the environment that the protocol prescribes.
func (c *child) start(protocol []string) error {
	path, err := exec.LookPath(c.command.Path)
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil { // the working folder may be another one
		return err
	}
	pipes, err := newPipes()
	if err != nil {
		return err
	}
	cmd := &exec.Cmd{
		Path:        path,
		Args:        append([]string{path}, c.command.Args...),
		Env:         c.environment(protocol),
		Dir:         c.command.Dir,
		Stdin:       pipes.stdin[0],
		Stdout:      pipes.stdout[1],
		Stderr:      pipes.stderr[1],
		SysProcAttr: groupOfItsOwn(),
	}
	if err := c.launch(cmd); err != nil {
		pipes.close()
		return err
	}
	pipes.closeChilds()
	c.lifeline = pipes.stdin[1]
	limited := limit(c.pid, c.command.Memory)
	if limited != nil {
		c.log.write("hookstep: " + limited.Error())
	}
	go c.attend(cmd, pipes)
	return nil
}

func (c *child) launch(cmd *exec.Cmd) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reason != nil {
		return c.reason
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	c.pid = cmd.Process.Pid
	c.running = true
	return nil
}

// environment is exactly what the process gets.
func (c *child) environment(protocol []string) []string {
	env := slices.Clone(c.command.Env)
	for _, entry := range protocol {
		if !strings.HasPrefix(entry, handshake.SocketDir+"=") {
			env = append(env, entry)
		}
	}
	env = append(env, handshake.SocketDir+"="+c.folder)
	if c.command.Memory > 0 {
		env = append(env, handshake.MemoryLimit+"="+strconv.FormatInt(c.command.Memory, 10))
	}
	return env
}

// How long pipes may stay open after the process has ended: somebody outside its group may hold them.
const draining = 500 * time.Millisecond

// attend waits for the end of the process and then makes an end of everything around it.
func (c *child) attend(cmd *exec.Cmd, pipes *pipes) {
	var pumps sync.WaitGroup
	pumps.Go(func() { c.out.pump(pipes.stdout[0]) })
	pumps.Go(func() { c.log.pump(pipes.stderr[0]) })
	ended := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watchMemory(ended)
	}()

	if awaitExit(c.pid) {
		c.killGroup() // what it started
	}
	_ = cmd.Wait()
	c.mu.Lock()
	c.running = false
	c.doom()
	c.mu.Unlock()
	close(ended)
	<-watched

	c.letGo()
	late := time.AfterFunc(draining, pipes.closeOurs)
	pumps.Wait()
	late.Stop()
	pipes.closeOurs()
	c.err = c.ending(cmd.ProcessState)
	close(c.gone)
	c.release()
	close(c.exited)
}

// release gives back what go-plugin and the file system hold. The process is gone or was never there.
func (c *child) release() {
	if c.client != nil {
		c.client.Kill()
	}
	_ = os.RemoveAll(c.folder)
}

// kill ends the process group, or keeps it from starting. The first reason counts.
func (c *child) kill(reason *fault.Fault) {
	c.mu.Lock()
	if c.reason == nil {
		c.reason = reason
	}
	c.doom()
	c.mu.Unlock()
	c.killGroup()
}

// doom tells that the process is of no more use. The caller holds mu.
func (c *child) doom() {
	select {
	case <-c.dying:
	default:
		close(c.dying)
	}
}

// killGroup is harmless once the process was waited for: its id may belong to somebody else then.
func (c *child) killGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		killGroup(c.pid)
	}
}

func (c *child) killedBy() *fault.Fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reason
}

// letGo closes the lifeline.
func (c *child) letGo() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lifeline != nil {
		_ = c.lifeline.Close()
		c.lifeline = nil
	}
}

// ending is why the process ended.
func (c *child) ending(state *os.ProcessState) *fault.Fault {
	if reason := c.killedBy(); reason != nil {
		return reason
	}
	if !state.Success() && c.log.outOfMemory() {
		return c.memoryFault()
	}
	message := "it ended with " + state.String()
	if words := c.log.lastWords(); words != "" && !state.Success() {
		message += "; its last words: " + words
	}
	return fault.New(fault.Engine, fault.WorkerLost, "%s", message)
}

func (c *child) memoryFault() *fault.Fault {
	if c.command.Memory == 0 {
		return fault.New(fault.Limit, fault.Memory, "the engine process ran out of memory")
	}
	return fault.New(fault.Limit, fault.Memory, "the engine process ran out of its memory of %d MiB", c.command.Memory>>20)
}
