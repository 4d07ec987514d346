package host_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/hookstep-dev/hookstep/"

// floor is where a folder stands in the house. Its code imports from floors below only, and of other modules those that
// are listed, by the beginning of their paths.
type floor struct {
	level   int
	modules string // separated by spaces
	only    string // what it may import of this module, by the beginning of the path, separated by spaces; empty: anything below
}

// floors has one line for each folder with Go code; a folder without one fails the test. Stages stand on one floor, so
// that none can import another.
func floors() map[string]floor {
	const grpc = "google.golang.org/grpc google.golang.org/protobuf"
	const goja, lua = "github.com/dop251/goja", "github.com/yuin/gopher-lua"
	const javascriptOnly, luaOnly = "sdk/engine sdk/fault sdk/hostapi sdk/value engines/javascript", "sdk/engine sdk/fault sdk/hostapi sdk/value engines/lua"
	const prometheus = "github.com/prometheus/client_golang"
	const contracts = "sdk/connection sdk/fault sdk/hostapi"
	return map[string]floor{
		// The contracts: the standard library alone.
		"sdk/fault":      {level: 0},
		"sdk/value":      {level: 0},
		"sdk/hostapi":    {level: 1},
		"sdk/engine":     {level: 2},
		"sdk/connection": {level: 2},

		// What programs on both sides of the process boundary use.
		"sdk/garbage": {level: 0},

		// The protocol.
		"sdk/internal/handshake":        {level: 3, modules: "github.com/hashicorp/go-plugin google.golang.org/grpc"},
		"sdk/internal/pb/enginev1":      {level: 3, modules: grpc},
		"sdk/internal/pb/pluginv1":      {level: 3, modules: grpc},
		"sdk/internal/pb/connectionv1":  {level: 4, modules: grpc},
		"sdk/internal/wire/chunk":       {level: 4},
		"sdk/internal/wire/logline":     {level: 4},
		"sdk/internal/wire/fromproto":   {level: 5},
		"sdk/internal/wire/toproto":     {level: 5},
		"sdk/internal/wire/host2plugin": {level: 6, modules: grpc},
		"sdk/internal/wire/plugin2host": {level: 6, modules: grpc},
		"sdk/internal/wire":             {level: 7},
		"sdk":                           {level: 7, modules: "github.com/hashicorp/go-plugin github.com/hashicorp/go-hclog golang.org/x/sys " + grpc},
		"sdk/launch":                    {level: 7, modules: "github.com/hashicorp/go-plugin github.com/hashicorp/go-hclog golang.org/x/sys " + grpc},
		"sdk/internal/conformance":      {level: 8},
		"sdk/enginetest":                {level: 9},
		"sdk/connectiontest":            {level: 9},

		// The engines know the contracts and their interpreter.
		"engines/javascript/slot":      {level: 3, only: javascriptOnly},
		"engines/javascript/pattern":   {level: 3, only: javascriptOnly, modules: goja},
		"engines/javascript/weburl":    {level: 3, only: javascriptOnly, modules: "golang.org/x/net"},
		"engines/javascript/prelude":   {level: 3, only: javascriptOnly},
		"engines/javascript/source":    {level: 4, only: javascriptOnly, modules: goja + " github.com/evanw/esbuild github.com/go-sourcemap"},
		"engines/javascript/codec":     {level: 3, only: javascriptOnly, modules: goja},
		"engines/javascript/native":    {level: 5, only: javascriptOnly, modules: "golang.org/x"},
		"engines/javascript/realm":     {level: 6, only: javascriptOnly, modules: goja + " github.com/dlclark/regexp2"},
		"engines/javascript":           {level: 7, only: javascriptOnly, modules: goja},
		"engines/lua/internal/pattern": {level: 3, only: luaOnly},
		"engines/lua/internal/luajson": {level: 3, only: luaOnly, modules: lua},
		"engines/lua":                  {level: 6, only: luaOnly, modules: lua},

		// The connection providers know the contracts.
		"plugins/apikey":     {level: 3, only: contracts},
		"plugins/basic":      {level: 3, only: contracts},
		"plugins/oauth2":     {level: 5, only: contracts + " plugins/oauth2/internal"},
		"plugins/privatekey": {level: 3, only: contracts},

		"plugins/oauth2/internal/veil":     {level: 0},
		"plugins/oauth2/internal/preset":   {level: 0},
		"plugins/oauth2/internal/endpoint": {level: 3, only: contracts + " plugins/oauth2/internal"},
		"plugins/oauth2/internal/metadata": {level: 4, only: contracts + " plugins/oauth2/internal"},

		// What starts authorization servers for tests.
		"plugins/oauth2/authserver": {level: 0, modules: "golang.org/x/net/html"},

		// The nouns.
		"host/integration/document":  {level: 3, modules: "github.com/goccy/go-yaml"},
		"host/integration/reference": {level: 3},
		"host/integration/recording": {level: 3},
		"host/integration/timetable": {level: 3},
		"host/integration":           {level: 4, modules: "github.com/goccy/go-yaml"},
		"host/config":                {level: 4, modules: "github.com/spf13/pflag"},

		// What is kept, and where.
		"host/store/object":    {level: 4},
		"host/store":           {level: 5},
		"host/store/record":    {level: 6, modules: "github.com/fxamacker/cbor github.com/klauspost/compress"},
		"host/store/storetest": {level: 7, modules: "github.com/google/go-cmp"},
		"host/store/transfer":  {level: 7},
		"host/store/veil":      {level: 6},
		"host/store/home":      {level: 8},
		"host/store/migration": {level: 5},
		"host/store/sqlite":    {level: 7, modules: "modernc.org/sqlite"},
		"host/store/postgres":  {level: 7, modules: "github.com/jackc/pgx/v5 github.com/riverqueue/river"},

		// What starts a database for tests and measurements.
		"host/store/postgres/scratch": {level: 0, modules: "github.com/jackc/pgx/v5"},

		// What stages and wiring use.
		"host/redact":     {level: 5},
		"host/script":     {level: 5},
		"host/handle":     {level: 5},
		"host/seal":       {level: 6, modules: "github.com/tink-crypto/tink-go/v2"},
		"host/scope":      {level: 6},
		"host/history":    {level: 6},
		"host/telemetry":  {level: 6, modules: prometheus},
		"host/supervisor": {level: 8},

		"host/connect": {level: 7},

		// The stages.
		"host/ingress":  {level: 7, modules: "github.com/gorilla/mux"},
		"host/route":    {level: 7},
		"host/verify":   {level: 7},
		"host/trigger":  {level: 7, modules: "golang.org/x/text"},
		"host/queue":    {level: 7},
		"host/schedule": {level: 7},
		"host/deploy":   {level: 7},
		"host/steps":    {level: 7},
		"host/respond":  {level: 7},

		// What operators do.
		"host/admin/wire":   {level: 0},
		"host/admin/client": {level: 1},
		"host/admin":        {level: 8},
		"host/admin/api":    {level: 9},

		// What joins them.
		"host/pipeline":     {level: 8},
		"host":              {level: 12},
		"host/cmd/hookstep": {level: 13, modules: "github.com/spf13 github.com/mattn/go-isatty github.com/tink-crypto golang.org/x/sys golang.org/x/term"},

		// The measure, which is no part of the program.
		"host/bench/load":      {level: 0},
		"host/bench/process":   {level: 0},
		"host/bench/reference": {level: 0, modules: goja},
		"host/bench/drive":     {level: 6},
		"host/bench/operator":  {level: 6},
		"host/bench":           {level: 13},

		// The proof that nothing is lost, which is none either.
		"host/crash/ledger": {level: 0},
		"host/crash":        {level: 13},
	}
}

// source is one Go file that is part of the program, or a test of it.
type source struct {
	folder string
	path   string
	file   *ast.File
	fset   *token.FileSet
	text   []byte
}

// sources parses all Go files of the module, tests left out.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || file == "contrib" || strings.HasPrefix(entry.Name(), ".") && file != ".") {
			return fs.SkipDir
		}
		if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		text, err := fs.ReadFile(root, file)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments)
		all = append(all, source{path.Dir(file), file, parsed, fset, text})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFloors(t *testing.T) {
	t.Parallel()
	house := floors()
	seen := map[string]bool{}
	for _, from := range sources(t) {
		here, known := house[from.folder]
		if !known {
			t.Errorf("%s has no floor: give it one in floors", from.folder)
			continue
		}
		seen[from.folder] = true
		for _, spec := range from.file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			bundled := strings.HasPrefix(name, module+"engines/") || strings.HasPrefix(name, module+"plugins/")
			if bundled && strings.HasPrefix(from.path, "host/") && from.path != "host/cmd/hookstep/bundled.go" {
				t.Errorf("%s imports %s: only bundled.go names plugins", from.path, name)
			}
			if problem := here.check(name, house); problem != "" {
				t.Errorf("%s: %s", from.path, problem)
			}
		}
	}
	for folder := range house {
		if !seen[folder] {
			t.Errorf("%s has a floor but no code: take it out of floors", folder)
		}
	}
}

// check says what is wrong with an import from here.
func (f floor) check(name string, house map[string]floor) string {
	folder, own := strings.CutPrefix(name, module)
	switch first, _, _ := strings.Cut(name, "/"); {
	case own && f.only != "" && !begins(folder, f.only):
		return "imports " + folder + ", which is not among " + f.only
	case own && house[folder].level >= f.level:
		return "imports " + folder + ", which is not on a floor below"
	case !own && strings.Contains(first, ".") && !begins(name, f.modules):
		return "imports " + name + ", which is not among its modules (" + f.modules + ")"
	}
	return ""
}

// begins tells whether a path is below one of the listed ones.
func begins(name, listed string) bool {
	return slices.ContainsFunc(strings.Fields(listed), func(one string) bool {
		return name == one || strings.HasPrefix(name, one+"/")
	})
}

// onlyHere lists standard packages that single folders may use.
func onlyHere() map[string][]string {
	return map[string][]string{
		"os/exec": {"sdk/launch", "host/supervisor", "host/cmd/hookstep", "host/bench", "host/bench/process", "host/crash", "sdk/internal/conformance", "host/store/postgres/scratch", "host/store/storetest", "plugins/oauth2/authserver"},
		"net/http": {
			"host", "host/admin/api", "host/admin/client", "host/connect", "host/ingress", "host/respond", "host/scope", "host/telemetry", "host/cmd/hookstep", "host/integration/recording",
			"plugins/oauth2/authserver", "plugins/oauth2/internal/endpoint", "plugins/oauth2/internal/metadata",
			"host/bench", "host/bench/load", "host/bench/reference", "host/crash", "sdk/connectiontest",
		},
		"unsafe": {"sdk/internal/pb/connectionv1", "sdk/internal/pb/enginev1", "sdk/internal/pb/pluginv1", "sdk/launch", "engines/lua/internal/luajson"},
	}
}

func TestStandardPackagesWithAPlace(t *testing.T) {
	t.Parallel()
	places := onlyHere()
	for _, from := range sources(t) {
		for _, spec := range from.file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if folders, limited := places[name]; limited && !slices.Contains(folders, from.folder) {
				t.Errorf("%s imports %s, which has its place in %s", from.path, name, strings.Join(folders, ", "))
			}
		}
	}
}

// TestHabits holds what the whole house keeps to.
func TestHabits(t *testing.T) {
	t.Parallel()
	all := sources(t)
	changed := changes(all)
	described := map[string]bool{}
	for _, from := range all {
		if from.file.Doc != nil {
			described[from.folder] = true
		}
		if ast.IsGenerated(from.file) {
			described[from.folder] = true
			continue
		}
		if lines := strings.Count(string(from.text), "\n"); lines > 700 {
			t.Errorf("%s has %d lines; the most is 700", from.path, lines)
		}
		for _, decl := range from.file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				checkFunc(t, from, decl)
			case *ast.GenDecl:
				checkVars(t, from, decl, changed)
			}
		}
	}
	for _, from := range all {
		if !described[from.folder] {
			t.Errorf("%s has no package comment", from.folder)
			described[from.folder] = true
		}
	}
}

func checkFunc(t *testing.T, from source, decl *ast.FuncDecl) {
	t.Helper()
	if decl.Name.Name == "init" && decl.Recv == nil {
		t.Errorf("%s has an init function", from.path)
	}
	lines := from.fset.Position(decl.End()).Line - from.fset.Position(decl.Pos()).Line + 1
	if lines > 80 {
		t.Errorf("%s: %s has %d lines; the most is 80", from.path, decl.Name.Name, lines)
	}
}

// checkVars refuses package variables but for those that are constants in all but name: given a value where they are
// declared, and nowhere assigned, changed in place or pointed at in their package.
func checkVars(t *testing.T, from source, decl *ast.GenDecl, changed map[string]bool) {
	t.Helper()
	if decl.Tok != token.VAR || isEmbedded(decl) {
		return
	}
	for _, spec := range decl.Specs {
		spec := spec.(*ast.ValueSpec)
		for _, name := range spec.Names {
			if name.Name != "_" && (len(spec.Values) == 0 || changed[from.folder+"."+name.Name]) {
				t.Errorf("%s has the package variable %s, which can change", from.path, name.Name)
			}
		}
	}
}

func isEmbedded(decl *ast.GenDecl) bool {
	return decl.Doc != nil && slices.ContainsFunc(decl.Doc.List, func(line *ast.Comment) bool {
		return strings.HasPrefix(line.Text, "//go:embed ")
	})
}

// changes gives the names that are not local to a function and that code assigns, changes in place or points at, each as
// folder.name.
func changes(all []source) map[string]bool {
	changed := map[string]bool{}
	for _, from := range all {
		mark := func(target ast.Expr) {
			if name := root(target); name != nil && !isLocal(name) {
				changed[from.folder+"."+name.Name] = true
			}
		}
		ast.Inspect(from.file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.AssignStmt:
				if node.Tok != token.DEFINE {
					for _, target := range node.Lhs {
						mark(target)
					}
				}
			case *ast.IncDecStmt:
				mark(node.X)
			case *ast.UnaryExpr:
				if node.Op == token.AND {
					mark(node.X)
				}
			case *ast.CallExpr:
				if called, ok := node.Fun.(*ast.Ident); ok && (called.Name == "delete" || called.Name == "clear") {
					mark(node.Args[0])
				}
			}
			return true
		})
	}
	return changed
}

// root is the variable that an expression is a part of; nil if it is of none.
func root(of ast.Expr) *ast.Ident {
	switch of := of.(type) {
	case *ast.Ident:
		return of
	case *ast.IndexExpr:
		return root(of.X)
	case *ast.SelectorExpr:
		return root(of.X)
	case *ast.ParenExpr:
		return root(of.X)
	}
	return nil
}

// isLocal tells a name that a function declares.
func isLocal(name *ast.Ident) bool {
	if name.Obj == nil { // of another file, so of the package
		return false
	}
	_, ofPackage := name.Obj.Decl.(*ast.ValueSpec)
	return !ofPackage
}
