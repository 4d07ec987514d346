package integration

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// Limits of an integration's sources: what is larger is data that does not belong beside code.
const (
	maxSourceFiles = 5_000
	maxSourceBytes = 64 << 20
)

// sources reads every file that code can reach: those of a known language, and JSON.
func (r *reader) sources() {
	var total int64
	err := fs.WalkDir(r.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			r.fail(name, reason(err))
			return nil
		case entry.IsDir():
			return skipFolder(name)
		case r.isSource(name):
			total += r.addSource(name, r.env.engineOf(name))
		}
		if len(r.out.Sources) > maxSourceFiles || total > maxSourceBytes {
			r.fail(".", "the folder holds more than 5,000 code files or 64 MiB of them")
			return fs.SkipAll
		}
		return nil
	})
	if err != nil {
		r.fail(".", reason(err))
	}
}

func (r *reader) fail(name, message string) {
	r.others = append(r.others, Problem{File: filepath.Join(r.shown, name), Severity: document.Error, Message: message})
}

// skipFolder leaves out what is no source of the integration: hidden folders, packages, instances.
func skipFolder(name string) error {
	base := path.Base(name)
	if name != "." && strings.HasPrefix(base, ".") || base == "node_modules" || name == instancesFolder {
		return fs.SkipDir
	}
	return nil
}

// isSource leaves out hidden files and tests.
func (r *reader) isSource(name string) bool {
	base, extension := path.Base(name), path.Ext(name)
	stem := strings.TrimSuffix(base, extension)
	if strings.HasPrefix(base, ".") || strings.HasSuffix(stem, ".test") || strings.HasSuffix(stem, ".spec") {
		return false
	}
	return extension == ".json" || r.env.engineOf(name) != ""
}

func (r *reader) addSource(name, engineName string) int64 {
	content, err := r.root.ReadFile(filepath.FromSlash(name))
	if err != nil {
		r.fail(name, reason(err))
		return 0
	}
	r.keep(SourceFile{
		File: engine.File{Path: name, Content: content}, Engine: engineName,
		Shown: filepath.Join(r.shown, filepath.FromSlash(name)), Line: 1, Column: 1,
	})
	return int64(len(content))
}

func (r *reader) keep(source SourceFile) {
	r.places[source.Path] = len(r.out.Sources)
	r.out.Sources = append(r.out.Sources, source)
}

// source gives the source of a path, nil without one. It is valid until the next one is kept.
func (r *reader) source(name string) *SourceFile {
	at, ok := r.places[name]
	if !ok {
		return nil
	}
	return &r.out.Sources[at]
}

// code reads the code of a step or trigger: a file, or the code itself. The zero Code is none, or a reported problem.
func (r *reader) code(from *document.Node, flow Slug, stepKey StepKey) Code {
	file, inline := from.Get("file"), from.Get("code")
	if file != nil && inline != nil {
		r.file.Errorf(inline, "code and file exclude each other")
		return Code{}
	}
	named := from.Get("engine")
	if name := named.String(); named != nil && !slices.Contains(r.env.engineNames(), name) {
		r.file.Errorf(named, "there is no engine %q%s", name, document.DidYouMean(name, r.env.engineNames()))
		return Code{}
	}
	switch {
	case file.String() != "":
		return r.codeFile(file, named.String())
	case inline.String() != "":
		return r.inlineCode(inline, named.String(), FileName+"#"+string(flow)+"/"+string(stepKey))
	case file == nil && inline == nil && named != nil:
		r.file.Errorf(named, "engine without file or code")
	}
	return Code{}
}

func (r *reader) codeFile(file *document.Node, engineName string) Code {
	name := path.Clean(filepath.ToSlash(file.Text))
	if !filepath.IsLocal(name) {
		r.file.Errorf(file, "%q is not inside the integration's folder", file.Text)
		return Code{}
	}
	if engineName == "" {
		engineName = r.env.engineOf(name)
	}
	if engineName == "" {
		r.file.Errorf(file, "no engine is known for %q; engines: %s", file.Text, r.env.languages())
		return Code{}
	}
	if r.source(name) == nil && !r.addNamed(file, name, engineName) {
		return Code{}
	}
	return Code{Entry: name, Engine: engineName}
}

// addNamed adds a file that only its step makes a source, as one with an ending that no engine knows.
func (r *reader) addNamed(file *document.Node, name, engineName string) bool {
	if info, err := r.root.Stat(filepath.FromSlash(name)); err != nil {
		r.file.Errorf(file, "file %q: %s%s", file.Text, reason(err), r.nearFile(name))
		return false
	} else if info.IsDir() {
		r.file.Errorf(file, "%q is a folder", file.Text)
		return false
	}
	r.addSource(name, engineName)
	return true
}

func (r *reader) nearFile(name string) string {
	var names []string
	for _, source := range r.out.Sources {
		names = append(names, source.Path)
	}
	if near := document.Nearest(name, names); near != "" {
		return `; did you mean "` + near + `"?`
	}
	return ""
}

func (i *Integration) source(name string) *SourceFile {
	for at := range i.Sources {
		if i.Sources[at].Path == name {
			return &i.Sources[at]
		}
	}
	return nil
}

func (r *reader) inlineCode(inline *document.Node, engineName, entry string) Code {
	if engineName == "" {
		engineName = defaultEngine
	}
	if !slices.Contains(r.env.engineNames(), engineName) {
		r.file.Errorf(inline, "inline code needs the %s engine; engines: %s", engineName, r.env.languages())
		return Code{}
	}
	if inline.Block == document.Folded {
		r.file.ErrorAtf(inline.Line-1, 0, "> joins the lines of code; write | in its place")
		return Code{}
	}
	column := inline.Column
	if inline.Block == document.Quoted {
		column++
	}
	r.keep(SourceFile{
		File: engine.File{Path: entry, Content: []byte(inline.Text)}, Engine: engineName,
		Shown: r.file.File, Line: inline.Line, Column: column, OneLine: inline.Block != document.Literal,
	})
	return Code{Entry: entry, Engine: engineName}
}

// Position turns a position in a source, as an engine gives it, into the file, line and column to show. A file that is no
// source of the integration stays as it is; so does a line of 0, which means unknown.
func (i *Integration) Position(file string, line, column int) (string, int, int) {
	source := i.source(file)
	switch {
	case source == nil:
		return file, line, column
	case line <= 0:
		return source.Shown, 0, 0
	case source.OneLine && line > 1:
		return source.Shown, source.Line, source.Column
	case column <= 0:
		return source.Shown, source.Line + line - 1, 0
	}
	return source.Shown, source.Line + line - 1, source.Column + column - 1
}

// Program gives what the engine of this name loads: its files, JSON data, and the entries of steps and triggers.
func (i *Integration) Program(engineName string) engine.Source {
	program := engine.Source{Name: i.Name}
	for _, source := range i.Sources {
		if source.Engine == engineName || source.Engine == "" {
			program.Files = append(program.Files, source.File)
		}
	}
	for code := range i.codes() {
		if code.Engine == engineName {
			program.Entries = append(program.Entries, code.Entry)
		}
	}
	slices.Sort(program.Entries)
	program.Entries = slices.Compact(program.Entries)
	return program
}

// Engines names the engines that the integration's steps and triggers need, in order of the alphabet.
func (i *Integration) Engines() []string {
	var names []string
	for code := range i.codes() {
		names = append(names, code.Engine)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// codes goes through the code of all triggers and steps.
func (i *Integration) codes() func(yield func(Code) bool) {
	return func(yield func(Code) bool) {
		for _, flow := range i.Flows {
			if !flow.Trigger.Code.IsZero() && !yield(flow.Trigger.Code) {
				return
			}
			for _, step := range flow.Steps {
				if !yield(step.Code) {
					return
				}
			}
		}
	}
}
