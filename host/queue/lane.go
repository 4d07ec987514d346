package queue

import "github.com/hookstep-dev/hookstep/host/store"

// Limits are how many asynchronous executions may run at once; 0 sets no limit.
type Limits struct {
	Flow     int    // of the flow, or of those of the same Key
	Key      string // what the flow's queue goes by has this value; only with Keyed
	Keyed    bool
	Instance int  // of the instance, over all its flows
	Single   bool // the execution is not even accepted while another one that was asked for so has not ended
}

// Lanes are those that an execution of a flow takes, one after the other: the narrow one comes first, so that an execution
// that waits in it takes no place of the wide one from others.
func Lanes(flow store.Flow, limits Limits) []store.Lane {
	instance := flow.Integration + "/" + string(flow.Instance)
	name := instance + "/" + string(flow.Flow)
	var lanes []store.Lane
	if limits.Single {
		lanes = append(lanes, store.Lane{Key: "single " + name, Limit: 1, Skip: true})
	}
	if limits.Flow > 0 {
		key := "flow " + name
		if limits.Keyed {
			key = "key " + name + " " + limits.Key
		}
		lanes = append(lanes, store.Lane{Key: key, Limit: limits.Flow})
	}
	if limits.Instance > 0 {
		lanes = append(lanes, store.Lane{Key: "instance " + instance, Limit: limits.Instance})
	}
	return lanes
}
