package realm

import (
	"regexp"

	"github.com/hookstep-dev/hookstep/engines/javascript/source"
)

// Program is a set of files ready to run in any number of realms. It does not change.
type Program struct {
	*source.Set
	guards []installation // what its realms install before code runs
}

// NewProgram finds out which guards and additions the files can need.
func NewProgram(set *source.Set) *Program {
	program := &Program{Set: set}
	patterns := map[string]*regexp.Regexp{}
	for _, one := range installations {
		patterns[one.name] = one.when
	}
	needs := set.Needs(patterns)
	for _, unit := range set.Units {
		if unit.Backtracks {
			needs[patternTimes] = true
		}
	}
	for _, one := range installations {
		if needs[one.name] {
			program.guards = append(program.guards, one)
		}
	}
	return program
}
