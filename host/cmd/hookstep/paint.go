package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
)

// paint colours text for a terminal, and leaves it alone for anything else.
type paint struct {
	terminal bool
	colour   bool
}

func newPaint(stream io.Writer, env []string) paint {
	file, ok := stream.(*os.File)
	terminal := ok && isatty.IsTerminal(file.Fd())
	plain := slices.ContainsFunc(env, func(entry string) bool {
		name, value, _ := strings.Cut(entry, "=")
		return name == "NO_COLOR" && value != "" || name == "TERM" && value == "dumb"
	})
	return paint{terminal: terminal, colour: terminal && !plain}
}

func (p paint) red(text string) string    { return p.with("31;1", text) }
func (p paint) yellow(text string) string { return p.with("33;1", text) }
func (p paint) green(text string) string  { return p.with("32;1", text) }
func (p paint) bold(text string) string   { return p.with("1", text) }
func (p paint) faint(text string) string  { return p.with("2", text) }

func (p paint) with(code, text string) string {
	if !p.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
