package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// questions asks a person for each input. An empty answer leaves one as it is.
func (f *filling) questions(ctx context.Context, known *wire.ConnectionDetail) (map[string]*string, error) {
	fmt.Fprintf(f.stderr, "%s, %s. An empty answer leaves an input as it is; @FILE reads it from a file.\n", f.err.bold(titleOf(keyOf(&known.Connection))), known.Label)
	if known.CallbackURL != "" && known.Token == string(connection.Authorizes) {
		fmt.Fprintf(f.stderr, "The service has to know this redirect URL: %s\n", f.err.bold(known.CallbackURL))
	}
	asking := &questioner{app: f.app, lines: bufio.NewReader(f.stdin)}
	fields := map[string]*string{}
	for i := range known.Inputs {
		input := &known.Inputs[i]
		if input.From == "file" {
			fmt.Fprintf(f.stderr, "%s: %s\n", input.Label, f.err.faint("given by the instance's file"))
			continue
		}
		value, err := asking.ask(ctx, input)
		if err != nil {
			return nil, err
		}
		if value != "" {
			fields[input.Key] = &value
		}
	}
	return fields, nil
}

// questioner asks a person at the terminal.
type questioner struct {
	*app

	lines *bufio.Reader
}

func (q *questioner) ask(ctx context.Context, input *wire.ConnectionInput) (string, error) {
	if input.Comments != "" {
		fmt.Fprintln(q.stderr, q.err.faint(input.Comments))
	}
	for {
		value, err := q.once(ctx, input)
		if err != nil {
			return "", err
		}
		if value == "" && input.From == "" && input.Required {
			fmt.Fprintln(q.stderr, q.err.yellow("this one is required"))
			continue
		}
		if value != "" && len(input.Choices) > 0 && !slices.Contains(input.Choices, value) {
			fmt.Fprintln(q.stderr, q.err.yellow("it is one of: "+strings.Join(input.Choices, ", ")))
			continue
		}
		return value, nil
	}
}

// once asks one time. What is secret is hidden before the question is there and until all of its lines are: who pastes a key is faster than
// the program.
func (q *questioner) once(ctx context.Context, input *wire.ConnectionInput) (value string, failed error) {
	if file, ok := q.stdin.(*os.File); ok && input.Secret {
		shown, err := unseen(file)
		if err != nil {
			return "", err
		}
		defer func() { failed = errors.Join(failed, shown()) }()
	}
	fmt.Fprintf(q.stderr, "%s%s: ", input.Label, hintOf(input))
	return q.answer(ctx, input)
}

// answer takes what is typed.
func (q *questioner) answer(ctx context.Context, input *wire.ConnectionInput) (string, error) {
	switch input.Kind {
	case pairsKind:
		return q.pairs(ctx, input.Key)
	case multilineKind:
		return q.multiline(ctx, input)
	}
	text, err := q.line(ctx, input.Secret)
	if err != nil || text == "" {
		return "", err
	}
	return q.read(text)
}

// read gives the value of an answer. A file that cannot be read is asked for again.
func (q *questioner) read(text string) (string, error) {
	value, err := q.value(text)
	if err != nil {
		fmt.Fprintln(q.stderr, q.err.yellow(err.Error()))
		return "", nil
	}
	return value, nil
}

// hintOf says what becomes of an empty answer, and what is expected.
func hintOf(input *wire.ConnectionInput) string {
	var said []string
	switch {
	case input.From != "" && input.Secret:
		said = append(said, "set")
	case input.From != "":
		said = append(said, input.Value)
	case !input.Required:
		said = append(said, "optional")
	case input.Placeholder != "":
		said = append(said, "as in "+input.Placeholder)
	}
	if input.Secret {
		said = append(said, "not shown")
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, ", ") + ")"
}

// line reads a line, without showing it if it is secret.
func (q *questioner) line(ctx context.Context, secret bool) (string, error) {
	file, ok := q.stdin.(*os.File)
	if !secret || !ok {
		text, err := typed(ctx, func() (string, error) { return q.lines.ReadString('\n') })
		if errors.Is(err, io.EOF) && text != "" {
			err = nil
		}
		return strings.TrimRight(text, "\r\n"), over(err)
	}
	text, err := typed(ctx, func() (string, error) {
		read, err := term.ReadPassword(int(file.Fd()))
		return string(read), err
	})
	fmt.Fprintln(q.stderr)
	return text, over(err)
}

// over says that a person had enough.
func over(err error) error {
	if errors.Is(err, io.EOF) {
		return &exit{code: exitInterrupted, err: errors.New("nothing was changed")}
	}
	return err
}

// multiline takes @FILE, or lines up to an empty one.
func (q *questioner) multiline(ctx context.Context, input *wire.ConnectionInput) (string, error) {
	var lines []string
	for {
		text, err := q.line(ctx, input.Secret)
		switch {
		case err != nil:
			return "", err
		case text == "":
			return strings.Join(lines, "\n"), nil
		case len(lines) == 0 && strings.HasPrefix(text, "@"):
			return q.read(text)
		}
		lines = append(lines, text)
		if strings.HasPrefix(text, "-----END ") {
			return strings.Join(lines, "\n") + "\n", nil
		}
	}
}

// pairs takes lines of NAME: VALUE up to an empty one.
func (q *questioner) pairs(ctx context.Context, key string) (string, error) {
	fmt.Fprintln(q.stderr, q.err.faint("one NAME: VALUE in each line, an empty line ends it"))
	var list []connection.Pair
	for {
		text, err := q.line(ctx, false)
		if err != nil {
			return "", err
		}
		if text == "" {
			break
		}
		if list, err = addPairs(list, key, text); err != nil {
			fmt.Fprintln(q.stderr, q.err.yellow("write NAME: VALUE"))
			continue
		}
	}
	if len(list) == 0 {
		return "", nil
	}
	return pairsText(list)
}
