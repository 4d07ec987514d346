package integration

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// connections reads the inputs that an instance's file gives.
func (r *reader) connections(given *document.Node, report *document.Report) map[string]connection.Values {
	read := map[string]connection.Values{}
	for i := range r.out.ConfigVars {
		variable := &r.out.ConfigVars[i]
		value := given.Get(variable.Name)
		switch {
		case value == nil || variable.Declaration == nil:
		case variable.Declaration.Shared:
			report.Errorf(value, "connection %q is shared by all instances, so that none gives it anything: set it with `hookstep connections set`",
				variable.Name)
		default:
			read[variable.Name] = ofInstance(variable, report).read(value)
		}
	}
	return read
}

// ofInstance takes secrets, but tells of those that can be read in the file.
func ofInstance(variable *ConfigVar, report *document.Report) *giver {
	given := &giver{name: variable.Name, declared: variable.Declaration, report: report}
	given.secret = func(at document.Member) {
		if isWritten(at.Value) {
			report.Warnf(at.Value, "%s is a secret and can be read in this file: write ${env:NAME} or ${file:PATH}, or give it by `hookstep connections set`",
				given.input(at.Key))
		}
	}
	return given
}

// isWritten tells whether any of the value stands in the file itself.
func isWritten(value *document.Node) bool {
	return value.Kind == document.Text && !value.Hidden && value.Text != "" ||
		slices.ContainsFunc(value.Items, isWritten) ||
		slices.ContainsFunc(value.Members, func(member document.Member) bool { return isWritten(member.Value) })
}

// giver reads inputs that a file gives to a connection.
type giver struct {
	name     string // of the connection
	declared *Declaration
	report   *document.Report
	secret   func(at document.Member) // is told of each secret that is given
}

func (g *giver) input(key string) string {
	return fmt.Sprintf("input %q of connection %q", key, g.name)
}

func (g *giver) read(from *document.Node) connection.Values {
	from = g.structured(from, "a mapping of inputs")
	values := connection.Values{}
	switch {
	case from == nil || from.Broken:
		return values
	case from.Kind != document.Map:
		g.report.Errorf(from, "connection %q: expected a mapping of inputs, found %s", g.name, from.Kind)
		return values
	}
	for _, member := range from.Members {
		input, known := g.find(member)
		if !known {
			continue
		}
		if input.Secret {
			g.secret(member)
		}
		if text := g.text(input, member.Value); text != "" {
			values[input.Key] = text
		}
	}
	return values
}

// find gives the input of a key. Where options may have added some to those of the type, one that is unlike all of them is taken
// for such a text; its provider is the judge.
func (g *giver) find(member document.Member) (connection.Input, bool) {
	known := g.declared.Type.Inputs
	at := slices.IndexFunc(known, func(input connection.Input) bool { return input.Key == member.Key })
	if at >= 0 {
		return known[at], true
	}
	if g.declared.mayHave(member.Key) {
		return connection.Input{Key: member.Key}, true
	}
	g.report.ErrorAtf(member.Line, member.Column, "connection %q has no input %q%s", g.name, member.Key, document.DidYouMean(member.Key, keysOf(known)))
	return connection.Input{}, false
}

// mayHave tells whether there may be an input of a key that is none of the type's.
func (d *Declaration) mayHave(key string) bool {
	return len(d.Options) > 0 && document.Nearest(key, keysOf(d.Type.Inputs)) == ""
}

// text gives an input's value as connections hold it, "" for none.
func (g *giver) text(input connection.Input, value *document.Node) string {
	if input.Kind == connection.Pairs {
		return g.pairs(input, value)
	}
	switch {
	case value.Broken:
		return ""
	case value.Kind != document.Text:
		g.wrong(input, value, "a text")
		return ""
	case input.Choices != nil && value.Text != "" && !slices.Contains(input.Choices, value.Text):
		g.report.Errorf(value, "%s: %s is not one of %s", g.input(input.Key), value.Shown(), strings.Join(input.Choices, ", "))
		return ""
	}
	return value.Text
}

func (g *giver) pairs(input connection.Input, value *document.Node) string {
	const expected = "a mapping, or a list of {key, value}"
	value = g.structured(value, expected)
	switch {
	case value == nil || value.Broken:
		return ""
	case value.Kind != document.Map && value.Kind != document.List:
		g.wrong(input, value, expected)
		return ""
	}
	return string(pairsJSON(value, g.report))
}

func (g *giver) wrong(input connection.Input, value *document.Node, expected string) {
	hint := ""
	if value.Kind == document.Number || value.Kind == document.Flag {
		hint = "; write it in quotes"
	}
	g.report.Errorf(value, "%s: expected %s, found %s%s", g.input(input.Key), expected, value.Kind, hint)
}

// structured reads the JSON that a reference to the environment or a file brought; nil when it is none, which is reported.
func (g *giver) structured(value *document.Node, expected string) *document.Node {
	if value == nil || !value.Hidden || value.Broken || value.Kind != document.Text {
		return value
	}
	read, err := value.FromJSON()
	if err != nil {
		g.report.Errorf(value, "connection %q: expected %s as JSON, and the value is %s", g.name, expected, err)
		return nil
	}
	return read
}

// split parts the connections of an instance's file from all else in it. What a reference in them brings may come later.
func (r *reader) split(from *document.Node) (rest, connections *document.Node) {
	vars := from.Get("configVars")
	if !vars.Is(document.Map) {
		return from, nil
	}
	others, taken := *vars, *vars
	others.Members, taken.Members = nil, nil
	for _, member := range vars.Members {
		if r.isConnection(member.Key) {
			taken.Members = append(taken.Members, member)
			continue
		}
		others.Members = append(others.Members, member)
	}
	whole := *from
	whole.Members = slices.Clone(from.Members)
	for i := range whole.Members {
		if whole.Members[i].Value == vars {
			whole.Members[i].Value = &others
		}
	}
	return &whole, &taken
}

func (r *reader) isConnection(name string) bool {
	return slices.ContainsFunc(r.out.ConfigVars, func(variable ConfigVar) bool {
		return variable.Name == name && variable.Type == VarConnection
	})
}

// expandConnections puts values in the place of references. One without a value is no error, but leaves the input open.
func (r *reader) expandConnections(given *document.Node, report *document.Report) *document.Node {
	open := &document.Report{File: report.File}
	given = document.Expand(given, r.outside(), open)
	for _, problem := range open.Problems {
		problem.Severity = document.Warning
		problem.Message += "; the connection waits for it"
		report.Problems = append(report.Problems, problem)
	}
	return given
}
