package source

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/go-sourcemap/sourcemap"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// unsupported are the parts of the language that the interpreter does not have and that can be written in others.
var unsupported = map[string]bool{
	"for-await": false, "async-generator": false, "using": false, "regexp-set-notation": false, "decorators": false,
	"import-attributes": false, "dynamic-import": false,
}

// loaders are the file extensions that always need a transformation.
var loaders = map[string]api.Loader{".ts": api.LoaderTS, ".mts": api.LoaderTS, ".cts": api.LoaderTS, ".mjs": api.LoaderJS}

// needsTransform tells ES modules and TypeScript.
func needsTransform(unit *Unit) bool {
	_, always := loaders[path.Ext(unit.Path)]
	return always || moduleSyntax.MatchString(unit.Text)
}

// transform writes a file as a CommonJS module that the interpreter knows, and keeps the way back for positions.
func (r *reader) transform(unit *Unit) (string, bool) {
	result, ok := r.transformed(unit)
	if !ok && len(result.Errors) > 0 {
		r.reportFirst(unit, result)
	}
	return string(result.Code), ok
}

func (r *reader) reportFirst(unit *Unit, result api.TransformResult) {
	first := result.Errors[0]
	line, column, text := 0, 0, first.Text
	if at := first.Location; at != nil {
		line = at.Line
		column = utf8.RuneCountInString(at.LineText[:min(at.Column, len(at.LineText))]) + 1
	}
	if awaitsOutside(result) {
		text = "await stands outside of an async function: move it into the function that the file exports"
	}
	r.report(unit.Path, line, column, fault.Syntax, text)
}

// awaitsOutside tells a file that awaits while it loads, which a CommonJS module cannot.
func awaitsOutside(result api.TransformResult) bool {
	return len(result.Errors) > 0 && strings.HasPrefix(result.Errors[0].Text, "Top-level await")
}

func (r *reader) transformed(unit *Unit) (api.TransformResult, bool) {
	loader, ok := loaders[path.Ext(unit.Path)]
	if !ok {
		loader = api.LoaderJS
	}
	result := api.Transform(unit.Text, api.TransformOptions{
		Format: api.FormatCommonJS, Target: api.ES2022, Supported: unsupported, Loader: loader, Charset: api.CharsetUTF8,
		Sourcemap: api.SourceMapExternal, Sourcefile: unit.Path, LogLevel: api.LogLevelSilent,
	})
	if len(result.Errors) > 0 {
		return result, false
	}
	positions, err := sourcemap.Parse("", result.Map)
	if err != nil {
		r.report(unit.Path, 0, 0, fault.Internal, fmt.Sprintf("the positions of the transformed file cannot be read: %v", err))
		return result, false
	}
	unit.positions = positions
	return result, true
}

// original turns a position in the transformed text, its column in bytes, into one of the author's text.
func (u *Unit) original(line, column int) (int, int) {
	if _, _, row, at, ok := u.positions.Source(line, max(column-1, 0)); ok {
		return row, at + 1
	}
	return line, 0
}
