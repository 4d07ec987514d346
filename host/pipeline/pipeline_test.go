package pipeline_test

import (
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/steps"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	slot := func(number int) func() int { return func() int { return number } }
	ids := pipeline.IDs(slot(3), 0)
	var last integration.ExecutionID
	for i := range 10_000 { // more than the first millisecond has, and a clock that goes back in between
		id := ids(at.Add(-time.Duration(i%3) * time.Second))
		if id <= last || id.String() <= last.String() {
			t.Fatalf("%s follows %s", id, last)
		}
		last = id
	}
	if ahead := last.Time().Sub(at); ahead < 0 || ahead > 5*time.Millisecond {
		t.Errorf("10,000 ids took the time %s ahead", ahead)
	}
	if next := pipeline.IDs(slot(0), last)(at); next <= last {
		t.Errorf("%s follows %s of an earlier process", next, last)
	}
	if one, other := pipeline.IDs(slot(1), 0)(at), pipeline.IDs(slot(2), 0)(at); one == other {
		t.Errorf("two hosts made %s", one)
	}
	moving := 1
	moved := pipeline.IDs(func() int { return moving }, 0)
	before := moved(at)
	moving = 2
	if other := pipeline.IDs(slot(1), 0); other(at) != before || moved(at) == other(at) {
		t.Errorf("a host that lost its slot makes the ids of the next one that has it")
	}
}

func TestCatalogNamesClashes(t *testing.T) {
	t.Parallel()
	one := func(file string) *integration.Integration {
		return &integration.Integration{
			ID: "orders", File: file, Flows: []integration.Flow{{Name: "Receive", Slug: "receive"}}, Instances: []integration.Instance{{Name: "acme"}},
		}
	}
	if _, err := pipeline.NewCatalog([]*integration.Integration{one("a/integration.yaml"), one("b/integration.yaml")}, steps.Times{}, "", nil); err == nil {
		t.Error("two flows share an address")
	}
	catalog, err := pipeline.NewCatalog([]*integration.Integration{one("a/integration.yaml")}, steps.Times{}, "", nil)
	if err != nil || len(catalog.Targets()) != 1 || len(catalog.Integrations()) != 1 || len(catalog.Codes()) != 0 {
		t.Errorf("got %+v, %v", catalog, err)
	}
}
