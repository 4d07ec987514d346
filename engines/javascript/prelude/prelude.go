// Package prelude holds the JavaScript sources of the globals and modules that the engine offers.
//
// Each file is the body of a function (exports, require, module, host) in strict mode: require loads another file of
// the prelude, host has the functions of the native table. Nothing here knows which interpreter runs it.
package prelude

import (
	"embed"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed *.js
var files embed.FS

// web is the file that has the events of the web.
const web = "events-web"

// Globals maps each global name to the file whose exports have it.
var Globals = map[string]string{
	"setTimeout": "timers", "setInterval": "timers", "setImmediate": "timers",
	"clearTimeout": "timers", "clearInterval": "timers", "clearImmediate": "timers", "queueMicrotask": "timers",
	"Buffer": "buffer", "atob": "buffer", "btoa": "buffer",
	"TextEncoder": "encoding", "TextDecoder": "encoding",
	"URL": "web-url", "URLSearchParams": "web-url",
	"fetch": "fetch", "Headers": "fetch", "Request": "fetch", "Response": "fetch",
	"AbortController": web, "AbortSignal": web, "DOMException": web,
	"Event": web, "CustomEvent": web, "EventTarget": web,
	"structuredClone": "structured-clone", "process": "process", "performance": "process", "crypto": "crypto",
}

// modules are the names that user code may require, each mapped to its file.
var modules = map[string]string{
	"assert": "assert", "buffer": "buffer", "crypto": "crypto", "events": "events", "path": "path",
	"process": "process", "querystring": "querystring", "timers": "timers", "url": "url", "util": "util",
}

// Has tells whether user code may require name, given without "node:".
func Has(name string) bool { return modules[name] != "" }

// Modules lists the names that user code may require, sorted.
func Modules() []string { return slices.Sorted(maps.Keys(modules)) }

// Sources gives the text of every file by its name without ".js".
func Sources() map[string]string {
	texts := map[string]string{}
	names, _ := fs.Glob(files, "*.js")
	for _, name := range names {
		text, _ := fs.ReadFile(files, name)
		texts[strings.TrimSuffix(path.Base(name), ".js")] = string(text)
	}
	return texts
}
