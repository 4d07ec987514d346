package lua

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// builtin is the module that every program has without a file.
const builtin = "json"

// resolve finds the file that a require in the file from means: "./x" and "../x" from that file's folder, another name
// from the integration's folder and then from that file's, dots standing for slashes. The empty path is a builtin.
func resolve(name, from string, paths map[string]bool) (string, error) {
	if name == builtin {
		return "", nil
	}
	folder := path.Dir(from)
	var tried []string
	for _, base := range bases(name, folder) {
		if paths[base] && path.Ext(base) != "" {
			return base, nil
		}
		for _, ending := range []string{".lua", "/init.lua", ".json"} {
			if paths[base+ending] {
				return base + ending, nil
			}
		}
		tried = append(tried, base+".lua")
	}
	return "", fmt.Errorf("module %q is not there; looked for %s", name, strings.Join(tried, ", "))
}

// bases gives the paths, without ending, that a module name can mean.
func bases(name, folder string) []string {
	if strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") {
		return []string{path.Join(folder, name)}
	}
	plain := path.Clean(name)
	dotted := plain
	if !strings.Contains(name, "/") {
		dotted = strings.ReplaceAll(plain, ".", "/")
	}
	var out []string
	for _, base := range []string{plain, dotted, path.Join(folder, plain), path.Join(folder, dotted)} {
		if !slices.Contains(out, base) {
			out = append(out, base)
		}
	}
	return out
}
