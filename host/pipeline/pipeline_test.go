package pipeline_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/steps"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	fixed := func() *bytes.Reader { return bytes.NewReader(bytes.Repeat([]byte{0xff}, 10)) }
	if got := pipeline.IDs(fixed())(at); len(got) != 26 || got != pipeline.IDs(fixed())(at) || strings.Trim(string(got), "0123456789abcdefghjkmnpqrstvwxyz") != "" {
		t.Errorf("got %s", got)
	}
	ids := pipeline.IDs(rand.Reader)
	seen := map[integration.ExecutionID]bool{}
	last := integration.ExecutionID("")
	for i := range 1000 {
		id := ids(at.Add(time.Duration(i) * time.Millisecond))
		if seen[id] || id <= last {
			t.Fatalf("%s follows %s", id, last)
		}
		seen[id], last = true, id
	}
	for range 1000 {
		id := ids(at)
		if seen[id] {
			t.Fatalf("%s came twice in one millisecond", id)
		}
		seen[id] = true
	}
}

func TestCatalogNamesClashes(t *testing.T) {
	t.Parallel()
	one := func(file string) *integration.Integration {
		return &integration.Integration{
			ID: "orders", File: file, Flows: []integration.Flow{{Name: "Receive", Slug: "receive"}}, Instances: []integration.Instance{{Name: "acme"}},
		}
	}
	if _, err := pipeline.NewCatalog([]*integration.Integration{one("a/integration.yaml"), one("b/integration.yaml")}, steps.Times{}, ""); err == nil {
		t.Error("two flows share an address")
	}
	catalog, err := pipeline.NewCatalog([]*integration.Integration{one("a/integration.yaml")}, steps.Times{}, "")
	if err != nil || len(catalog.Targets()) != 1 || len(catalog.Integrations()) != 1 || len(catalog.Codes()) != 0 {
		t.Errorf("got %+v, %v", catalog, err)
	}
}
