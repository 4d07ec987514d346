package integration_test

import (
	"os"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

// TestShippedIntegrations reads the integrations that README, tests and benchmarks use, and sees that each recorded
// webhook is for one of their flows, and each flow has one.
func TestShippedIntegrations(t *testing.T) {
	t.Parallel()
	all, err := integration.ReadAll([]string{"../../testdata/integrations"}, environment(map[string]string{"MEADOW_CRM_SECRET": "an example"}))
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := recording.ReadAll(os.DirFS("../../testdata/webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, webhook := range recorded {
		path, _, _ := strings.Cut(webhook.Target, "?")
		called[path] = true
	}
	for _, read := range all {
		if len(read.Warnings) > 0 {
			t.Errorf("%s", read.Warnings)
		}
		for _, instance := range read.Instances {
			for _, endpoint := range instance.Endpoints {
				if !called[endpoint.Path()] {
					t.Errorf("%s: no recorded webhook for %s", read.Name, endpoint.Path())
				}
				delete(called, endpoint.Path())
			}
		}
	}
	for path := range called {
		t.Errorf("a recorded webhook for %s, which no flow has", path)
	}
}
