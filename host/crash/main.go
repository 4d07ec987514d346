// Command crash proves that nothing that was accepted is lost: it sends webhooks to real hosts, kills the hosts and their
// engines with SIGKILL all the while, and then compares what the callers were promised with what the steps did.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	os.Exit(code)
}

// settings of one invocation.
type settings struct {
	root      string // of the repository
	databases []string
	kills     int // on each
	seed      uint64
	callers   int
	keep      string
}

// The exit codes, as the linters' are.
const (
	exitHeld     = 0
	exitViolated = 1
	exitUsage    = 2
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	given, err := parse(args, stderr)
	if err != nil {
		return exitUsage
	}
	folder, err := os.MkdirTemp(given.keep, "hookstep-crash-")
	if err != nil {
		fmt.Fprintln(stderr, "crash:", err)
		return exitViolated
	}
	if !rageAll(ctx, &given, folder, stdout, stderr) {
		fmt.Fprintf(stderr, "crash: logs and data are in %s; repeat with -seed %d\n", folder, given.seed)
		return exitViolated
	}
	os.RemoveAll(folder)
	return exitHeld
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var given settings
	flags := flag.NewFlagSet("crash", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&given.root, "root", ".", "the repository's folder")
	flags.IntVar(&given.kills, "kills", 600, "processes to kill on each database")
	flags.Uint64Var(&given.seed, "seed", rand.Uint64N(1_000_000), "what decides whom to kill, and when")
	flags.IntVar(&given.callers, "callers", 16, "callers at once")
	flags.StringVar(&given.keep, "folder", "", "where logs and data go meanwhile, and stay if anything is wrong; empty: the system's temporary folder")
	databases := flags.String("databases", "sqlite,postgres", "which to use")
	if err := flags.Parse(args); err != nil {
		return given, err
	}
	given.databases = strings.Split(*databases, ",")
	for _, name := range given.databases {
		if !slices.Contains(homeNames(), name) {
			err := fmt.Errorf("there is no database %q, but %s", name, strings.Join(homeNames(), " and "))
			fmt.Fprintln(stderr, "crash:", err)
			return given, err
		}
	}
	return given, nil
}

// rageAll runs a storm on each database, and tells whether all that was promised was kept.
func rageAll(ctx context.Context, given *settings, folder string, stdout, stderr io.Writer) bool {
	program := filepath.Join(folder, "hookstep")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "./host/cmd/hookstep")
	build.Dir, build.Stderr = given.root, stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(stderr, "crash:", err)
		return false
	}
	held := true
	for _, name := range given.databases {
		if err := rageOn(ctx, given, name, folder, program, stdout); err != nil {
			fmt.Fprintf(stderr, "crash: %s: %v\n", name, err)
			held = false
		}
	}
	return held
}

// mostShown is how many violations are printed; the file has all of them.
const mostShown = 30

func rageOn(ctx context.Context, given *settings, name, folder, program string, stdout io.Writer) (err error) {
	folder = filepath.Join(folder, name)
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	where, err := newHome(ctx, name, folder)
	if err != nil {
		return err
	}
	defer func() {
		if problem := where.close(); err == nil {
			err = problem
		}
	}()
	raging := &storm{home: where, folder: folder, program: program, kills: given.kills, seed: given.seed, callers: given.callers}
	made, err := raging.run(ctx)
	if made != nil {
		raging.print(stdout, made)
	}
	if err != nil {
		return err
	}
	return tell(ledger.Judge(&made.record), filepath.Join(folder, "violations.txt"), stdout)
}

// tell prints the violations, and writes all of them to a file.
func tell(violations []ledger.Violation, file string, stdout io.Writer) error {
	if len(violations) == 0 {
		fmt.Fprintf(stdout, "  every promise was kept\n\n")
		return nil
	}
	var text strings.Builder
	for i, each := range violations {
		fmt.Fprintln(&text, each)
		if i < mostShown {
			fmt.Fprintf(stdout, "  VIOLATION %s\n", each)
		}
	}
	fmt.Fprintln(stdout)
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		return err
	}
	return fmt.Errorf("%d promises were not kept; all are in %s", len(violations), file)
}
