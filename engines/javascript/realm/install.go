package realm

import (
	"regexp"
	"strings"

	"github.com/dop251/goja"
)

// installation is something that a realm puts into the interpreter's own objects when the program's text mentions it:
// to keep natives that cannot be interrupted within bounds, or to add what the interpreter lacks. A program that hides
// a name from the text goes without the bound; the end of its process is the last one.
type installation struct {
	name    string
	when    *regexp.Regexp
	install func(r *Realm) error
}

var installations = []installation{
	{"repetitions", regexp.MustCompile(`\brepeat\b`), methods("String.prototype", repeated, "repeat")},
	{"long strings", regexp.MustCompile(`\b(repeat|padStart|padEnd)\b`), methods("String.prototype", boundedLength, "repeat", "padStart", "padEnd")},
	{"string forms", regexp.MustCompile(`\b(normalize|to(Locale)?(Upper|Lower)Case)\b`), methods("String.prototype", boundedText(1<<23),
		"normalize", "toUpperCase", "toLowerCase", "toLocaleUpperCase", "toLocaleLowerCase")},
	{"split and match", regexp.MustCompile(`\b(repeat|padStart|padEnd|join)\b`), methods("String.prototype", boundedText(1<<23), "split", "match", "matchAll", "search")},
	{"replace", regexp.MustCompile(`\$['` + "`" + `]|\b(repeat|padStart|padEnd|join)\b`), methods("String.prototype", boundedReplace, "replace", "replaceAll")},
	{
		"long lists", regexp.MustCompile(`\.length\s*=[^=]|\blength['"]?\s*:|\bArray\s*\(|\[\s*[0-9_.eExX]{7,}|['"]length['"]|\.length\s*(\+\+|--|[-+*]=)`),
		methods("Array.prototype", boundedList,
			"concat", "copyWithin", "fill", "flat", "flatMap", "forEach", "includes", "indexOf", "join", "lastIndexOf", "map", "filter", "reduce", "reduceRight",
			"some", "every", "find", "findIndex", "findLast", "findLastIndex", "reverse", "shift", "slice", "sort", "splice", "toLocaleString", "toString",
			"unshift", "toReversed", "toSorted", "toSpliced", "with", "keys", "values", "entries"),
	},
	{"long lists as JSON", regexp.MustCompile(`\[\s*[0-9_.eExX]{7,}|\.length\s*=[^=]`), methods("JSON", boundedArgument, "stringify")},
	{"prototypes", regexp.MustCompile(`\bsetPrototypeOf\b`), methods("Object", otherPrototype, "setPrototypeOf")},
	{"prototypes by reflection", regexp.MustCompile(`\bReflect\.setPrototypeOf\b`), methods("Reflect", otherPrototype, "setPrototypeOf")},
	{"JSON.parse", regexp.MustCompile(`\bparse\b`), (*Realm).installParse},
	{"Date.parse", regexp.MustCompile(`\bDate\b[^\n]*\b(parse|repeat)\b`), methods("Date", boundedArgumentText(1<<10), "parse")},
	{patternTimes, riskyPattern, methods("RegExp.prototype", timed, "exec", "test")},
	{"numbers as text", regexp.MustCompile(`\btoLocaleString\b`), additions("locale")},
	{"dates as text", regexp.MustCompile(`\btoLocale(Date|Time)?String\b`), additions("locale-date")},
	{"newer built-ins", regexp.MustCompile(`\b(groupBy|withResolvers|captureStackTrace|fromAsync|asyncIterator|isWellFormed|toWellFormed|` +
		`WeakRef|FinalizationRegistry|isError)\b`), additions("newer")},
}

// patternTimes is the installation that files with a pattern that backtracks need, whatever their text mentions.
const patternTimes = "patterns"

// riskyPattern finds text that can hold a pattern on which a backtracking matcher works for long.
var riskyPattern = regexp.MustCompile(`\(\?[=!<]|\\[1-9k]|[+*}?]\)[+*{]|\bRegExp\b`)

func (r *Realm) install(list []installation) error {
	return r.protect(func() error {
		for _, one := range list {
			if err := one.install(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// builtin is a method of the interpreter.
type builtin = func(goja.FunctionCall) goja.Value

// methods puts a bound around methods of a built-in object.
func methods(holder string, bound func(*Realm, builtin) builtin, names ...string) func(*Realm) error {
	return func(r *Realm) error {
		object := r.holder(holder)
		for _, name := range names {
			original, ok := object.Get(name).(*goja.Object)
			if !ok {
				continue
			}
			if err := r.replace(object, name, original, bound); err != nil {
				return err
			}
		}
		return nil
	}
}

// holder finds a built-in object by its path from the global object.
func (r *Realm) holder(path string) *goja.Object {
	object := r.runtime.GlobalObject()
	for part := range strings.SplitSeq(path, ".") {
		object = object.Get(part).ToObject(r.runtime)
	}
	return object
}

func (r *Realm) replace(object *goja.Object, name string, original *goja.Object, bound func(*Realm, builtin) builtin) error {
	call, ok := original.Export().(builtin)
	if !ok {
		return nil
	}
	return object.DefineDataProperty(name, r.named(name, bound(r, call)), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// named makes a function with a name of its own.
func (r *Realm) named(name string, call builtin) *goja.Object {
	function := r.runtime.ToValue(call).ToObject(r.runtime)
	_ = function.DefineDataProperty("name", r.runtime.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	return function
}

// additions runs a file of the prelude for its effects.
func additions(file string) func(*Realm) error {
	return func(r *Realm) error {
		_, err := r.builtin(file)
		return err
	}
}
