package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

type reader struct {
	files    map[string][]byte
	builtin  Builtin
	set      *Set
	findings []engine.Diagnostic
}

func newReader(from engine.Source, builtin Builtin) *reader {
	r := &reader{
		files:   make(map[string][]byte, len(from.Files)),
		builtin: builtin,
		set:     &Set{ID: Hash(from), Units: map[string]*Unit{}},
	}
	for _, file := range from.Files {
		r.files[file.Path] = file.Content
	}
	return r
}

func (r *reader) entry(file string) {
	if _, ok := r.files[file]; !ok {
		r.report(file, 0, 0, fault.MissingCode, "the file is not there; add it or correct the path in integration.yaml")
		return
	}
	r.file(file)
}

// file reads one file with all that it requires, once.
func (r *reader) file(name string) {
	if r.set.Units[name] != nil {
		return
	}
	unit := &Unit{Path: name, Text: string(r.files[name]), Requires: map[string]string{}}
	r.set.Units[name] = unit
	if path.Ext(name) == ".json" {
		r.json(unit)
		return
	}
	if r.parse(unit) {
		for _, call := range requires(unit.Tree) {
			r.require(unit, call)
		}
	}
}

func (r *reader) json(unit *Unit) {
	unit.JSON = []byte(strings.TrimPrefix(unit.Text, "\ufeff"))
	var syntax *json.SyntaxError
	var anything json.RawMessage
	if err := json.Unmarshal(unit.JSON, &anything); errors.As(err, &syntax) {
		before := string(unit.JSON[:min(int(syntax.Offset), len(unit.JSON))])
		line := strings.Count(before, "\n") + 1
		column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
		r.report(unit.Path, line, max(column, 1), fault.Syntax, err.Error())
	}
}

var moduleSyntax = regexp.MustCompile(`(?m)^[ \t]*(import[ \t]*[\w{*"'$]|export[ \t]+(default|const|let|var|function|async|class|\{|\*)|export[ \t]*\{)`)

// parse gives the unit its tree. What the interpreter's own parser refuses gets a second chance after a transformation.
func (r *reader) parse(unit *Unit) bool {
	if line, column, found := tooDeep(unit.Text); found {
		r.report(unit.Path, line, column, fault.Syntax, fmt.Sprintf("brackets nest deeper than %d levels", maxNesting))
		return false
	}
	text := unit.Text
	if strings.HasPrefix(text, "#!") {
		text = "//" + text[2:]
	}
	transformed := needsTransform(unit)
	if transformed {
		var ok bool
		if text, ok = r.transform(unit); !ok {
			return false
		}
	}
	err := unit.compile(text)
	if err != nil && !transformed {
		result, ok := r.transformed(unit)
		if ok && unit.compile(string(result.Code)) == nil {
			return true
		}
		if awaitsOutside(result) {
			r.reportFirst(unit, result)
			return false
		}
		unit.positions = nil
	}
	if err != nil {
		line, column, message := describe(err)
		line, column = unit.Place(line, column)
		r.report(unit.Path, line, column, fault.Syntax, message)
	}
	return err == nil
}

// compile sets Tree and Code.
func (u *Unit) compile(text string) error {
	u.MentionsRequire = strings.Contains(text, "require") || strings.Contains(text, "arguments") || strings.Contains(text, "eval")
	tree, err := parser.ParseFile(nil, u.Path, wrapHead+text+wrapTail, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return err
	}
	u.Tree = tree
	u.Writes = writes(tree, text)
	if u.Backtracks, err = guard(tree, text); err != nil {
		return err
	}
	u.Code, err = goja.CompileAST(tree, false)
	return err
}

// describe takes the first error of a parser or compiler apart.
func describe(err error) (line, column int, message string) {
	if list, ok := errors.AsType[parser.ErrorList](err); ok && len(list) > 0 {
		return list[0].Position.Line, list[0].Position.Column, list[0].Message
	}
	if bad, ok := errors.AsType[*goja.CompilerSyntaxError](err); ok && bad.File != nil {
		at := bad.File.Position(bad.Offset)
		return at.Line, at.Column, bad.Message
	}
	return 1, 1, err.Error()
}

func (r *reader) report(file string, line, column int, code fault.Code, message string) {
	r.findings = append(r.findings, engine.Diagnostic{
		Severity: engine.Error, Code: code, File: file, Line: line, Column: column, Message: message,
	})
}
