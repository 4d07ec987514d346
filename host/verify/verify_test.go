package verify_test

import (
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/verify"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestAPIKey(t *testing.T) {
	t.Parallel()
	keys := map[integration.FlowName][]string{"Guarded": {"first-key", "second-key"}, "Other": {"other-key"}}
	guarded := &integration.Flow{Name: "Guarded", Trigger: integration.Trigger{APIKey: true}}
	for _, test := range []struct {
		name   string
		flow   *integration.Flow
		header []hostapi.Header
		passes bool
	}{
		{"no key asked", &integration.Flow{Name: "Open"}, nil, true},
		{"no key asked, one shown", &integration.Flow{Name: "Open"}, key("anything"), true},
		{"none shown", guarded, nil, false},
		{"empty", guarded, key(""), false},
		{"first of the flow", guarded, key("first-key"), true},
		{"second of the flow", guarded, key("second-key"), true},
		{"beginning of a key", guarded, key("first"), false},
		{"of another flow", guarded, key("other-key"), false},
		{"flow without keys", &integration.Flow{Name: "Bare", Trigger: integration.Trigger{APIKey: true}}, key("first-key"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			target := integration.Target{Flow: test.flow, Instance: &integration.Instance{APIKeys: keys}}
			err := verify.New().Check(&integration.Request{Headers: test.header}, target, time.Now())
			if test.passes != (err == nil) {
				t.Fatalf("got %v", err)
			}
			if err != nil && !fault.Is(err, fault.Unauthorized) {
				t.Errorf("refused with %v, want the code unauthorized", err)
			}
		})
	}
}

func key(value string) []hostapi.Header { return []hostapi.Header{{Name: "api-key", Value: value}} }
