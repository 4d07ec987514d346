package source

import (
	"fmt"
	"path"
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// call is one require("…") in a file.
type call struct {
	name string
	at   file.Idx
}

// requires finds the calls of require with a literal argument.
func requires(tree *ast.Program) []call {
	var found []call
	walk(reflect.ValueOf(tree.Body), func(node ast.Expression) ast.Expression {
		expression, ok := node.(*ast.CallExpression)
		if !ok || len(expression.ArgumentList) != 1 {
			return nil
		}
		callee, isName := expression.Callee.(*ast.Identifier)
		argument, isText := expression.ArgumentList[0].(*ast.StringLiteral)
		if isName && isText && callee.Name == "require" {
			found = append(found, call{name: argument.Value.String(), at: argument.Idx})
		}
		return nil
	})
	return found
}

// require resolves one call or reports it.
func (r *reader) require(unit *Unit, call call) {
	name := strings.TrimPrefix(call.name, "node:")
	if isRelative(call.name) {
		target, ok := Resolve(unit.Path, call.name, func(file string) bool { _, ok := r.files[file]; return ok })
		if !ok {
			r.missing(unit, call, fmt.Sprintf("cannot find the file %q from here: add it, or correct the path", call.name))
			return
		}
		unit.Requires[call.name] = target
		r.file(target)
		return
	}
	if !r.builtin(name) {
		r.missing(unit, call, unknown(call.name))
	}
}

func (r *reader) missing(unit *Unit, call call, message string) {
	at := unit.position(call.at)
	line, column := unit.Place(at.Line, at.Column)
	r.report(unit.Path, line, column, fault.MissingCode, message)
}

func (u *Unit) position(at file.Idx) file.Position {
	return u.Tree.File.Position(int(at) - u.Tree.File.Base())
}

func unknown(name string) string {
	if nodeModules[strings.TrimPrefix(name, "node:")] || strings.HasPrefix(name, "node:") {
		return fmt.Sprintf("the module %q of Node is not offered here: remove the call", name)
	}
	return fmt.Sprintf("the package %q is not available: packages are not supported yet; "+
		"copy the code you need into a file beside this one and require it by a relative path", name)
}

// nodeModules are Node's own modules, so that a message can tell them from packages.
var nodeModules = func() map[string]bool {
	known := map[string]bool{}
	for name := range strings.FieldsSeq(`async_hooks child_process cluster console constants dgram diagnostics_channel dns
		domain fs fs/promises http http2 https inspector module net os perf_hooks process punycode readline repl sqlite
		stream stream/promises string_decoder sys test timers timers/promises tls trace_events tty v8 vm wasi
		worker_threads zlib`) {
		known[name] = true
	}
	return known
}()

func isRelative(name string) bool {
	return name == "." || name == ".." || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || strings.HasPrefix(name, "/")
}

// Resolve finds the file that a relative require means, as Node does: the very name, then with each known extension, then the
// index file of the folder. As TypeScript does, "./x.js" also means x.ts.
func Resolve(from, name string, exists func(file string) bool) (string, bool) {
	base := path.Join(path.Dir(from), name)
	if strings.HasPrefix(name, "/") {
		base = path.Clean(name[1:])
	}
	for _, suffix := range []string{"", ".js", ".json", ".cjs", ".mjs", ".ts", "/index.js", "/index.json", "/index.ts"} {
		if suffix == "" && strings.HasSuffix(name, "/") {
			continue
		}
		if file := base + suffix; exists(file) {
			return file, true
		}
	}
	if written, ok := strings.CutSuffix(base, ".js"); ok && exists(written+".ts") {
		return written + ".ts", true
	}
	return "", false
}
