// Command bench measures the order flow of testdata, through real processes and HTTP on loopback, against the same job
// with goja inside a plain Go server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	cancel()
	os.Exit(code)
}

// settings of one invocation.
type settings struct {
	root        string // of the repository
	rounds      int
	length      time.Duration // of one measurement
	connections []int
	soak        int // requests; 0: compare instead
	part        string
	out         io.Writer
	rows        int    // of the list
	folder      string // where programs and databases go meanwhile
	hookstep    string // the programs
	reference   string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	given, err := parse(args, stdout, stderr)
	if err != nil {
		return 2
	}
	if err := measure(ctx, &given); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stdout, stderr io.Writer) (settings, error) {
	given := settings{out: stdout}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&given.root, "root", ".", "the repository's folder")
	flags.IntVar(&given.rounds, "rounds", 5, "rounds of each comparison")
	flags.DurationVar(&given.length, "for", 2*time.Second, "length of one measurement")
	flags.StringVar(&given.part, "part", "all", "what to measure: all, or one of "+strings.Join(partNames(), ", "))
	flags.StringVar(&given.folder, "folder", "", "where programs and databases go meanwhile; empty: the system's temporary folder")
	flags.IntVar(&given.rows, "rows", 1_000_000, "executions in the database of the list")
	soak := flags.Bool("soak", false, "send many requests and compare memory, goroutines and file descriptors instead")
	count := flags.Int("requests", 200_000, "requests of the soak")
	connections := flags.String("connections", "1,16,64", "numbers of connections to compare at")
	if err := flags.Parse(args); err != nil {
		return given, err
	}
	if *soak {
		given.soak = *count
	}
	if given.part != "all" && !slices.Contains(partNames(), given.part) {
		fmt.Fprintf(stderr, "bench: there is no part %q\n", given.part)
		return given, errors.New("wrong flag")
	}
	for text := range strings.SplitSeq(*connections, ",") {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 {
			fmt.Fprintf(stderr, "bench: not a number of connections: %q\n", text)
			return given, errors.New("wrong flag")
		}
		given.connections = append(given.connections, number)
	}
	return given, nil
}

// part is one thing to measure.
type part struct {
	name string
	do   func(context.Context, *settings) error
}

func parts() []part {
	return []part{
		{"compare", compare},
		{"start", start},
		{"flows", flows},
		{"recorded", recorded},
		{"steps", stored},
		{"engines", engines},
		{"list", list},
	}
}

func partNames() []string {
	var names []string
	for _, each := range parts() {
		names = append(names, each.name)
	}
	return names
}

func measure(ctx context.Context, given *settings) error {
	folder, err := os.MkdirTemp(given.folder, "hookstep-bench-")
	if err != nil {
		return err
	}
	given.folder = folder
	defer os.RemoveAll(folder)
	if given.hookstep, err = build(ctx, given.root, folder, "hookstep", "./host/cmd/hookstep"); err != nil {
		return err
	}
	if given.soak > 0 {
		return soak(ctx, given)
	}
	if given.reference, err = build(ctx, given.root, folder, "reference", "./host/bench/reference"); err != nil {
		return err
	}
	for _, part := range parts() {
		if given.part != "all" && given.part != part.name {
			continue
		}
		if err := part.do(ctx, given); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func build(ctx context.Context, root, folder, name, source string) (string, error) {
	path := filepath.Join(folder, name)
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", path, source)
	command.Dir, command.Stderr = root, os.Stderr
	return path, command.Run()
}
