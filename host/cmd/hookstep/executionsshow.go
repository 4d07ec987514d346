package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

// story is one execution as `executions show` tells it.
type story struct {
	*remote

	full bool
}

// toldExecution is an execution with its log, as --json prints it.
type toldExecution struct {
	*wire.Detail

	Lines []wire.Line `json:"lines"`
	More  bool        `json:"moreLines,omitempty"` // than were asked for
}

func newExecutionsShow(self *app) *cobra.Command {
	asked := &story{}
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Tell the whole story of an execution",
		Long: "show tells what came in, each step with its time, its log and its result, and why it failed if it did. Long\n" +
			"values and logs are cut; --full shows all of them.",
		Args: needs("ID"),
	}
	asked.remote = self.listing(cmd)
	cmd.Flags().BoolVar(&asked.full, "full", false, "cut nothing")
	cmd.RunE = asked.asking(asked.show)
	return cmd
}

// mostLines of a log are shown unless all are asked for.
const mostLines = 200

func (s *story) show(ctx context.Context, host *client.Client, args []string) error {
	detail, err := host.Execution(ctx, args[0], s.full)
	if err != nil {
		return err
	}
	made := toldExecution{Detail: detail, Lines: []wire.Line{}}
	for after, more := 0, detail.Logs > 0; more; {
		part, err := host.Log(ctx, args[0], after)
		if err != nil {
			return err
		}
		made.Lines = append(made.Lines, part.Lines...)
		after, more = part.Next, part.More
		if !s.full && len(made.Lines) >= mostLines {
			made.More = more || len(made.Lines) > mostLines
			made.Lines = made.Lines[:mostLines]
			break
		}
	}
	if s.asJSON {
		return writeJSON(s.stdout, made)
	}
	var text bytes.Buffer
	s.tell(&text, &made, time.Now())
	_, err = text.WriteTo(s.stdout)
	return err
}

func (s *story) tell(to *bytes.Buffer, of *toldExecution, now time.Time) {
	s.head(to, of, now)
	s.input(to, of.Input)
	written := 0
	for i := range of.Steps {
		step := &of.Steps[i]
		s.step(to, step)
		for _, line := range of.Lines {
			if line.Step == step.Key {
				s.line(to, line)
				written++
			}
		}
		s.outcome(to, step)
	}
	for _, line := range of.Lines { // of a step that has not ended
		if written < len(of.Lines) && !hasStep(of.Steps, line.Step) {
			s.line(to, line)
		}
	}
	if of.More {
		fmt.Fprintf(to, "%s the log has more lines: hookstep executions logs %s\n", s.out.yellow("!"), of.ID)
	}
	if of.Dropped {
		fmt.Fprintf(to, "%s steps or payload were not kept: the load was too high\n", s.out.yellow("!"))
	}
	if of.Fault != nil && of.Status != string(store.Succeeded) && !failedInStep(of.Steps) {
		if of.EndedAt.IsZero() {
			fmt.Fprintln(to, s.out.faint("the last try ended with"))
		}
		printFault(to, s.out, s.traced(of.Fault))
	}
}

func hasStep(steps []wire.Step, key string) bool {
	for i := range steps {
		if steps[i].Key == key {
			return true
		}
	}
	return false
}

func failedInStep(steps []wire.Step) bool {
	return len(steps) > 0 && steps[len(steps)-1].Fault != nil && !steps[len(steps)-1].Ignored
}

func (s *story) head(to *bytes.Buffer, of *toldExecution, now time.Time) {
	fmt.Fprintf(to, "%s  %s  %s\n", s.out.bold(of.ID), s.out.status(of.Status)(of.Status), placeOf(of.Instance, of.Flow)+s.out.faint(" of "+of.Integration))
	fmt.Fprintf(to, "started %s by %s, %s; code ran %s\n", relative(of.StartedAt, now), of.Source, s.out.faint(whole(of.StartedAt)), took(of.Millis))
	switch {
	case !of.EndedAt.IsZero():
		fmt.Fprintf(to, "ended %s\n", relative(of.EndedAt, now))
	case !of.Due.IsZero():
		fmt.Fprintf(to, "goes on %s\n", relative(of.Due, now))
	}
	if of.Losses > 0 {
		fmt.Fprintf(to, "its engine was lost %s since the last step\n", counted(of.Losses, "time"))
	}
	if of.Attempt > 0 {
		fmt.Fprintf(to, "repeated %s\n", counted(of.Attempt, "time"))
	}
	if of.ReplayOf != "" {
		fmt.Fprintf(to, "replay of %s\n", of.ReplayOf)
	}
	if of.ReplayedAs != "" {
		fmt.Fprintf(to, "replayed as %s\n", of.ReplayedAs)
	}
	to.WriteByte('\n')
}

func (s *story) input(to *bytes.Buffer, of *wire.Input) {
	if of == nil {
		return
	}
	if of.Method != "" {
		fmt.Fprintf(to, "%s %s\n", s.out.bold(of.Method), s.out.clean(of.URL))
	}
	for _, header := range of.Headers {
		if s.full || strings.HasPrefix(header.Name, "content-") {
			fmt.Fprintln(to, s.out.faint(s.out.clean(header.Name+": "+header.Value)))
		}
	}
	for _, value := range []*wire.Value{of.Body, of.Data} {
		if value != nil {
			fmt.Fprintf(to, "  %s\n", s.value(value))
		}
	}
	to.WriteByte('\n')
}

func (s *story) step(to *bytes.Buffer, of *wire.Step) {
	mark, remark := s.out.green("✓"), ""
	switch {
	case of.Ignored:
		mark, remark = s.out.yellow("!"), ", ignored"
	case of.Fault != nil:
		mark = s.out.red("✗")
	}
	if of.Tries > 0 {
		remark += ", repeated " + counted(of.Tries, "time")
	}
	fmt.Fprintf(to, "%s %s %s\n", mark, s.out.bold(of.Key), s.out.faint(took(of.Millis)+remark))
}

func (s *story) line(to *bytes.Buffer, line wire.Line) {
	fmt.Fprintf(to, "    %s %s\n", levelOf(s.out, line.Level), indented(s.out.clean(line.Text)))
}

func (s *story) outcome(to *bytes.Buffer, of *wire.Step) {
	if of.Results != nil {
		fmt.Fprintf(to, "    %s %s\n", s.out.faint("→"), s.value(of.Results))
	}
	if of.Fault != nil {
		printFault(to, s.out, s.traced(of.Fault))
	}
}

func (s *story) traced(of *wire.Fault) *tracedFault {
	return &tracedFault{Source: of.Source, Code: of.Code, Step: of.Step, Message: s.out.clean(of.Message), Stack: of.Stack}
}

// value shows a value on a line, or on as many as it needs if nothing is to be cut.
func (s *story) value(of *wire.Value) string {
	const most = 160
	switch {
	case of.Cut:
		return s.out.faint(fmt.Sprintf("(%d bytes, --full shows them)", of.Size))
	case of.JSON != nil && s.full:
		var laid bytes.Buffer
		if json.Indent(&laid, of.JSON, "    ", "  ") == nil {
			return s.out.clean(laid.String()) + blobs(of.Blobs)
		}
	case of.JSON != nil:
		return short(s.out.clean(string(of.JSON)), most)
	case isText(of.Base64) && s.full:
		return indented(string(of.Base64))
	case isText(of.Base64):
		return short(string(of.Base64), most)
	}
	kind, _, _ := mime.ParseMediaType(of.ContentType)
	if s.full {
		return base64.StdEncoding.EncodeToString(of.Base64)
	}
	return s.out.faint(strings.TrimSpace(fmt.Sprintf("(%d bytes %s", of.Size, kind)) + ")")
}

func blobs(of []wire.Blob) string {
	var text strings.Builder
	for _, blob := range of {
		fmt.Fprintf(&text, "\n    %s: %d bytes, %s", blob.Pointer, len(blob.Base64), base64.StdEncoding.EncodeToString(blob.Base64))
	}
	return text.String()
}
