package queue_test

import (
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestAdmit(t *testing.T) {
	t.Parallel()
	const ours, theirs = "hookstep-synchronous", "prismatic-synchronous"
	for _, test := range []struct {
		name    string
		set     bool
		headers []hostapi.Header
		admits  bool
	}{
		{"as the flow is set", true, nil, true},
		{"asynchronous", false, nil, false},
		{"header asks for it", false, []hostapi.Header{{Name: ours, Value: "true"}}, true},
		{"header in other case", false, []hostapi.Header{{Name: ours, Value: "True"}}, true},
		{"header refuses it", true, []hostapi.Header{{Name: ours, Value: "false"}}, false},
		{"the connector's header", false, []hostapi.Header{{Name: theirs, Value: "true"}}, true},
		{"ours wins", true, []hostapi.Header{{Name: theirs, Value: "true"}, {Name: ours, Value: "false"}}, false},
		{"another word says nothing", true, []hostapi.Header{{Name: ours, Value: "maybe"}}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := queue.Admit(&integration.Execution{
				Target:  integration.Target{Flow: &integration.Flow{Name: "Receive order", Synchronous: test.set}},
				Request: &integration.Request{Headers: test.headers},
			})
			if test.admits != (err == nil) {
				t.Fatalf("got %v", err)
			}
			if err != nil && (!fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "synchronous: true")) {
				t.Errorf("refused with %v", err)
			}
		})
	}
}
