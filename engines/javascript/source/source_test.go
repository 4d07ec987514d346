package source_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/engines/javascript/source"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

func read(texts map[string]string, entries ...string) (*source.Set, []string) {
	from := engine.Source{Entries: entries}
	for path, text := range texts {
		from.Files = append(from.Files, engine.File{Path: path, Content: []byte(text)})
	}
	set, findings := source.Read(from, func(name string) bool { return name == "crypto" })
	var lines []string
	for _, one := range findings {
		lines = append(lines, fmt.Sprintf("%s:%d:%d: %s: %s", one.File, one.Line, one.Column, one.Code, one.Message))
	}
	return set, lines
}

func TestFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"clean", map[string]string{"a.js": "module.exports = require('node:crypto')"}, nil},
		{"syntax", map[string]string{"a.js": "let x = 1;\nlet ä = (;\n"}, []string{"a.js:2:10: syntax: Unexpected token ;"}},
		{"first line", map[string]string{"a.js": "let = = 1"}, []string{"a.js:1:7: syntax: Unexpected token ="}},
		{"end of file", map[string]string{"a.js": "function f() {\n  return 1;\n"}, []string{"a.js:2:12: syntax: Unexpected token )"}},
		{"only the compiler knows", map[string]string{"a.js": "let a;\nlet a;"}, []string{"a.js:2:5: syntax: Identifier 'a' has already been declared"}},
		{"shebang", map[string]string{"a.js": "#!/usr/bin/env node\nlet x = ;"}, []string{"a.js:2:9: syntax: Unexpected token ;"}},
		{
			"missing file",
			map[string]string{"a.js": "\nconst x = require('./lib/x');"},
			[]string{`a.js:2:19: missing_code: cannot find the file "./lib/x" from here: add it, or correct the path`},
		},
		{
			"missing in a required file",
			map[string]string{"a.js": "require('./b')", "b.js": "/* ä */ require('../c.js')"},
			[]string{`b.js:1:17: missing_code: cannot find the file "../c.js" from here: add it, or correct the path`},
		},
		{"package", map[string]string{"a.js": "require('lodash')"}, []string{`a.js:1:9: missing_code: the package "lodash" is not available: packages are not supported yet; copy the code you need into a file beside this one and require it by a relative path`}},
		{"module of Node", map[string]string{"a.js": "require('fs')"}, []string{`a.js:1:9: missing_code: the module "fs" of Node is not offered here: remove the call`}},
		{"JSON", map[string]string{"a.js": "require('./b.json')", "b.json": "{\n  \"a\": }"}, []string{"b.json:2:8: syntax: invalid character '}' looking for beginning of value"}},
		{"missing entry", map[string]string{"b.js": ""}, []string{"a.js:0:0: missing_code: the file is not there; add it or correct the path in integration.yaml"}},
		{"ES module", map[string]string{"a.js": "import { createHash } from 'crypto';\nexport default async () => ({ data: createHash });"}, nil},
		{
			"ES module with an error",
			map[string]string{"a.js": "import x from './x.js';\nexport default x;"},
			[]string{`a.js:1:15: missing_code: cannot find the file "./x.js" from here: add it, or correct the path`},
		},
		{"module syntax error", map[string]string{"a.js": "export default (;"}, []string{`a.js:1:17: syntax: Unexpected ";"`}},
		{
			"await at the top",
			map[string]string{"a.js": "const x = await f();\nmodule.exports = () => x;"},
			[]string{"a.js:1:11: syntax: await stands outside of an async function: move it into the function that the file exports"},
		},
		{
			"await at the top of an ES module",
			map[string]string{"a.js": "export default await 5;"},
			[]string{"a.js:1:16: syntax: await stands outside of an async function: move it into the function that the file exports"},
		},
		{
			"unknown property of characters",
			map[string]string{"a.js": "const ä = 1;\nmodule.exports = () => /ä/ && /\\p{Letters}/u;"},
			[]string{`a.js:2:31: syntax: invalid property name: \p{Letters} is not known here`},
		},
		{"TypeScript", map[string]string{"a.js": "module.exports = require('./b.js')", "b.ts": "export const f = (a: number): string => `${a}`;"}, nil},
		{"async generators", map[string]string{"a.js": "async function* g() { yield 1 }\nmodule.exports = async () => { for await (const x of g()) {} }"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, got := read(c.files, "a.js")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if (set == nil) != (len(c.want) > 0) {
				t.Errorf("set %v", set)
			}
		})
	}
}

func TestNesting(t *testing.T) {
	t.Parallel()
	deep := make([]byte, 5000)
	for i := range deep {
		deep[i] = '('
	}
	if _, got := read(map[string]string{"a.js": string(deep)}, "a.js"); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	one := engine.File{Path: "a.js", Content: []byte("1")}
	two := engine.File{Path: "b.js", Content: []byte("2")}
	same := source.Hash(engine.Source{Files: []engine.File{one, two}, Entries: []string{"a.js", "b.js"}})
	if same != source.Hash(engine.Source{Files: []engine.File{two, one}, Entries: []string{"b.js", "a.js"}}) {
		t.Error("the order of files changes the hash")
	}
	for name, other := range map[string]engine.Source{
		"content": {Files: []engine.File{one, {Path: "b.js", Content: []byte("3")}}, Entries: []string{"a.js", "b.js"}},
		"path":    {Files: []engine.File{one, {Path: "c.js", Content: []byte("2")}}, Entries: []string{"a.js", "b.js"}},
		"entries": {Files: []engine.File{one, two}, Entries: []string{"a.js"}},
	} {
		if source.Hash(other) == same {
			t.Errorf("%s: equal hash", name)
		}
	}
}
