package config

import (
	"slices"
	"time"

	"github.com/spf13/pflag"
)

// Bind adds a flag for each key, or for those that are named only. The flags hold what Load reads after parsing.
func Bind(flags *pflag.FlagSet, names ...string) {
	config := Default()
	for _, each := range config.settings() {
		if len(names) > 0 && !slices.Contains(names, each.key) {
			continue
		}
		added := flags.VarPF(&flagValue{setting: each}, each.flag(), "", each.doc)
		if each.kind() == "bool" {
			added.NoOptDefVal = "true"
		}
	}
}

// flagValue checks a flag's text when it is parsed, so that cobra reports it as a mistake in the command line.
type flagValue struct{ setting }

func (v *flagValue) Set(text string) error { return v.set(text) }

func (v *flagValue) Type() string { return v.kind() }

func (s setting) kind() string {
	switch s.target.(type) {
	case *bool:
		return "bool"
	case *int:
		return "number"
	case *int64:
		return "size"
	case *time.Duration:
		return "duration"
	case *[]string:
		return "list"
	case *map[string]string:
		return "name=path"
	}
	return "text"
}
