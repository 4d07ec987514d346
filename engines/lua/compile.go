package lua

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	vm "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// compile turns sources into a program. What is wrong with them comes back as findings; the error is ctx's.
func compile(ctx context.Context, source engine.Source) (*program, []engine.Diagnostic, error) {
	c := compiler{
		program: &program{files: map[string]*vm.FunctionProto{}, data: map[string][]byte{}, paths: map[string]bool{}},
		entries: source.Entries,
	}
	for _, file := range source.Files {
		c.program.paths[file.Path] = true
	}
	for _, file := range source.Files {
		if err := context.Cause(ctx); err != nil {
			return nil, nil, err
		}
		c.file(file)
	}
	for _, entry := range source.Entries {
		if !c.program.paths[entry] {
			c.findf(fault.MissingCode, entry, position{}, "there is no such file")
		}
	}
	return c.program, c.findings, nil
}

type compiler struct {
	program  *program
	entries  []string
	findings []engine.Diagnostic
}

// position in a file, from 1.
type position struct{ line, column int }

func (c *compiler) findf(code fault.Code, file string, at position, format string, args ...any) {
	c.findings = append(c.findings, engine.Diagnostic{
		Severity: engine.Error, Code: code, File: file,
		Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...),
	})
}

func (c *compiler) file(file engine.File) {
	switch {
	case path.Ext(file.Path) == ".json":
		c.program.data[file.Path] = file.Content
	case path.Ext(file.Path) == ".lua", slices.Contains(c.entries, file.Path):
		c.code(file)
	}
}

func (c *compiler) code(file engine.File) {
	content := withoutShebang(file.Content)
	if bytes.HasPrefix(content, []byte("\x1bLua")) {
		c.findf(fault.Syntax, file.Path, position{1, 1}, "this is compiled Lua; only source text is accepted")
		return
	}
	look, err := scan(content, file.Path)
	if err == nil {
		err = c.translate(file.Path, content)
	}
	if err != nil {
		at, message := describe(err, content)
		c.findf(fault.Syntax, file.Path, at, "%s", message)
		return
	}
	for _, wanted := range look.requires {
		if _, err := resolve(wanted.name, file.Path, c.program.paths); err != nil {
			at := position{wanted.at.Line, characters(content, wanted.at.Line, wanted.at.Column)}
			c.findf(fault.MissingCode, file.Path, at, "%s", err.Error())
		}
	}
}

// translate parses and compiles one file.
func (c *compiler) translate(name string, content []byte) error {
	chunk, err := parse.Parse(bytes.NewReader(content), name)
	if err != nil {
		return err
	}
	if slices.Contains(c.entries, name) {
		c.entry(name, chunk)
	}
	proto, err := assemble(chunk, name)
	c.program.files[name] = proto
	return err
}

// assemble compiles a parsed chunk. The compiler panics over what it doesn't expect, so that is an error here.
func assemble(chunk []ast.Stmt, name string) (proto *vm.FunctionProto, err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("the compiler gave up: %v", problem)
		}
	}()
	return vm.Compile(chunk, name)
}

// entry checks that a file returns something that can be a function. What is only known when it runs is not judged.
func (c *compiler) entry(name string, chunk []ast.Stmt) {
	const advice = "it must end with return function(ctx, steps) … end"
	if len(chunk) == 0 {
		c.findf(fault.NotCallable, name, position{1, 1}, "the file is empty; %s", advice)
		return
	}
	last := chunk[len(chunk)-1]
	at := position{line: last.Line()}
	switch statement := last.(type) {
	case *ast.ReturnStmt:
		if len(statement.Exprs) == 0 || isPlain(statement.Exprs[0]) {
			c.findf(fault.NotCallable, name, at, "the file does not return a function; %s", advice)
		}
	case *ast.IfStmt, *ast.DoBlockStmt, *ast.WhileStmt, *ast.RepeatStmt, *ast.NumberForStmt, *ast.GenericForStmt, *ast.GotoStmt, *ast.LabelStmt:
	default:
		c.findf(fault.NotCallable, name, at, "the file returns nothing; %s", advice)
	}
}

// isPlain tells whether an expression can't be a function.
func isPlain(expr ast.Expr) bool {
	switch expr.(type) {
	case *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NumberExpr, *ast.StringExpr, *ast.TableExpr:
		return true
	}
	return false
}

// withoutShebang blanks a first line that begins with #, so that positions stay what they are.
func withoutShebang(content []byte) []byte {
	if !bytes.HasPrefix(content, []byte("#")) {
		return content
	}
	end := bytes.IndexByte(content, '\n')
	if end < 0 {
		end = len(content)
	}
	return content[end:]
}

// describe gives position and words of a scanner's, parser's or compiler's error.
func describe(err error, content []byte) (position, string) {
	if deep, ok := errors.AsType[*tooDeep](err); ok {
		return position{deep.at.Line, characters(content, deep.at.Line, deep.at.Column)}, deep.what
	}
	if syntax, ok := errors.AsType[*parse.Error](err); ok {
		return describeSyntax(syntax, content)
	}
	if late, ok := errors.AsType[*vm.CompileError](err); ok {
		return position{line: late.Line}, late.Message
	}
	return position{}, strings.TrimSpace(err.Error())
}

func describeSyntax(err *parse.Error, content []byte) (position, string) {
	message := strings.TrimSpace(err.Message)
	if err.Pos.Line == parse.EOF {
		lines := bytes.Split(bytes.TrimRight(content, "\n"), []byte("\n"))
		last := lines[len(lines)-1]
		return position{len(lines), utf8.RuneCount(last) + 1}, message + " at the end of the file"
	}
	start := err.Pos.Column
	if !strings.Contains(err.Token, "\n") {
		start = max(1, start-len(err.Token)+1)
	}
	at := position{err.Pos.Line, characters(content, err.Pos.Line, start)}
	token := err.Token
	if !utf8.ValidString(token) { // the scanner reads bytes
		token = charAt(content, at)
	}
	return at, fmt.Sprintf("%s near %q", message, token)
}

// characters turns a column in bytes into one in characters.
func characters(content []byte, line, column int) int {
	for ; line > 1; line-- {
		end := bytes.IndexByte(content, '\n')
		if end < 0 {
			return column
		}
		content = content[end+1:]
	}
	return utf8.RuneCount(content[:min(len(content), max(0, column-1))]) + 1
}

// charAt is the character at a position, or nothing.
func charAt(content []byte, at position) string {
	lines := bytes.Split(content, []byte("\n"))
	if at.line < 1 || at.line > len(lines) {
		return ""
	}
	line := []rune(string(lines[at.line-1]))
	if at.column < 1 || at.column > len(line) {
		return ""
	}
	return string(line[at.column-1])
}
