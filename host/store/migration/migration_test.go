package migration_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/store/migration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func folder(files ...string) fstest.MapFS {
	made := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		made["migrations/"+files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return made
}

func TestRead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		files fstest.MapFS
		needs []int // of each step
		want  string
	}{
		{"none", folder("README.md", "text"), nil, ""},
		{"several", folder("0002_more.sql", "two", "0001_begin.sql", "one", "0003_drop.sql", "-- needs 2\nthree", "0004_add.sql", "four"), []int{1, 1, 2, 2}, ""},
		{"a gap", folder("0001_begin.sql", "one", "0003_more.sql", "three"), nil, "0003_more.sql should be number 2"},
		{"no number", folder("begin.sql", "one"), nil, "begin.sql should be number 1"},
		{"needs the future", folder("0001_begin.sql", "-- needs 2\n"), nil, "which is no version up to its own"},
		{"needs nonsense", folder("0001_begin.sql", "-- needs it\n"), nil, `needs "it"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			steps, err := migration.Read(tt.files, "migrations")
			var needs []int
			for _, one := range steps {
				needs = append(needs, one.Needs)
			}
			if diff := cmp.Diff(tt.needs, needs); diff != "" {
				t.Error(diff)
			}
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

func TestPending(t *testing.T) {
	t.Parallel()
	steps, err := migration.Read(folder("0001_a.sql", "", "0002_b.sql", "", "0003_c.sql", "-- needs 2\n"), "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		at   migration.State
		want int // steps
		err  string
	}{
		{"an empty database", migration.State{}, 3, ""},
		{"an older one", migration.State{Version: 2, Needs: 1}, 1, ""},
		{"the same", migration.State{Version: 3, Needs: 2}, 0, ""},
		{"a newer one that it can use", migration.State{Version: 5, Needs: 3}, 0, ""},
		{"a newer one that it cannot use", migration.State{Version: 5, Needs: 4}, 0, "version 5, which needs a program that knows version 4 at least; this one knows version 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pending, err := migration.Pending(steps, tt.at)
			if len(pending) != tt.want {
				t.Errorf("got %d steps", len(pending))
			}
			if tt.err == "" && err != nil || tt.err != "" && (!fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got the error %v", err)
			}
		})
	}
}
