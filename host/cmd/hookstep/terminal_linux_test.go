package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// terminal runs a command of the program as a person at a terminal does, who types a line when asked for one. What the terminal showed is in the
// file terminal.out then. A line of several, with \n between them, is pasted at once; ^C is an interrupt, with which the program has to end.
//
//	terminal LINE ARG…
func (s *stage) terminal(ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errors.New("terminal takes a line and arguments")
	}
	master, slave, err := openTerminal()
	if err != nil {
		return err
	}
	defer master.Close()
	command := exec.Command(filepath.Join(binary, "hookstep"), args[1:]...)
	command.Dir = ts.MkAbs(".")
	command.Env = append(slices.Clip(s.env.Vars), "TERM=xterm", "HOOKSTEP_DATA="+ts.Getenv("HOOKSTEP_DATA"))
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		return err
	}
	if err := slave.Close(); err != nil {
		return err
	}
	var shown bytes.Buffer
	if _, err := io.Copy(&shown, &typist{terminal: master, line: keysOf(args[0])}); err != nil && !errors.Is(err, syscall.EIO) { // that is how a terminal's other end closes
		return err
	}
	if err := command.Wait(); err != nil && (args[0] != interrupt || command.ProcessState.ExitCode() != interruptedCode) {
		return fmt.Errorf("%v: %w\n%s", args[1:], err, shown.String())
	}
	return os.WriteFile(ts.MkAbs("terminal.out"), bytes.ReplaceAll(shown.Bytes(), []byte("\r\n"), []byte("\n")), 0o644)
}

const (
	interrupt       = "^C"
	interruptedCode = 130
)

// keysOf is what a person presses to answer with a line.
func keysOf(line string) string {
	if line == interrupt {
		return "\x03"
	}
	return strings.ReplaceAll(line, `\n`, "\n") + "\n"
}

// typist reads what a terminal shows, and types a line when it is asked for one: when what is shown ends within a line.
type typist struct {
	terminal *os.File
	line     string // "" once it is typed
}

func (p *typist) Read(into []byte) (int, error) {
	n, err := p.terminal.Read(into)
	if n == 0 || err != nil || into[n-1] == '\n' || p.line == "" {
		return n, err
	}
	_, err = p.terminal.WriteString(p.line)
	p.line = ""
	return n, err
}

// openTerminal makes a pseudo terminal: what is typed and shown, and what a program has.
func openTerminal() (master, slave *os.File, err error) {
	if master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0); err != nil {
		return nil, nil, err
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}
