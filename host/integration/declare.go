package integration

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// declaration reads a config variable that is a connection; nil when its type is not known.
func (r *reader) declaration(member document.Member) *Declaration {
	from := member.Value
	kind, known := r.connectionType(member)
	declared := &Declaration{Type: kind, Shared: from.Get("shared").True(), Hosts: r.hosts(from.Get("hosts"))}
	declared.TestURL = r.testURL(from.Get("test"), declared.Hosts)
	if !known {
		return nil
	}
	declared.Options = r.options(from, &kind)
	declared.Fields = r.fields(member, declared)
	declared.Send = r.send(from.Get("send"), declared)
	return declared
}

// noConnection reports what only a connection has.
func (r *reader) noConnection(variable *ConfigVar, from *document.Node) {
	for _, known := range connectionKeys() {
		if value := from.Get(known.Name); value != nil {
			r.file.Errorf(value, "key %q is for a variable of type connection; %q is a %s", known.Name, variable.Name, variable.Type)
		}
	}
}

func (r *reader) connectionType(member document.Member) (connection.Type, bool) {
	at := member.Value.Get("connection")
	if at == nil {
		r.file.Errorf(member.Value, "config variable %q needs a key \"connection\" with its type", member.Key)
	}
	name := at.String()
	if name == "" {
		return connection.Type{}, false // which is reported
	}
	kind, known := FindType(r.env.Connections, name)
	switch {
	case !known:
		r.file.Errorf(at, "no plugin offers connections of the type %q%s", name, r.env.otherTypes(name))
	case kind.Key != name:
		r.file.Warnf(at, "%q is an older name of the type %q; write that", name, kind.Key)
	}
	return kind, known
}

// hosts is nil without any.
func (r *reader) hosts(from *document.Node) []HostPattern {
	if !from.Is(document.List) {
		return nil
	}
	if len(from.Items) == 0 {
		r.file.Errorf(from, "a credential that may be sent to no host is of no use: name one, or leave hosts out for those that the type knows")
	}
	var hosts []HostPattern
	for _, item := range from.Items {
		if item.String() == "" {
			continue // which is reported
		}
		pattern, err := ParseHostPattern(item.Text)
		if err != nil {
			r.file.Errorf(item, "host %q: %s", item.Text, err)
			continue
		}
		hosts = append(hosts, pattern)
	}
	return hosts
}

func (r *reader) testURL(from *document.Node, hosts []HostPattern) string {
	if from.String() == "" {
		return ""
	}
	read, err := url.Parse(from.Text)
	switch {
	case err != nil || read.Scheme != "https" && read.Scheme != "http" || read.Hostname() == "":
		r.file.Errorf(from, "test is the whole URL of a request that succeeds with the credential, as in https://api.shop.example/me")
	case read.User != nil || read.Fragment != "":
		r.file.Errorf(from, "test is a URL without user and fragment")
	case hosts != nil && !slices.ContainsFunc(hosts, func(host HostPattern) bool { return host.Matches(read) }):
		r.file.Errorf(from, "the credential may not be sent to %s://%s: no entry of hosts allows it", read.Scheme, read.Host)
	}
	return from.Text
}

// options reads what a type lets a declaration say, its short forms among them.
func (r *reader) options(from *document.Node, kind *connection.Type) connection.Values {
	options := connection.Values{}
	for _, short := range []string{"preset", "discover"} {
		if value := from.Get(short); value != nil {
			r.option(options, kind, document.Member{Key: short, Line: value.Line, Column: value.Column, Value: value})
		}
	}
	given := from.Get("options")
	if given.Is(document.List) {
		r.file.Errorf(given, "the options of a connection are a mapping")
	}
	if given.Is(document.Map) {
		for _, member := range given.Members {
			r.option(options, kind, member)
		}
	}
	for _, known := range kind.Options {
		if known.Required && options[known.Key] == "" {
			r.file.Errorf(from, "connections of the type %q need the option %q", kind.Key, known.Key)
		}
	}
	return options
}

func (r *reader) option(options connection.Values, kind *connection.Type, member document.Member) {
	at := slices.IndexFunc(kind.Options, func(known connection.Input) bool { return known.Key == member.Key })
	text := member.Value.String()
	switch {
	case at < 0:
		r.file.ErrorAtf(member.Line, member.Column, "connections of the type %q have no option %q%s",
			kind.Key, member.Key, document.DidYouMean(member.Key, keysOf(kind.Options)))
	case options[member.Key] != "":
		r.file.ErrorAtf(member.Line, member.Column, "the option %q is given twice", member.Key)
	case kind.Options[at].Choices != nil && text != "" && !slices.Contains(kind.Options[at].Choices, text):
		r.file.Errorf(member.Value, "%q is %s%s", text, noneOf(kind.Options[at].Choices), didYouMean(text, kind.Options[at].Choices))
	case text != "":
		options[member.Key] = text
	}
}

// didYouMean is silent where there is nothing near.
func didYouMean(word string, known []string) string {
	if document.Nearest(word, known) == "" {
		return ""
	}
	return document.DidYouMean(word, known)
}

func keysOf(inputs []connection.Input) []string {
	keys := make([]string, len(inputs))
	for i, input := range inputs {
		keys[i] = input.Key
	}
	return keys
}

// fields reads inputs for all instances, which everyone who has the integration can read.
func (r *reader) fields(member document.Member, declared *Declaration) connection.Values {
	given := giver{name: member.Key, declared: declared, report: r.file}
	given.secret = func(at document.Member) {
		r.file.ErrorAtf(at.Line, at.Column, "%s is a secret, and this file is for everyone: it is given by a file of %s/, or by `hookstep connections set`",
			given.input(at.Key), instancesFolder)
	}
	return given.read(member.Value.Get("fields"))
}

// noneOf says what a value is not one of. A list that nobody would read is counted.
func noneOf(choices []string) string {
	const readable = 12
	if len(choices) > readable {
		return fmt.Sprintf("not one of the %d that there are", len(choices))
	}
	return "not one of " + strings.Join(choices, ", ")
}
