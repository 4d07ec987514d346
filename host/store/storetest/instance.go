package storetest

import (
	"sync"
	"sync/atomic"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

func instanceTests() []test {
	return []test{
		{name: "switches are kept, of unknown instances too", run: switches},
		{name: "a deployment happens once for a digest", run: deployments},
		{name: "of many that deploy one does", run: func(d *database) { deployAtOnce(d, d.open()) }},
		{name: "of many that deploy on two hosts one does", run: func(d *database) { deployAtOnce(d, d.open(), d.open()) }, shared: true},
	}
}

func instanceKey(instance string) store.InstanceKey {
	return store.InstanceKey{Integration: "shop", Instance: integration.InstanceName(instance)}
}

func (h *host) instances() map[store.InstanceKey]store.InstanceRow {
	h.Helper()
	rows, err := h.ListInstances(h.Context())
	h.must(err)
	byName := map[store.InstanceKey]store.InstanceRow{}
	for _, row := range rows {
		byName[row.Name] = row
	}
	if len(byName) != len(rows) {
		h.Errorf("of %d rows only %d have a name of their own", len(rows), len(byName))
	}
	return byName
}

func switches(d *database) {
	h := d.open()
	d.equal("at first", map[store.InstanceKey]store.InstanceRow{}, h.instances())
	at := d.moment()
	north, south := instanceKey("north"), instanceKey("south")
	h.must(h.SwitchInstance(d.Context(), north, true, at))
	h.must(h.SwitchInstance(d.Context(), south, false, at))
	h.must(h.SwitchInstance(d.Context(), south, true, at))
	h.must(h.SwitchInstance(d.Context(), south, false, at))
	want := map[store.InstanceKey]store.InstanceRow{
		north: {Name: north, Disabled: true, SwitchedAt: at}, south: {Name: south, SwitchedAt: at},
	}
	d.equal("after switching", want, h.instances())
	moved, err := h.DeployInstance(d.Context(), &store.Deployment{Instance: north, Digest: "one", At: at})
	d.must(err)
	d.equal("a deployment", true, moved)
	want[north] = store.InstanceRow{Name: north, Disabled: true, SwitchedAt: at, Digest: "one", DeployedAt: at}
	d.equal("after a deployment and a restart", want, h.restart().instances())
}

// deployment has an execution for each of two flows.
func (d *database) deployment(instance, digest string) *store.Deployment {
	made := &store.Deployment{Instance: instanceKey(instance), Digest: digest, At: d.moment()}
	for _, flow := range []string{"orders", "returns"} {
		asked := d.ask(flowOf(instance, flow))
		asked.Source = store.Deploy
		made.Starts = append(made.Starts, asked)
	}
	return made
}

func deployments(d *database) {
	h := d.open()
	deploy := func(instance, digest string, want bool) {
		d.Helper()
		made := d.deployment(instance, digest)
		moved, err := h.DeployInstance(d.Context(), made)
		d.must(err)
		d.equal("whether "+instance+" moved to "+digest, want, moved)
		for _, asked := range made.Starts {
			if want {
				d.equal("the source", store.Deploy, h.detail(asked.ID).Execution.Source)
			} else {
				h.absent(asked.ID)
			}
		}
	}
	deploy("north", "one", true)
	deploy("north", "one", false)
	deploy("south", "one", true)
	h = h.restart()
	deploy("north", "one", false)
	deploy("north", "two", true)
	deploy("north", store.Removed, true)
	deploy("north", store.Removed, false)
	deploy("north", "two", true)
	w := h.work(4)
	for range 10 {
		w.next().succeed()
	}
	d.equal("the depths", 0, sum(h.depths()))
	d.equal("the digest", "two", h.instances()[instanceKey("north")].Digest)
}

func deployAtOnce(d *database, hosts ...*host) {
	for _, digest := range []string{"one", "two", "three"} {
		var all sync.WaitGroup
		var count atomic.Int64
		for caller := range 16 {
			made := d.deployment("north", digest)
			all.Go(func() {
				switch moved, err := hosts[caller%len(hosts)].DeployInstance(d.Context(), made); {
				case err != nil:
					d.Error(err)
				case moved:
					count.Add(1)
				}
			})
		}
		all.Wait()
		d.equal("how many deployed "+digest, int64(1), count.Load())
	}
	d.equal("how many were accepted", 6, sum(hosts[0].depths()))
}
