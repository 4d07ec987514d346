package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store/home"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// printFindings writes findings as a compiler does, a line each. On a terminal the line in question follows, with a mark
// under the column.
func printFindings(stream io.Writer, look paint, findings integration.Problems) {
	for _, finding := range findings {
		fmt.Fprintf(stream, "%s%s\n", look.bold(place(finding)), severity(look, finding)+finding.Message)
		if look.terminal {
			printLine(stream, look, finding)
		}
	}
}

func place(of integration.Problem) string {
	switch {
	case of.Line > 0 && of.Column > 0:
		return fmt.Sprintf("%s:%d:%d: ", of.File, of.Line, of.Column)
	case of.Line > 0:
		return fmt.Sprintf("%s:%d: ", of.File, of.Line)
	}
	return of.File + ": "
}

func severity(look paint, of integration.Problem) string {
	if of.Severity == document.Warning {
		return look.yellow("warning:") + " "
	}
	return look.red("error:") + " "
}

// printLine shows the source of a finding. A file that is not there, or has no such line, is passed over.
func printLine(stream io.Writer, look paint, of integration.Problem) {
	text, ok := lineOf(of.File, of.Line)
	if !ok {
		return
	}
	fmt.Fprintf(stream, "%s %s\n", look.faint(fmt.Sprintf("%6d │", of.Line)), text)
	if of.Column <= 0 {
		return
	}
	var gap strings.Builder
	for i, char := range []rune(text) {
		if i >= of.Column-1 {
			break
		}
		if char != '\t' { // a tab is as wide here as it is above
			char = ' '
		}
		gap.WriteRune(char)
	}
	fmt.Fprintf(stream, "%s %s%s\n", look.faint("       │"), gap.String(), look.red("^"))
}

func lineOf(path string, number int) (string, bool) {
	if number <= 0 {
		return "", false
	}
	file, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	for at := 1; lines.Scan(); at++ {
		if at == number {
			return lines.Text(), true
		}
	}
	return "", false
}

// findingsOf turns an engine's diagnostics into findings.
func findingsOf(diagnostics []engine.Diagnostic) integration.Problems {
	findings := make(integration.Problems, len(diagnostics))
	for i, each := range diagnostics {
		findings[i] = integration.Problem{
			File: each.File, Line: each.Line, Column: each.Column, Severity: document.Error, Message: each.Message,
		}
		if each.Severity == engine.Warning {
			findings[i].Severity = document.Warning
		}
	}
	return findings
}

// invalid ends a command whose configuration or integrations cannot be used. Findings are printed as such.
func (a *app) invalid(err error) error {
	if findings, ok := errors.AsType[integration.Problems](err); ok {
		printFindings(a.stderr, a.err, findings)
		return &exit{code: exitInvalid}
	}
	_, unusable := errors.AsType[*fs.PathError](err)
	_, closed := errors.AsType[*home.OpenError](err)
	_, keyless := errors.AsType[*seal.KeyError](err)
	if unusable || closed || keyless {
		return ended(exitCannotStart, err)
	}
	return ended(exitInvalid, err)
}

// counted says how many there are: "1 error", "2 errors".
func counted(count int, noun string) string {
	if count == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", count, noun)
}
