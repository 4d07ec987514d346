package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// typed gives what read gives, or ends with ctx: a read of a terminal does not notice an interrupt. A read that is left goes on until the
// program ends.
func typed(ctx context.Context, read func() (string, error)) (string, error) {
	var text string
	var failed error
	done := make(chan struct{})
	go func() {
		defer close(done)
		text, failed = read()
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-done:
		return text, failed
	}
}

// unseen has a terminal show nothing of what is typed, until shown is called.
func unseen(terminal *os.File) (shown func() error, err error) {
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		return nil, err
	}
	shown = func() error { return term.Restore(int(terminal.Fd()), before) }
	if err := hush(terminal); err != nil {
		return nil, err
	}
	return shown, nil
}

// confirm asks a person. What is no yes is a no.
func (a *app) confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	said, err := typed(ctx, func() (string, error) { return bufio.NewReader(a.stdin).ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	said = strings.ToLower(strings.TrimSpace(said))
	return said == "y" || said == "yes", nil
}
