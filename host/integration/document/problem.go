package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a problem keeps a file from being used.
type Severity string

// The severities.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Problem is one finding in a file. Line and Column count from 1, the column in characters; 0 means that it is about the
// file as a whole.
type Problem struct {
	File     string // as it is shown to people
	Line     int
	Column   int
	Severity Severity
	Message  string // never holds a value that came from the environment or from a secret file
}

// String gives "file:line:col: message" as compilers do, with the severity before the message of a warning.
func (p Problem) String() string {
	var text strings.Builder
	text.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&text, ":%d", p.Line)
	}
	if p.Line > 0 && p.Column > 0 {
		fmt.Fprintf(&text, ":%d", p.Column)
	}
	text.WriteString(": ")
	if p.Severity == Warning {
		text.WriteString("warning: ")
	}
	text.WriteString(p.Message)
	return text.String()
}

// Problems is everything that was found, not only the first. It is an error whose text has one line for each.
type Problems []Problem

// Error lists the problems, one a line.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Failed tells whether one of them is an error.
func (p Problems) Failed() bool {
	return slices.ContainsFunc(p, func(problem Problem) bool { return problem.Severity == Error })
}

// Err gives the problems as an error, nil when none of them is one.
func (p Problems) Err() error {
	if !p.Failed() {
		return nil
	}
	return p
}

// Sorted gives the problems by file, line and column, each once.
func (p Problems) Sorted() Problems {
	sorted := slices.Clone(p)
	slices.SortStableFunc(sorted, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(sorted)
}

// Report collects the problems of one file.
type Report struct {
	File     string
	Problems Problems
}

// Errorf adds an error at the node's place; a nil node stands for the file as a whole.
func (r *Report) Errorf(at *Node, format string, args ...any) {
	if at == nil {
		at = &Node{}
	}
	r.ErrorAtf(at.Line, at.Column, format, args...)
}

// ErrorAtf adds an error at a line and column.
func (r *Report) ErrorAtf(line, column int, format string, args ...any) {
	r.add(line, column, Error, fmt.Sprintf(format, args...))
}

// Warnf adds a warning at the node's place.
func (r *Report) Warnf(at *Node, format string, args ...any) {
	r.add(at.Line, at.Column, Warning, fmt.Sprintf(format, args...))
}

func (r *Report) add(line, column int, severity Severity, message string) {
	r.Problems = append(r.Problems, Problem{File: r.File, Line: line, Column: column, Severity: severity, Message: message})
}
