package queue_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/queue"
	"github.com/hookstep-dev/hookstep/host/store"
)

func TestLanes(t *testing.T) {
	t.Parallel()
	flow := store.Flow{Integration: "orders", Instance: "acme", Flow: "receive"}
	for _, test := range []struct {
		name   string
		limits queue.Limits
		want   []store.Lane
	}{
		{"parallel", queue.Limits{}, nil},
		{"throttled", queue.Limits{Flow: 3}, []store.Lane{{Key: "flow orders/acme/receive", Limit: 3}}},
		{"by key", queue.Limits{Flow: 1, Keyed: true, Key: `"c 1"`}, []store.Lane{{Key: `key orders/acme/receive "c 1"`, Limit: 1}}},
		{"by a key without a value", queue.Limits{Flow: 1, Keyed: true}, []store.Lane{{Key: "key orders/acme/receive ", Limit: 1}}},
		{"of the instance", queue.Limits{Instance: 5}, []store.Lane{{Key: "instance orders/acme", Limit: 5}}},
		{"the narrow one first", queue.Limits{Flow: 1, Instance: 5}, []store.Lane{{Key: "flow orders/acme/receive", Limit: 1}, {Key: "instance orders/acme", Limit: 5}}},
		{"single", queue.Limits{Flow: 2, Single: true}, []store.Lane{{Key: "single orders/acme/receive", Limit: 1, Skip: true}, {Key: "flow orders/acme/receive", Limit: 2}}},
	} {
		if diff := cmp.Diff(test.want, queue.Lanes(flow, test.limits)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}
