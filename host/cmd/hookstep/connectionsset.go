package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// filling is what `connections set` was asked for.
type filling struct {
	*chosen

	unset []string
}

func newConnectionsSet(self *app) *cobra.Command {
	asked := &filling{}
	cmd := &cobra.Command{
		Use:   "set NAME [KEY=VALUE…]",
		Short: "Fill in a connection: asks for each input, or takes them as arguments",
		Long: "Without KEY=VALUE it asks for each input; what is secret is not shown. With them it sets those, and leaves the others as they are.\n" +
			"A VALUE of @FILE is read from a file and one of - from standard input: what is secret is best given so, for arguments stay in\n" +
			"the shell's history. Headers and other key/value lists are given one by one, as in headers=X-Tenant:acme.",
		Example: "  hookstep connections set \"Shop API\"\n  hookstep connections set shop-api --instance acme apiKey=@shop.key",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("set needs NAME")
			}
			return nil
		},
	}
	asked.chosen = choosing(cmd, self.listing(cmd))
	cmd.Flags().StringSliceVar(&asked.unset, "unset", nil, "input to take back; may be repeated")
	cmd.RunE = asked.asking(asked.set)
	return cmd
}

func (f *filling) set(ctx context.Context, host *client.Client, args []string) error {
	key, err := f.find(ctx, host, args[0])
	if err != nil {
		return err
	}
	known, err := host.Connection(ctx, key)
	if err != nil {
		return err
	}
	if !known.Declared {
		return ended(exitFailed, fmt.Errorf("no integration that is served declares %s: what is kept can be deleted, not set", titleOf(key)))
	}
	fields, err := f.fields(ctx, known, args[1:])
	if err != nil {
		return err
	}
	if len(fields) == 0 {
		fmt.Fprintln(f.stderr, "nothing is changed")
		return nil
	}
	made, err := host.SetConnection(ctx, key, fields)
	if err != nil {
		return f.unfit(err, "nothing was changed")
	}
	if f.asJSON {
		return writeJSON(f.stdout, made)
	}
	f.report(made)
	return nil
}

// fields gives what is to be set: what the arguments say, or what a person does.
func (f *filling) fields(ctx context.Context, known *wire.ConnectionDetail, given []string) (map[string]*string, error) {
	switch {
	case len(given)+len(f.unset) > 0:
		return f.given(known, given)
	case !f.interactive():
		keys := missingKeys(known)
		for i := range keys {
			keys[i] += "=@FILE"
		}
		return nil, usagef("there is no terminal to ask at: give the inputs as arguments, as in `connections set %s %s`", slug(known.Name), strings.Join(keys, " "))
	}
	return f.questions(ctx, known)
}

// given reads KEY=VALUE arguments.
func (f *filling) given(known *wire.ConnectionDetail, given []string) (map[string]*string, error) {
	fields := map[string]*string{}
	lists := map[string][]connection.Pair{}
	for _, argument := range given {
		name, text, ok := strings.Cut(argument, "=")
		if !ok {
			return nil, usagef("%q is not KEY=VALUE", argument)
		}
		input, err := inputOf(known, name)
		if err != nil {
			return nil, err
		}
		value, err := f.argument(input, text)
		if err != nil {
			return nil, err
		}
		if input.Kind == pairsKind {
			if lists[name], err = addPairs(lists[name], name, value); err != nil {
				return nil, err
			}
			if value, err = pairsText(lists[name]); err != nil {
				return nil, err
			}
		}
		fields[name] = &value
	}
	for _, name := range f.unset {
		if _, err := inputOf(known, name); err != nil {
			return nil, err
		}
		fields[name] = nil
	}
	return fields, nil
}

// The kinds of inputs that are not one line.
const (
	pairsKind     = string(connection.Pairs)
	multilineKind = string(connection.Multiline)
)

// argument reads the value of an argument, and warns of a secret that others may see there.
func (f *filling) argument(input *wire.ConnectionInput, text string) (string, error) {
	value, err := f.value(text)
	if err != nil {
		return "", usagef("reading %s: %w", input.Key, err)
	}
	if input.Secret && value == text {
		fmt.Fprintf(f.stderr, "%s %s is secret, and stands in your shell's history now: better %s=@FILE, or let it be asked for\n",
			f.err.yellow("!"), input.Key, input.Key)
	}
	return value, nil
}

func inputOf(known *wire.ConnectionDetail, name string) (*wire.ConnectionInput, error) {
	var names []string
	for i := range known.Inputs {
		if known.Inputs[i].Key == name {
			return &known.Inputs[i], nil
		}
		names = append(names, known.Inputs[i].Key)
	}
	return nil, notAmong("input", name, names)
}

// value reads @FILE and -; any other text is the value. @@ stands for a single one at the beginning.
func (a *app) value(text string) (string, error) {
	var read []byte
	var err error
	switch {
	case text == "-":
		read, err = io.ReadAll(a.stdin)
	case strings.HasPrefix(text, "@@"):
		return text[1:], nil
	case strings.HasPrefix(text, "@"):
		read, err = os.ReadFile(text[1:])
	default:
		return text, nil
	}
	return strings.TrimRight(string(read), "\r\n"), err
}

// addPairs takes NAME:VALUE, or a JSON object of texts.
func addPairs(list []connection.Pair, key, text string) ([]connection.Pair, error) {
	var object map[string]string
	if json.Unmarshal([]byte(text), &object) == nil {
		for _, name := range slices.Sorted(maps.Keys(object)) {
			list = append(list, connection.Pair{Key: name, Value: object[name]})
		}
		return list, nil
	}
	name, value, ok := strings.Cut(text, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return nil, usagef("%s is a key/value list: write %s=NAME:VALUE, once for each", key, key)
	}
	return append(list, connection.Pair{Key: strings.TrimSpace(name), Value: strings.TrimSpace(value)}), nil
}

// pairsText is a key/value list as the API takes it.
func pairsText(list []connection.Pair) (string, error) {
	text, err := json.Marshal(list)
	return string(text), err
}

func (f *filling) report(made *wire.ConnectionDetail) {
	key := keyOf(&made.Connection)
	fmt.Fprintf(f.stdout, "%s %s %s\n", f.out.green("✓"), titleOf(key), f.state(made.Status))
	missing := missingKeys(made)
	switch {
	case len(missing) > 0:
		fmt.Fprintf(f.stderr, "still to be set: %s\n", strings.Join(missing, ", "))
	case made.Token == "authorizes" && made.Status != "active":
		fmt.Fprintf(f.stderr, "now let somebody authorize it: hookstep connections authorize %s %s\n", slug(made.Name), flagsOf(key))
	}
}

// missingKeys lists the inputs that are required and not set.
func missingKeys(of *wire.ConnectionDetail) []string {
	var keys []string
	for _, input := range of.Inputs {
		if input.Required && input.From == "" {
			keys = append(keys, input.Key)
		}
	}
	return keys
}

// state says how a connection is, after its name.
func (a *app) state(status string) string {
	shown := a.statusLook(status)(status)
	switch status {
	case "needs reconnect":
		return shown
	case "error":
		return "is in " + shown
	}
	return "is " + shown
}
