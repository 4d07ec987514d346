package queue_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

func TestSynchronous(t *testing.T) {
	t.Parallel()
	const ours, theirs = "hookstep-synchronous", "prismatic-synchronous"
	for _, test := range []struct {
		name    string
		set     bool
		headers []hostapi.Header
		want    bool
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
		flow := &integration.Flow{Name: "Receive order", Synchronous: test.set}
		if got := queue.Synchronous(flow, &integration.Request{Headers: test.headers}); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
}
