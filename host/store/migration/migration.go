// Package migration decides how the schema of a database is brought up to date.
//
// Migrations are SQL files named NNNN_words.sql, numbered from 1 without gaps. Each expands the schema so that older programs can go on
// with it; what none of them needs any more is dropped by a later one. A first line "-- needs NNNN" says that from this migration on a program
// must know that version at least; without it, what needed the schema before holds on.
package migration

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Step is one migration.
type Step struct {
	Name    string // of its file
	Version int    // of the schema after it
	Needs   int    // lowest version that a program must know to use the schema after it
	SQL     string
}

// State is how far a database is, as it keeps it itself. The zero State is that of an empty one.
type State struct {
	Version int
	Needs   int
}

// Read reads the migrations in a folder of files, in order.
func Read(files fs.FS, folder string) ([]Step, error) {
	names, err := fs.Glob(files, path.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	needs := 1
	var steps []Step
	for i, file := range names {
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		name := path.Base(file)
		if version, err := numberOf(name); err != nil || version != i+1 {
			return nil, fmt.Errorf("the migration %s should be number %d", name, i+1)
		}
		if told, found := strings.CutPrefix(string(text), "-- needs "); found {
			line, _, _ := strings.Cut(told, "\n")
			if needs, err = strconv.Atoi(strings.TrimSpace(line)); err != nil || needs > i+1 {
				return nil, fmt.Errorf("the migration %s needs %q, which is no version up to its own", name, line)
			}
		}
		steps = append(steps, Step{Name: name, Version: i + 1, Needs: needs, SQL: string(text)})
	}
	return steps, nil
}

func numberOf(name string) (int, error) {
	number, _, _ := strings.Cut(name, "_")
	return strconv.Atoi(number)
}

// Pending gives the steps that a database has still to take. A schema that is newer than the program is left as it is if the program can use it;
// otherwise the error, a fault of the code Unsupported, says which versions met and what to do.
func Pending(steps []Step, at State) ([]Step, error) {
	known := len(steps)
	if at.Needs > known {
		return nil, fault.New(fault.Host, fault.Unsupported,
			"the database has schema version %d, which needs a program that knows version %d at least; this one knows version %d: start a newer "+
				"hookstep, or give it another database", at.Version, at.Needs, known)
	}
	if at.Version >= known {
		return nil, nil
	}
	return steps[at.Version:], nil
}
