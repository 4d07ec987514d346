package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// trace is what became of one execution, as `run --json` prints it.
type trace struct {
	ExecutionID string       `json:"executionId"`
	Steps       []tracedStep `json:"steps"`
	Fault       *tracedFault `json:"fault,omitempty"`
	Dropped     int          `json:"droppedLogLines,omitempty"`
	Response    answer       `json:"response"`
	Millis      float64      `json:"milliseconds"`
}

type tracedStep struct {
	Key    string       `json:"key"`
	Millis float64      `json:"milliseconds"`
	Logs   []tracedLine `json:"logs,omitempty"`
	Fault  *tracedFault `json:"fault,omitempty"`
}

type tracedLine struct {
	Level string `json:"level"`
	Text  string `json:"text"`
}

type tracedFault struct {
	Source  string   `json:"source"`
	Code    string   `json:"code"`
	Step    string   `json:"step,omitempty"`
	Message string   `json:"message"`
	Stack   []string `json:"stack,omitempty"`
}

// answer is the HTTP answer. A body that is text is in Body, another one only counted.
type answer struct {
	Status  int      `json:"status"`
	Headers []string `json:"headers"`
	Body    string   `json:"body,omitempty"`
	Bytes   int      `json:"bytes"`
}

// traceOf reads a report.
func traceOf(report *pipeline.Report) trace {
	made := trace{
		ExecutionID: report.Execution.ID.String(), Dropped: report.Dropped, Millis: millis(report.Outcome.Elapsed),
		Fault: faultOf(report.Outcome.Fault), Response: answerOf(report),
	}
	if report.Outcome.Trigger != nil {
		made.Steps = append(made.Steps, tracedStepOf(*report.Outcome.Trigger, report.Lines))
	}
	for _, result := range report.Outcome.Steps {
		made.Steps = append(made.Steps, tracedStepOf(result, report.Lines))
	}
	return made
}

func tracedStepOf(result engine.StepResult, lines []hostapi.Line) tracedStep {
	made := tracedStep{Key: result.Key, Millis: millis(result.Elapsed), Fault: faultOf(result.Fault)}
	for _, line := range lines {
		if line.Step == result.Key {
			made.Logs = append(made.Logs, tracedLine{Level: string(line.Level), Text: line.Text})
		}
	}
	return made
}

func faultOf(of *fault.Fault) *tracedFault {
	if of == nil {
		return nil
	}
	unplaced := *of
	unplaced.Step = "" // it is told beside the message
	made := &tracedFault{Source: string(of.Source), Code: string(of.Code), Step: of.Step, Message: unplaced.Story()}
	for _, frame := range of.Stack {
		made.Stack = append(made.Stack, frame.String())
	}
	return made
}

func answerOf(report *pipeline.Report) answer {
	made := answer{Status: report.Response.Status, Bytes: len(report.Response.Body)}
	for _, header := range report.Response.Headers {
		made.Headers = append(made.Headers, header.Name+": "+header.Value)
	}
	if isText(report.Response.Body) {
		made.Body = string(report.Response.Body)
	}
	return made
}

func isText(body []byte) bool {
	return utf8.Valid(body) && !bytes.ContainsFunc(body, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' })
}

func millis(length time.Duration) float64 { return float64(length.Microseconds()) / 1000 }

// printTrace shows an execution to a person: each step with its time and its log, then the answer.
func printTrace(stream io.Writer, look paint, of trace) {
	for _, step := range of.Steps {
		mark := look.green("✓")
		if step.Fault != nil {
			mark = look.red("✗")
		}
		fmt.Fprintf(stream, "%s %s %s\n", mark, look.bold(step.Key), look.faint(fmt.Sprintf("%.1f ms", step.Millis)))
		for _, line := range step.Logs {
			fmt.Fprintf(stream, "    %s %s\n", levelOf(look, line.Level), indented(line.Text))
		}
		printFault(stream, look, step.Fault)
	}
	if of.Fault != nil && !slices.ContainsFunc(of.Steps, func(step tracedStep) bool { return step.Fault != nil }) {
		printFault(stream, look, of.Fault)
	}
	if of.Dropped > 0 {
		fmt.Fprintf(stream, "%s %s beyond the quota were dropped\n", look.yellow("!"), counted(of.Dropped, "log line"))
	}
	fmt.Fprintf(stream, "%s\n\n", look.faint(fmt.Sprintf("total %.1f ms with the engine's start, execution %s", of.Millis, of.ExecutionID)))
}

func levelOf(look paint, level string) string {
	text := fmt.Sprintf("%-6s", level)
	switch hostapi.Level(level) {
	case hostapi.Error:
		return look.red(text)
	case hostapi.Warn:
		return look.yellow(text)
	default:
		return look.faint(text)
	}
}

func printFault(stream io.Writer, look paint, of *tracedFault) {
	if of == nil {
		return
	}
	fmt.Fprintf(stream, "    %s %s\n", look.red(of.Source+"/"+of.Code+":"), indented(of.Message))
	for _, frame := range of.Stack {
		fmt.Fprintf(stream, "      at %s\n", frame)
	}
}

// indented keeps further lines of a text under its first one.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n           ") }

// printAnswer shows the HTTP answer: status and headers, then the body. JSON is laid out for a terminal.
func printAnswer(a *app, of trace, body []byte) {
	fmt.Fprintf(a.stdout, "%s\n", a.statusLine(of.Response.Status))
	for _, header := range of.Response.Headers {
		fmt.Fprintln(a.stdout, a.out.faint(header))
	}
	fmt.Fprintln(a.stdout)
	if of.Response.Body == "" && of.Response.Bytes > 0 {
		fmt.Fprintf(a.stdout, "(%d bytes that are not text: --output FILE keeps them)\n", of.Response.Bytes)
		return
	}
	var laid bytes.Buffer
	if a.out.terminal && json.Indent(&laid, body, "", "  ") == nil {
		body = laid.Bytes()
	}
	if len(body) > 0 {
		fmt.Fprintln(a.stdout, strings.TrimSuffix(string(body), "\n"))
	}
}

func (a *app) statusLine(status int) string {
	text := fmt.Sprintf("HTTP %d", status)
	if status >= 400 {
		return a.out.red(text)
	}
	return a.out.green(text)
}

// keepBody writes the body as it is, to a file or, for "-", to stdout.
func (a *app) keepBody(path string, body []byte) error {
	if path == "-" {
		_, err := a.stdout.Write(body)
		return err
	}
	if err := os.WriteFile(path, body, 0o644); err != nil {
		return ended(exitCannotStart, err)
	}
	fmt.Fprintf(a.stderr, "wrote %d bytes to %s\n", len(body), path)
	return nil
}
