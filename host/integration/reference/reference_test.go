package reference_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration/reference"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		language string
		source   string
		want     []string // "line:column key", with ? after a key that may be missing
	}{
		"arrow": {"javascript", "module.exports = async (context, stepResults) => {\n  return { data: stepResults.getOrder.results };\n};", []string{
			"2:30 getOrder",
		}},
		"own name":        {"javascript", `module.exports = (ctx, steps) => steps.a.results + stepResults.b.results`, []string{"1:40 a"}},
		"function":        {"javascript", `module.exports = async function main(context, r) { return r["a b"].results }`, []string{"1:61 a b"}},
		"named function":  {"javascript", "async function main({ logger }, r) { r.a.b }\nmodule.exports = main;", []string{"1:40 a"}},
		"named arrow":     {"javascript", "const main = async (c, r) => r.a.b;\nmodule.exports = main;", []string{"1:32 a"}},
		"export default":  {"javascript", "export default async (c, r) => r.a.b;", []string{"1:34 a"}},
		"exports too":     {"javascript", "exports = module.exports = (c, r) => r.a.b;", []string{"1:40 a"}},
		"default value":   {"javascript", "module.exports = (c = {x: [1, 2]}, r = {}) => r.a.b;", []string{"1:49 a"}},
		"one parameter":   {"javascript", "module.exports = (c) => c.a.b;", nil},
		"no parentheses":  {"javascript", "module.exports = c => c.a.b;", nil},
		"object":          {"javascript", "module.exports = { run: (c, r) => r.a.b };", nil},
		"wrapped":         {"javascript", "module.exports = wrap((c, r) => r.a.b);", nil},
		"no exports":      {"javascript", "const f = (c, r) => r.a.b;", nil},
		"spaces":          {"javascript", "module . exports\n= (c, r) =>\n  r\n    .a\n    .b", []string{"4:6 a"}},
		"template":        {"javascript", "module.exports = (c, r) => `r.x.y ${`${r.a.b}` + {r: 1}.r} r.z.z`;", []string{"1:42 a"}},
		"template key":    {"javascript", "module.exports = (c, r) => r[`a`].b;", []string{"1:30 a"}},
		"strings":         {"javascript", `module.exports = (c, r) => "r.x.y" + 'it\'s r.x.y' + r.a.b;`, []string{"1:56 a"}},
		"comments":        {"javascript", "// r.x.y\nmodule.exports = (c, r) => /* r.x.y */ r.a.b; // r.x.y", []string{"2:42 a"}},
		"regex":           {"javascript", `module.exports = (c, r) => /[/"]r.x.y\/'/g.test(1) || r.a.b / 2 / r.b.c;`, []string{"1:57 a", "1:69 b"}},
		"regex at return": {"javascript", "module.exports = (c, r) => { return /'/.test(r.a.b) }", []string{"1:48 a"}},
		"division":        {"javascript", "module.exports = (c, r) => (1) / r.a.b / r.c.d", []string{"1:36 a", "1:44 c"}},
		"characters":      {"javascript", "module.exports = (c, r) => '注文🚀' + r.a.b", []string{"1:38 a"}},
		"other objects":   {"javascript", "module.exports = (c, r) => c.r.x.y + c?.r.x.y + r.a.b", []string{"1:51 a"}},
		"object key":      {"javascript", "module.exports = (c, r) => ({ r: r.a.b })", []string{"1:36 a"}},
		"handed on":       {"javascript", "module.exports = (c, r) => f(r) + Object.keys(r).length + r[c.name].results", nil},
		"every object":    {"javascript", "module.exports = (c, r) => r.hasOwnProperty('a') || r.toString()", nil},
		"optional":        {"javascript", "module.exports = (c, r) => r.a?.results ?? r?.b", []string{"1:30 a?", "1:47 b?"}},
		"tested": {"javascript", "module.exports = (c, r) => { if (r.a) { return r.a.results } return r.b.results }", []string{
			"1:36 a?", "1:50 a?", "1:71 b",
		}},
		"pattern of one": {"javascript", "module.exports = (c, r) => { const { x, y: { z } } = r.a.b; }", []string{"1:56 a"}},
		"and":            {"javascript", "module.exports = (c, r) => r.a && r.a.results", []string{"1:30 a?", "1:37 a?"}},
		"in":             {"javascript", "module.exports = (c, r) => 'a' in r ? r.a.b : r.c.d", []string{"1:28 a?", "1:41 a?", "1:49 c"}},
		"try":            {"javascript", "module.exports = (c, r) => { try { return [r.a.b] } catch { return r.c.d } }", []string{"1:46 a?", "1:70 c"}},
		"set":            {"javascript", "module.exports = (c, r) => { r.a = { results: 1 }; return r.a.results + r.b.c }", []string{"1:75 b"}},
		"destructured": {"javascript", "module.exports = (c, { a, b: { results: x }, 'c d': y, e = {}, [f]: g, ...rest }) => a.results + y", []string{
			"1:24 a", "1:27 b", "1:46 c d?", "1:56 e?",
		}},
		"destructured inside": {"javascript", "module.exports = (c, r) => { const { a, b: { results } } = r; return r.c.d + a.x }", []string{
			"1:38 a", "1:41 b", "1:72 c",
		}},
		"destructured either": {"javascript", "module.exports = (c, { a, b }) => (a || b).results", []string{"1:24 a?", "1:27 b?"}},
		"destructured unused": {"javascript", "module.exports = (c, { a }) => c.a.b", []string{"1:24 a?"}},
		"destructured tested": {"javascript", "module.exports = (c, { a }) => a && a.results", []string{"1:24 a?"}},
		"declared anew":       {"javascript", "module.exports = (c, r) => { const f = () => { const r = {}; return r.a.b }; return r.x.y }", nil},
		"parameter anew":      {"javascript", "module.exports = (c, r) => c.list.map((x, r) => r.a.b)", nil},
		"arrow anew":          {"javascript", "module.exports = (c, r) => c.list.map(r => r.a.b)", nil},
		"function anew":       {"javascript", "module.exports = (c, r) => c.list.map(function (r) { return r.a.b })", nil},
		"catch anew":          {"javascript", "module.exports = (c, r) => { try { f() } catch (r) { return r.a.b } }", nil},
		"method anew":         {"javascript", "module.exports = (c, r) => ({ m(r) { return r.a.b } })", nil},
		"if is no parameter":  {"javascript", "module.exports = (c, r) => { if (r) { return r.a.b } }", []string{"1:48 a"}},
		"assigned anew":       {"javascript", "module.exports = (c, r) => { r = {}; return r.a.b }", nil},
		"syntax error":        {"javascript", "module.exports = (c, r => { return r.a.b", nil},
		"open string":         {"javascript", "module.exports = (c, r) => r.a.b + 'r.x.y", []string{"1:30 a"}},
		"open template":       {"javascript", "module.exports = (c, r) => r.a.b + `r.x.y ${r.c.d", []string{"1:30 a", "1:47 c"}},
		"byte order mark":     {"javascript", "\ufeffmodule.exports = (c, r) => r.a.b", []string{"1:31 a"}},
		"empty":               {"javascript", "", nil},

		"lua":                {"lua", "return function(ctx, steps)\n  return { data = steps.getOrder.results }\nend", []string{"2:25 getOrder"}},
		"lua name":           {"lua", "local function main(ctx, s) return { data = s['a'].results .. s.b.results } end\nreturn main", []string{"1:47 a", "1:65 b"}},
		"lua assigned":       {"lua", "local main = function(ctx, s) return s.a.b end\nreturn main", []string{"1:40 a"}},
		"lua tested":         {"lua", "return function(c, s) return { data = s.a and s.a.results or s.b.results } end", []string{"1:41 a?", "1:49 a?", "1:64 b"}},
		"lua comments":       {"lua", "-- s.x.y\n--[[ s.x.y\n]] --[==[ s.x.y ]] ]==]\nreturn function(c, s) return s.a.b end -- s.x.y", []string{"4:32 a"}},
		"lua strings":        {"lua", "return function(c, s) return 's.x.y' .. \"s.x.y\" .. [[s.x.y]] .. [=[ ]] s.x.y]=] .. s.a.b end", []string{"1:86 a"}},
		"lua table":          {"lua", "return function(c, s) return { s = s.a.b, [s.c.d] = 1 } end", []string{"1:38 a", "1:46 c"}},
		"lua index":          {"lua", "return function(c, s) local t = {} return t[s.a.b] + t[1] end", []string{"1:47 a"}},
		"lua local anew":     {"lua", "return function(c, s) local s = {} return s.a.b end", nil},
		"lua loop anew":      {"lua", "return function(c, s) for _, s in pairs(c) do print(s.a.b) end return 1 end", nil},
		"lua parameter anew": {"lua", "return function(c, s) return map(function(x, s) return s.a.b end) end", nil},
		"lua set":            {"lua", "return function(c, s) s.a = {} return s.a.b end", nil},
		"lua one parameter":  {"lua", "return function(c) return c.a.b end", nil},
		"lua table returned": {"lua", "return { run = function(c, s) return s.a.b end }", nil},
		"lua handed on":      {"lua", "return function(c, s) return f(s, s[c.x]) end", nil},

		"another language": {"python", "def main(ctx, steps): return steps['a']", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, found := range reference.Find(test.language, []byte(test.source)) {
				mark := "?"
				if found.Needed {
					mark = ""
				}
				got = append(got, fmt.Sprintf("%d:%d %s%s", found.Line, found.Column, found.Key, mark))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.source, diff)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add("module.exports = async (c, { a, b: [d = /x/] }) => `${a}`")
	f.Add("return function(c, s) return s.a[[x]] end")
	f.Fuzz(func(t *testing.T, source string) {
		for _, language := range []string{"javascript", "lua"} {
			for _, found := range reference.Find(language, []byte(source)) {
				if found.Line < 1 || found.Column < 1 {
					t.Errorf("%s: %q at %d:%d", language, found.Key, found.Line, found.Column)
				}
			}
		}
	})
}
