package storetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// childEnvironment holds the order of a process that the suite started.
const childEnvironment = "HOOKSTEP_STORETEST_CHILD"

// order is what a child is to do.
type order struct {
	Script   string
	Location string
	First    integration.ExecutionID // ids of its executions follow
}

// Child runs a host that the suite started as a process of its own, to be killed. A TestMain calls it first and ends the process
// with the code if it is a child.
func Child(home Home) (code int, child bool) {
	text, child := os.LookupEnv(childEnvironment)
	if !child {
		return 0, false
	}
	if err := serve(home, text); err != nil {
		fmt.Fprintln(os.Stderr, "the suite's child:", err)
		return 1, true
	}
	return 0, true
}

func serve(home Home, text string) error {
	var asked order
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		return err
	}
	script, known := scripts()[asked.Script]
	if !known {
		return fmt.Errorf("there is no script %q", asked.Script)
	}
	ctx := context.Background()
	opened, err := home.Open(ctx, asked.Location, time.Now)
	if err != nil {
		return err
	}
	c := &child{Store: opened, next: asked.First, in: bufio.NewReader(os.Stdin), out: os.NewFile(3, "points")}
	if err := script(ctx, c); err != nil {
		c.tellf("failed %s", strings.ReplaceAll(err.Error(), "\n", " "))
		return err
	}
	return opened.Close(ctx)
}

// child is the suite's other end of the pipes, in the child.
type child struct {
	store.Store
	lock sync.Mutex
	next integration.ExecutionID
	in   *bufio.Reader
	out  io.Writer
}

// tellf says what has happened, in one line.
func (c *child) tellf(format string, args ...any) {
	c.lock.Lock()
	_, err := fmt.Fprintf(c.out, format+"\n", args...)
	c.lock.Unlock()
	if err != nil {
		os.Exit(2) //nolint:forbidigo // the suite is gone, and nobody is left to tell
	}
}

// pointf tells what has happened and waits until the suite lets it go on; the suite may kill it instead.
func (c *child) pointf(format string, args ...any) {
	c.tellf(format, args...)
	if _, err := c.in.ReadString('\n'); err != nil {
		os.Exit(2) //nolint:forbidigo // as in tellf
	}
}

func (c *child) newID() integration.ExecutionID {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.next++
	return c.next
}

// process is a child as the suite has it.
type process struct {
	*database
	command *exec.Cmd
	first   integration.ExecutionID
	points  *bufio.Scanner
	goOn    io.WriteCloser
	ended   sync.Once
}

// idsOfChild is how many ids a child may use.
const idsOfChild = 1 << 20

// start starts a host as a process of its own.
func (d *database) start(script string) *process {
	d.Helper()
	first := integration.ExecutionID(d.ids.Add(idsOfChild) - idsOfChild)
	text, err := json.Marshal(order{script, d.location, first})
	d.must(err)
	read, write, err := os.Pipe()
	d.must(err)
	command := exec.CommandContext(context.WithoutCancel(d.Context()), os.Args[0], "-test.run=^$")
	command.Env = append(os.Environ(), childEnvironment+"="+string(text))
	command.ExtraFiles, command.Stderr = []*os.File{write}, os.Stderr
	goOn, err := command.StdinPipe()
	d.must(err)
	d.must(command.Start())
	d.must(write.Close())
	p := &process{database: d, command: command, first: first, points: bufio.NewScanner(read), goOn: goOn}
	d.Cleanup(func() {
		p.kill()
		_ = read.Close()
	})
	return p
}

// await gives the next thing that the child tells, and ends the test if it is another one than wanted.
func (p *process) await(want string) {
	p.Helper()
	if !p.points.Scan() {
		p.Fatalf("the child ended before it came to %q: %v", want, p.points.Err())
	}
	if got := p.points.Text(); got != want {
		p.Fatalf("the child told %q, want %q", got, want)
	}
}

// release lets the child go on from its point.
func (p *process) release() {
	p.Helper()
	_, err := io.WriteString(p.goOn, "go\n")
	p.must(err)
}

// kill ends the child as a power cut would, and waits until it is gone.
func (p *process) kill() {
	p.ended.Do(func() {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
	})
}

// pause stops the child where it stands, so that it is silent and alive.
func (p *process) pause() { p.signal(syscall.SIGSTOP) }

// unpause has the child go on.
func (p *process) unpause() { p.signal(syscall.SIGCONT) }

func (p *process) signal(sent syscall.Signal) {
	p.Helper()
	p.must(p.command.Process.Signal(sent))
}
