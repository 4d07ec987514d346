//go:build unix

// Package scratch starts throw-away PostgreSQL clusters for tests, measurements and crash runs.
//
// A cluster lives in a temporary folder and listens on a free loopback port only. It syncs to disk as a real one does,
// unless its settings say otherwise. PostgreSQL refuses to run as root: then it runs as the user postgres.
package scratch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser   = "hookstep"
	startTime   = 60 * time.Second // crash recovery on a busy disk included
	pollTime    = 10 * time.Millisecond
	connectTime = 2 * time.Second
)

// Cluster is a PostgreSQL server with a folder of its own. Its methods may be called from several goroutines.
type Cluster struct {
	binaries string
	folder   string
	port     int
	settings []string
	owner    *syscall.Credential // nil: as this process

	lock    sync.Mutex
	running *server // nil while it is stopped
}

// New makes a cluster and starts it. Settings are those of postgresql.conf, each as name=value. An error of
// ErrMissing's kind says which package to install. Remove must follow.
func New(ctx context.Context, settings ...string) (*Cluster, error) {
	binaries, err := find()
	if err != nil {
		return nil, err
	}
	owner, err := credential()
	if err != nil {
		return nil, err
	}
	folder, err := home(owner)
	if err != nil {
		return nil, err
	}
	made := &Cluster{binaries: binaries, folder: folder, settings: settings, owner: owner}
	if err := made.create(ctx); err != nil {
		return nil, errors.Join(err, made.Remove())
	}
	return made, nil
}

// home makes a folder that belongs to the cluster's user.
func home(owner *syscall.Credential) (string, error) {
	folder, err := os.MkdirTemp("", "hookstep-postgres-")
	if err != nil || owner == nil {
		return folder, err
	}
	if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
		return "", errors.Join(err, os.RemoveAll(folder))
	}
	return folder, nil
}

func (c *Cluster) create(ctx context.Context) error {
	made := exec.CommandContext(ctx, filepath.Join(c.binaries, "initdb"), "--pgdata", c.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	made.Dir, made.Env = c.folder, os.Environ()
	made.SysProcAttr = &syscall.SysProcAttr{Credential: c.owner}
	if told, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("making a PostgreSQL cluster: %w\n%s", err, told)
	}
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	c.port = port
	return c.Start(ctx)
}

// freePort is one that nobody listens on; it stays the cluster's over all its starts.
func freePort(ctx context.Context) (int, error) {
	listening, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listening.Close() }()
	_, port, err := net.SplitHostPort(listening.Addr().String())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }
func (c *Cluster) log() string  { return filepath.Join(c.folder, "log") }

// URL is the address of the cluster's first database, for its superuser; it stays the same over stops and starts.
func (c *Cluster) URL() string { return c.address("postgres") }

func (c *Cluster) address(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", superuser, c.port, database)
}

// Database makes an empty database and gives its address.
func (c *Cluster) Database(ctx context.Context, name string) (string, error) {
	connected, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		return "", err
	}
	defer func() { _ = connected.Close(ctx) }()
	_, err = connected.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	return c.address(name), err
}

// Start starts the cluster, which is stopped, and waits until it takes connections.
func (c *Cluster) Start(ctx context.Context) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.running != nil {
		return errors.New("the cluster runs already")
	}
	begun, err := c.begin()
	if err != nil {
		return err
	}
	if err := c.ready(ctx, begun); err != nil {
		begun.signal(syscall.SIGKILL)
		<-begun.ended
		return err
	}
	c.running = begun
	return nil
}

func (c *Cluster) begin() (*server, error) {
	log, err := os.OpenFile(c.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the server has it open itself
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port), "-k", "", "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300"}
	for _, one := range c.settings {
		args = append(args, "-c", one)
	}
	command := exec.Command(filepath.Join(c.binaries, "postgres"), args...) //nolint:noctx // it outlives the ctx of whoever starts it
	command.Dir, command.Stdout, command.Stderr = c.folder, log, log
	command.SysProcAttr = attributes(c.owner)
	return run(command)
}

// ready waits until the server takes connections.
func (c *Cluster) ready(ctx context.Context, begun *server) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	turn := time.NewTicker(pollTime)
	defer turn.Stop()
	for {
		if c.answers(ctx) {
			return nil
		}
		select {
		case <-begun.ended:
			return fmt.Errorf("PostgreSQL ended at its start:\n%s", c.told())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", ctx.Err(), c.told())
		case <-turn.C:
		}
	}
}

func (c *Cluster) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	connected, err := pgx.Connect(ctx, c.URL())
	if err != nil {
		return false
	}
	return connected.Close(ctx) == nil
}

// told is what the server logged, from near its end.
func (c *Cluster) told() string {
	text, err := os.ReadFile(c.log())
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-4096):]))
}

// Stop ends the server as an operator would in a hurry: sessions are cut off, what was committed is on the disk.
func (c *Cluster) Stop() error {
	return c.end(func(of *server) { of.signal(syscall.SIGINT) })
}

// Kill ends the server and all its processes with SIGKILL, as a crash would.
func (c *Cluster) Kill() error {
	return c.end((*server).kill)
}

func (c *Cluster) end(how func(*server)) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.running == nil {
		return errors.New("the cluster does not run")
	}
	how(c.running)
	<-c.running.ended
	c.running = nil
	return nil
}

// Pause stops all processes of the server where they stand, connections stay open and nobody answers. Resume lets them go on.
func (c *Cluster) Pause() error {
	return c.still(func(of *server) { of.all(syscall.SIGSTOP) })
}

// Resume lets a paused server go on.
func (c *Cluster) Resume() error {
	return c.still(func(of *server) { of.all(syscall.SIGCONT) })
}

func (c *Cluster) still(how func(*server)) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	if c.running == nil {
		return errors.New("the cluster does not run")
	}
	how(c.running)
	return nil
}

// Remove ends the server, if it runs, and removes its folder.
func (c *Cluster) Remove() error {
	c.lock.Lock()
	running := c.running != nil
	c.lock.Unlock()
	if running {
		if err := c.Kill(); err != nil {
			return err
		}
	}
	return os.RemoveAll(c.folder)
}

// Dump gives what pg_dump writes of a database by its URL: a row in each line.
func (c *Cluster) Dump(ctx context.Context, address string) ([]byte, error) {
	dump := exec.CommandContext(ctx, filepath.Join(c.binaries, "pg_dump"), "--inserts", address)
	var failed bytes.Buffer
	dump.Stderr = &failed
	text, err := dump.Output()
	if err != nil {
		return nil, fmt.Errorf("pg_dump: %w: %s", err, failed.String())
	}
	return text, nil
}
