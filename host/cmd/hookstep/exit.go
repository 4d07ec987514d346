package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes. exitTable says them to people; a test compares README.md with it.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInvalid     = 3
	exitCannotStart = 4
	exitNoHost      = 5
	exitInterrupted = 130
)

type exitMeaning struct {
	code    int
	meaning string
}

func exitTable() []exitMeaning {
	return []exitMeaning{
		{exitOK, "done; `serve`: stopped by a signal after all that ran had finished"},
		{exitFailed, "the answer is no: the flow failed or was rejected (`run`), there are errors (`check`), a case failed (`plugins test`), a host refuses"},
		{exitUsage, "the command line is wrong: unknown command, flag or flow, missing argument"},
		{exitInvalid, "the configuration, an integration or an instance is not valid"},
		{exitCannotStart, "cannot start: port in use, file or folder not readable or writable, database not usable or in use, key for secrets wrong, engine does not start"},
		{exitNoHost, "no host answers, it refuses the token, or it cannot reach its database (commands that ask a running host)"},
		{exitInterrupted, "interrupted before the end; `serve`: by a second interrupt, without waiting for what ran (a second SIGTERM: 143)"},
	}
}

// exit is the end of the program with a code other than exitOK. err may be nil when everything has been said.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// ended gives err an exit code, unless it has one.
func ended(code int, err error) error {
	if _, ok := errors.AsType[*exit](err); ok {
		return err
	}
	return &exit{code: code, err: err}
}

// exitOf reads the exit code of an error. One without is cobra's: the command line was wrong.
func exitOf(err error) *exit {
	if found, ok := errors.AsType[*exit](err); ok {
		return found
	}
	return &exit{code: exitUsage, err: err}
}

func newExitCodes() *cobra.Command {
	var text strings.Builder
	text.WriteString("Exit codes of every command:\n\n")
	for _, row := range exitTable() {
		fmt.Fprintf(&text, "%5d  %s\n", row.code, row.meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: text.String()}
}

func usagef(format string, args ...any) error {
	return &exit{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// needs takes exactly these arguments, and names them where they are missing.
func needs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return usagef("%s needs %s", cmd.Name(), strings.Join(names[len(args):], " and "))
		case len(args) > len(names):
			return usagef("%s takes no further argument: %q", cmd.Name(), args[len(names)])
		}
		return nil
	}
}
