package integration

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/integration/timetable"
)

// FileName is the file that makes a folder an integration.
const FileName = "integration.yaml"

// Read reads the integration in a folder with its instances and sources. The error is Problems: all that is wrong, by
// file, line and column. Files are shown as paths that begin with dir as it was given. Nothing outside the folder is
// read, links included, but for what ${file:PATH} names.
func Read(dir string, env Environment) (*Integration, error) {
	r := &reader{
		env: env, shown: dir, file: &document.Report{File: filepath.Join(dir, FileName)},
		places: map[string]int{}, scheduled: map[FlowName]timetable.Timetable{},
	}
	r.read()
	problems := append(r.file.Problems, r.others...).Sorted()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	r.out.Warnings = problems
	return r.out, nil
}

// reader reads one integration.
type reader struct {
	env       Environment
	shown     string // the folder as it was given
	root      *os.Root
	file      *document.Report // of integration.yaml
	others    Problems         // of the other files
	out       *Integration
	text      []byte                           // of integration.yaml
	places    map[string]int                   // of a path in out.Sources
	parsed    *document.Node                   // integration.yaml
	scheduled map[FlowName]timetable.Timetable // what integration.yaml says of its flows
}

func (r *reader) read() {
	absolute, err := filepath.Abs(r.shown)
	if err != nil {
		r.file.ErrorAtf(0, 0, "%s", reason(err))
		return
	}
	if r.root, err = os.OpenRoot(r.shown); err != nil {
		r.others = append(r.others, Problem{File: r.shown, Severity: document.Error, Message: reason(err)})
		return
	}
	defer func() { _ = r.root.Close() }()
	r.out = &Integration{ID: string(SlugOf(filepath.Base(absolute))), Dir: absolute, File: r.file.File}
	if r.text, err = r.root.ReadFile(FileName); err != nil {
		r.file.ErrorAtf(0, 0, "%s", reason(err))
		return
	}
	r.readFile()
}

func (r *reader) readFile() {
	file := document.Parse(r.text, r.file)
	if file == nil {
		return
	}
	if r.out.ID == "" {
		r.file.ErrorAtf(0, 0, "the folder's name has no letter or digit, so there is no name for its URLs")
	}
	r.parsed = file
	FileShape().Check(file, r.file)
	r.out.Name = file.Get("name").String()
	r.out.Description = file.Get("description").String()
	r.out.Version = file.Get("version").String()
	r.out.Memory = file.Get("memory").Size()
	r.out.HidesSecrets = file.Get("secrets").String() == secretsHidden
	r.configVars(file.Get("configVars"))
	r.sources()
	r.flows(file.Get("flows"))
	r.instances()
	r.references()
	r.out.Digest = r.digest()
}

// digest covers what decides how the integration behaves, apart from its instances.
func (r *reader) digest() string {
	sum := sha256.New()
	sum.Write(r.text)
	for _, source := range r.out.Sources {
		fmt.Fprintf(sum, "\x00%s\x00%d\x00", source.Path, len(source.Content))
		sum.Write(source.Content)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// reason says why a file cannot be read, without the path that the problem shows anyway.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or folder"
	case errors.Is(err, fs.ErrPermission):
		return "no permission to read it"
	case errors.Is(err, syscall.ENOTDIR):
		return "this is a file; name the folder that it is in"
	}
	if wrapped, ok := errors.AsType[*fs.PathError](err); ok {
		return wrapped.Err.Error()
	}
	return err.Error()
}

func (r *reader) configVars(declared *document.Node) {
	if !declared.Is(document.Map) {
		return
	}
	for _, member := range declared.Members {
		if member.Key == "" {
			r.file.ErrorAtf(member.Line, member.Column, "a config variable needs a name")
		}
		r.out.ConfigVars = append(r.out.ConfigVars, r.configVar(member))
	}
}

func (r *reader) configVar(member document.Member) ConfigVar {
	from := member.Value
	variable := ConfigVar{
		Name: member.Key, Description: from.Get("description").String(), Type: VarType(from.Get("type").String()),
		Required: from.Get("required").True(), Options: from.Get("options").Texts(), Line: member.Line,
	}
	if options := from.Get("options"); options != nil && variable.Type != VarPicklist && variable.Type != VarConnection {
		r.file.Errorf(options, "options are for a picklist or a connection; config variable %q is a %s", member.Key, variable.Type)
	}
	if options := from.Get("options"); options.Is(document.Map) && variable.Type == VarPicklist {
		r.file.Errorf(options, "the options of a picklist are a list")
	}
	if variable.Type == VarConnection {
		variable.Declaration = r.declaration(member)
	} else {
		r.noConnection(&variable, from)
	}
	if value := from.Get("default"); value != nil {
		variable.Default = r.defaultOf(&variable, value)
	}
	return variable
}

func (r *reader) defaultOf(variable *ConfigVar, value *document.Node) []byte {
	if variable.Type == VarConnection {
		r.file.Errorf(value, "a connection has no default: its secrets have no place in this file, which is for everyone; fields sets what is none")
		return nil
	}
	return variable.encode(value, r.file)
}
