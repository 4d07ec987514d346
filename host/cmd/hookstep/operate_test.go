package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// ask repeats a command of the program until what it prints matches.
//
//	ask PATTERN ARG…
func (s *stage) ask(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("ask takes a pattern and arguments")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	return poll(func() error {
		out, err := s.hookstep(ts, args[1:]...)
		if err == nil && !pattern.Match(out) {
			err = fmt.Errorf("it printed:\n%swant %q", out, args[0])
		}
		return err
	})
}

// id sets a variable to the id of the newest execution that a filter selects.
//
//	id NAME [FLAG…]
func (s *stage) id(ts *testscript.TestScript, args []string) error {
	if len(args) < 1 {
		return errors.New("id takes a name and a filter")
	}
	out, err := s.hookstep(ts, append([]string{"executions", "list", "--json", "--admin", ts.Getenv("ADMIN")}, args[1:]...)...)
	if err != nil {
		return err
	}
	var page struct {
		Executions []struct {
			ID string `json:"id"`
		} `json:"executions"`
	}
	if err := json.Unmarshal(out, &page); err != nil || len(page.Executions) == 0 {
		return fmt.Errorf("no execution in\n%s%w", out, err)
	}
	ts.Setenv(args[0], page.Executions[0].ID)
	return nil
}

// hookstep runs the program with the variables that the script has by now.
func (s *stage) hookstep(ts *testscript.TestScript, args ...string) ([]byte, error) {
	command := exec.Command(filepath.Join(binary, "hookstep"), args...)
	command.Dir = ts.MkAbs(".")
	command.Env = append(slices.Clip(s.env.Vars), "HOOKSTEP_DATA="+ts.Getenv("HOOKSTEP_DATA"))
	out, err := command.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%v: %w\n%s%s", args, err, out, failed.Stderr)
	}
	return out, err
}
