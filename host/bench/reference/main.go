// Command reference is what an embedder writes first: goja inside a plain Go HTTP server, against which the benchmark
// measures. The steps are compiled once; each request gets a fresh runtime, both steps run in it, and JSON text goes
// into the first step, between the steps and out of the last one.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run serves `reference KEY=FILE…`: the steps in order, each with its key in stepResults.
func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("reference", flag.ContinueOnError)
	flags.SetOutput(stderr)
	config := flags.String("config", "{}", "configVars as JSON")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	made, err := load(*config, flags.Args())
	if err == nil {
		err = serve(made, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "reference:", err)
		return 1
	}
	return 0
}

func serve(made *job, stdout io.Writer) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: made, ReadHeaderTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Fprintf(stdout, "ready: hooks on http://%s\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

const bodyLimit = 6 << 20

// ServeHTTP answers with what the last step returned.
func (j *job) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, bodyLimit))
	if err != nil {
		http.Error(writer, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := j.run(string(body))
	if err != nil {
		http.Error(writer, err.Error(), http.StatusInternalServerError)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	writer.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = io.WriteString(writer, answer)
}
