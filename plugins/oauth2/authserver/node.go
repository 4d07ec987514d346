package authserver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// ErrMissing says that the servers are not installed on this machine, and what installs them.
var ErrMissing = errors.New("it is not installed: install npm (the Debian package npm), and run `make authserver`")

const (
	startTime = time.Minute // on a machine that compiles meanwhile
	endTime   = 10 * time.Second
)

//go:embed node/*.mjs node/package-lock.json
var scripts embed.FS

// node is a running process.
type node struct {
	address  string
	command  *exec.Cmd
	lifeline io.Closer
	told     *tail
}

// home is the folder that `make authserver` installs into. Its name tells the versions.
func home() (string, error) {
	lock, err := scripts.ReadFile("node/package-lock.json")
	if err != nil {
		return "", err
	}
	found := filepath.Join(cache(), "hookstep-tools", fmt.Sprintf("authserver-%x", sha256.Sum256(lock))[:len("authserver-")+12])
	if _, err := os.Stat(filepath.Join(found, "node_modules")); err != nil {
		return "", fmt.Errorf("%w (looked for in %s)", ErrMissing, found)
	}
	return found, nil
}

// cache is the folder that the Makefile keeps tools in.
func cache() string {
	if set := os.Getenv("XDG_CACHE_HOME"); set != "" {
		return set
	}
	return filepath.Join(os.Getenv("HOME"), ".cache")
}

// runtime is the Node that is installed with the servers, whose version they want; where there is none for the machine, its own.
func runtime(folder string) (string, error) {
	with, err := filepath.Glob(filepath.Join(folder, "node_modules", "node-*", "bin", "node"))
	if err == nil && len(with) > 0 {
		return with[0], nil
	}
	program, err := exec.LookPath("node")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return program, nil
}

func startNode(ctx context.Context, options Options, issuer string) (*node, error) {
	folder, err := home()
	if err != nil {
		return nil, err
	}
	program, err := runtime(folder)
	if err != nil {
		return nil, err
	}
	script, err := scripts.ReadFile("node/" + string(options.Kind) + ".mjs")
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(map[string]any{
		"issuer": issuer, "rotate": !options.KeepRefreshTokens,
		"accessSeconds": int(options.AccessTokenLife.Seconds()), "refreshSeconds": int(options.RefreshTokenLife.Seconds()),
	})
	if err != nil {
		return nil, err
	}
	// Run from its text, a module finds its packages in the working folder.
	command := exec.CommandContext(context.WithoutCancel(ctx), program, "--input-type=module", "--eval", string(script))
	command.Dir = folder
	command.Env = append(os.Environ(), "SETTINGS="+string(settings), "NODE_OPTIONS=")
	return listening(command)
}

// listening starts the process and waits until it has told its port.
func listening(command *exec.Cmd) (*node, error) {
	started := &node{command: command, told: &tail{}}
	command.Stderr, command.WaitDelay = started.told, endTime
	lifeline, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	started.lifeline = lifeline
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	port := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(output).ReadString('\n')
		port <- strings.TrimSpace(line)
	}()
	select {
	case said := <-port:
		started.address = "127.0.0.1:" + said
		if said == "" {
			return nil, fmt.Errorf("the authorization server ended at once: %w\n%s", started.end(), started.told)
		}
		return started, nil
	case <-time.After(startTime):
		return nil, fmt.Errorf("the authorization server did not start: %w\n%s", started.kill(), started.told)
	}
}

// end has the process end by itself; one that does not is killed.
func (n *node) end() error {
	killer := time.AfterFunc(endTime, func() { n.command.Process.Kill() }) //nolint:errcheck // it is gone then
	defer killer.Stop()
	n.lifeline.Close() //nolint:errcheck // as above
	if err := n.command.Wait(); err != nil {
		return fmt.Errorf("the authorization server: %w\n%s", err, n.told)
	}
	return nil
}

func (n *node) kill() error {
	return errors.Join(n.command.Process.Kill(), n.command.Wait())
}

// tail keeps the end of what a process says.
type tail struct {
	lock sync.Mutex
	text bytes.Buffer
}

const tailSize = 64 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.text.Write(text)
	t.text.Next(max(0, t.text.Len()-tailSize))
	return len(text), nil
}

func (t *tail) String() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return t.text.String()
}
