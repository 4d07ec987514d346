package config

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// FileName is the file that is read when none is named.
const FileName = "hookstep.yaml"

// Sources is where settings come from; the later one wins.
type Sources struct {
	File    string         // path of hookstep.yaml; empty: FileName in the working folder, if it is there
	Environ []string       // as os.Environ gives it
	Flags   *pflag.FlagSet // after Bind and parsing; nil for none
}

// Load reads the sources over the defaults and validates the result. The error is document.Problems: everything that is
// wrong, each where it was set.
func Load(from Sources) (Config, error) {
	l := loader{config: Default(), origins: map[string]document.Problem{}}
	l.env = environment(from.Environ)
	l.readFile(from.File)
	l.readEnv()
	l.readFlags(from.Flags)
	l.problems = append(l.problems, l.located(l.config.problems())...)
	return l.config, l.problems.Sorted().Err()
}

type loader struct {
	config   Config
	env      map[string]string
	origins  map[string]document.Problem // by key: where it was set
	problems document.Problems
}

func environment(environ []string) map[string]string {
	variables := map[string]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		variables[name] = value
	}
	return variables
}

func (l *loader) fail(at document.Problem, message string) {
	at.Severity, at.Message = document.Error, message
	l.problems = append(l.problems, at)
}

// located moves problems of keys to where the keys were set.
func (l *loader) located(problems document.Problems) document.Problems {
	for i, problem := range problems {
		if at, ok := l.origins[problem.File]; ok {
			at.Severity, at.Message = problem.Severity, problem.Message
			problems[i] = at
		}
	}
	return problems
}

func (l *loader) readFile(path string) {
	optional := path == ""
	if optional {
		path = FileName
	}
	content, err := os.ReadFile(path)
	switch {
	case optional && errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		l.fail(document.Problem{File: path}, fmt.Sprintf("cannot be read: %s", cause(err)))
		return
	}
	report := &document.Report{File: path}
	if file := document.Parse(content, report); file != nil {
		file = document.Expand(file, l.outside(filepath.Dir(path)), report)
		Shape().Check(file, report)
		l.apply(file, report)
	}
	l.problems = append(l.problems, report.Problems...)
}

func cause(err error) string {
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}

func (l *loader) outside(folder string) document.Outside {
	return document.Outside{
		LookupEnv: func(name string) (string, bool) {
			text, ok := l.env[name]
			return text, ok
		},
		ReadFile: func(name string) ([]byte, error) {
			if !filepath.IsAbs(name) {
				name = filepath.Join(folder, name)
			}
			content, err := os.ReadFile(name)
			if err != nil {
				return nil, errors.New(cause(err))
			}
			return content, nil
		},
	}
}

// apply takes the values that their shape allows.
func (l *loader) apply(file *document.Node, report *document.Report) {
	for _, each := range l.config.settings() {
		value := file
		for name := range strings.SplitSeq(each.key, ".") {
			value = value.Get(name)
		}
		if value == nil {
			continue
		}
		silent := &document.Report{}
		if each.shape().Check(value, silent); len(silent.Problems) > 0 {
			continue
		}
		l.origins[each.key] = document.Problem{File: report.File, Line: value.Line, Column: value.Column}
		each.take(value)
	}
}

// take sets the field from a value that fits its shape.
func (s setting) take(value *document.Node) {
	switch target := s.target.(type) {
	case *string:
		*target = value.String()
	case *bool:
		*target = value.True()
	case *int:
		*target = int(value.Int())
	case *int64:
		*target = value.Size()
	case *time.Duration:
		*target = value.Duration()
	case *[]string:
		*target = value.Texts()
	case *map[string]string:
		*target = map[string]string{}
		for _, member := range value.Members {
			(*target)[member.Key] = member.Value.String()
		}
	}
}

// TokenVariable is the environment variable with the token for the operators' API. It is no setting of a host: nothing that is
// printed or kept of the configuration may have it.
const TokenVariable = envPrefix + "TOKEN"

// The environment variables with the key that secrets are sealed under, and the one before it. They are no settings either, and
// nothing but the sealing may read them.
const (
	SealKeyVariable         = envPrefix + "SEAL_KEY"
	PreviousSealKeyVariable = envPrefix + "SEAL_PREVIOUS_KEY"
)

// secretVariables lists what is read elsewhere.
func secretVariables() []string {
	return []string{TokenVariable, SealKeyVariable, PreviousSealKeyVariable}
}

// serviceLink matches what Kubernetes sets in every container beside a service that is called hookstep.
var serviceLink = regexp.MustCompile(`^HOOKSTEP_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_.+)?)?)$`)

func (l *loader) readEnv() {
	var names []string
	for _, each := range l.config.settings() {
		names = append(names, each.env())
		if text, ok := l.env[each.env()]; ok {
			l.setText(each, text, document.Problem{File: each.env()})
		}
	}
	for name := range l.env {
		if strings.HasPrefix(name, envPrefix) && !slices.Contains(secretVariables(), name) && !slices.Contains(names, name) && !serviceLink.MatchString(name) {
			l.fail(document.Problem{File: name}, "unknown environment variable"+nearest(name, names))
		}
	}
}

func nearest(name string, names []string) string {
	if near := document.Nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return "; `hookstep serve --help` lists those that are known"
}

func (l *loader) setText(to setting, text string, at document.Problem) {
	if err := to.set(text); err != nil {
		l.fail(at, err.Error())
		return
	}
	l.origins[to.key] = at
}

func (l *loader) readFlags(flags *pflag.FlagSet) {
	if flags == nil {
		return
	}
	for _, each := range l.config.settings() {
		if set := flags.Lookup(each.flag()); set != nil && set.Changed {
			l.setText(each, set.Value.String(), document.Problem{File: "--" + each.flag()})
		}
	}
}

// Shape describes hookstep.yaml.
func Shape() *document.Shape {
	defaults := Default()
	root := &document.Shape{Form: document.KeysForm}
	for _, each := range defaults.settings() {
		parent := root
		group, name, nested := strings.Cut(each.key, ".")
		if nested {
			parent = groupOf(root, group)
		} else {
			name = group
		}
		parent.Keys = append(parent.Keys, document.Key{Name: name, Shape: each.shape(), Doc: each.sentence()})
	}
	return root
}

func groupOf(root *document.Shape, name string) *document.Shape {
	for _, known := range root.Keys {
		if known.Name == name {
			return known.Shape
		}
	}
	group := &document.Shape{Form: document.KeysForm}
	root.Keys = append(root.Keys, document.Key{Name: name, Shape: group})
	return group
}

func (s setting) sentence() string {
	return strings.ToUpper(s.doc[:1]) + s.doc[1:] + "."
}

func (s setting) shape() *document.Shape {
	switch s.target.(type) {
	case *bool:
		return &document.Shape{Form: document.FlagForm}
	case *int:
		return &document.Shape{Form: document.IntegerForm, Max: math.MaxInt32}
	case *int64:
		return &document.Shape{Form: document.SizeForm}
	case *time.Duration:
		return &document.Shape{Form: document.DurationForm}
	case *[]string:
		return &document.Shape{Form: document.ListForm, Each: &document.Shape{Form: document.TextForm}}
	case *map[string]string:
		return &document.Shape{Form: document.EachForm, Each: &document.Shape{Form: document.TextForm}}
	}
	return &document.Shape{Form: document.TextForm, Words: s.words, Empty: true}
}
