package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/bench/process"
)

// fleet is the hosts of a run.
type fleet struct {
	members []*member
}

// member is one host, through all its lives.
type member struct {
	program process.Program
	data    string // its folder
	log     *os.File

	mu      sync.Mutex
	server  *process.Server
	hooks   string // addresses of this life; empty until it is ready
	admin   string
	api     *client.Client // of this life, once it was asked for
	lives   int
	begun   time.Time
	started []time.Duration // of each life that got ready, how long it took
	readyAt time.Time       // zero until it is
	engines []int           // of earlier lives; none may outlive its host
}

// readyLine tells both addresses of a host that serves.
func readyLine() *regexp.Regexp {
	return regexp.MustCompile(`^ready: hooks on http://([^\s,]+), operators on http://(\S+)`)
}

// newMember prepares a host that logs into a folder, and has its data in another.
func newMember(logs, data string, program *process.Program) (*member, error) {
	log, err := os.Create(filepath.Join(logs, program.Name+".log"))
	if err != nil {
		return nil, err
	}
	made := &member{program: *program, log: log, data: data}
	made.program.Ready, made.program.Log = readyLine(), log
	return made, nil
}

// start begins a life of the host, and does not wait until it is ready.
func (m *member) start(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lives++
	fmt.Fprintf(m.log, "--- life %d of %s begins at %s\n", m.lives, m.program.Name, time.Now().UTC().Format(time.RFC3339Nano))
	server, err := process.Launch(ctx, &m.program)
	if err != nil {
		return err
	}
	m.server, m.hooks, m.admin, m.api, m.begun, m.readyAt = server, "", "", nil, time.Now(), time.Time{}
	go m.watch(server)
	return nil
}

// watch notes when a life is ready.
func (m *member) watch(server *process.Server) {
	select {
	case <-server.Ready():
	case <-server.Ended():
		return
	}
	lines := server.Lines()
	found := readyLine().FindStringSubmatch(lines[len(lines)-1])
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.server == server {
		m.hooks, m.admin, m.readyAt = found[1], found[2], time.Now()
		m.started = append(m.started, m.readyAt.Sub(m.begun))
	}
}

// address is where a host that is ready takes webhooks; empty while it is not.
func (m *member) address() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.hooks
}

// life gives the process of this life.
func (m *member) life() *process.Server {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.server
}

// kill ends this life with SIGKILL. It tells whether the host was ready.
func (m *member) kill() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if engines, err := process.Children(m.server.PID()); err == nil {
		m.engines = append(m.engines, engines...)
	}
	m.hooks, m.admin, m.api = "", "", nil
	m.server.Kill()
	return !m.readyAt.IsZero()
}

// killEngine ends one engine process of the host, if it has any. Choose picks one of a number.
func (m *member) killEngine(choose func(int) int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.readyAt.IsZero() {
		return false
	}
	engines, err := process.Children(m.server.PID())
	if err != nil || len(engines) == 0 {
		return false
	}
	return syscall.Kill(engines[choose(len(engines))], syscall.SIGKILL) == nil
}

// died tells that the host ended by itself, and the last of what it wrote.
func (m *member) died() (string, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.server.Ended():
		return m.server.Errors(), true
	default:
		return "", false
	}
}

// ready gives the hosts that take requests.
func (f *fleet) ready() []*member {
	var found []*member
	for _, each := range f.members {
		if each.address() != "" {
			found = append(found, each)
		}
	}
	return found
}

// await waits until all hosts are ready.
func (f *fleet) await(ctx context.Context) error {
	for len(f.ready()) < len(f.members) {
		for _, each := range f.members {
			if words, dead := each.died(); dead {
				return fmt.Errorf("%s ended before it was ready; it wrote:\n%s", each.program.Name, words)
			}
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	return nil
}

// orphanTime is how long an engine may live on when its host was killed.
const orphanTime = 10 * time.Second

// retire asks all hosts to end, waits, and holds that no engine of any life is left.
func (f *fleet) retire(ctx context.Context) error {
	ends := make([]error, len(f.members))
	var group sync.WaitGroup
	for i, each := range f.members {
		group.Go(func() { ends[i] = each.retire() })
	}
	group.Wait()
	left := f.orphans()
	for late := time.Now().Add(orphanTime); len(left) > 0 && time.Now().Before(late); left = f.orphans() {
		_ = pause(ctx, pollEvery)
	}
	if len(left) > 0 {
		return errors.Join(errors.Join(ends...), fmt.Errorf("engines of hosts that are gone are still there: %v", left))
	}
	return errors.Join(ends...)
}

func (m *member) retire() error {
	if life := m.life(); life != nil {
		return errors.Join(life.Stop(), m.log.Close())
	}
	return m.log.Close()
}

// orphans gives the engines of killed hosts that are still there.
func (f *fleet) orphans() []int {
	var left []int
	for _, each := range f.members {
		left = slices.AppendSeq(left, slices.Values(each.engines))
	}
	return slices.DeleteFunc(left, func(pid int) bool { return !isEngine(pid) })
}

// isEngine tells whether a process is an engine of Hookstep: the number may be another's by now.
func isEngine(pid int) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && regexp.MustCompile(`\x00serve-plugin\x00`).Match(line)
}
