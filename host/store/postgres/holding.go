package postgres

import (
	"context"
	"sync"
)

// holding is what this host works on.
type holding struct {
	lock   sync.Mutex
	claims map[int64]*grip
}

// grip is one claim in this host's hands.
type grip struct {
	epoch int64
	life  int64
	tied  bool // it has places in lanes: its end concerns others
	stop  context.CancelCauseFunc
}

func (h *holding) put(id int64, one *grip) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.claims == nil {
		h.claims = map[int64]*grip{}
	}
	h.claims[id] = one
}

// find gives the grip of a claim; nil if this host does not have it any more.
func (h *holding) find(id, epoch int64) *grip {
	h.lock.Lock()
	defer h.lock.Unlock()
	if one := h.claims[id]; one != nil && one.epoch == epoch {
		return one
	}
	return nil
}

// release forgets a claim that is done with.
func (h *holding) release(id, epoch int64) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if one := h.claims[id]; one != nil && one.epoch == epoch {
		delete(h.claims, id)
	}
}

// drop forgets a claim that is not this host's any more, and stops the work on it.
func (h *holding) drop(id, epoch int64, why error) {
	if one := h.find(id, epoch); one != nil {
		h.release(id, epoch)
		one.stop(why)
	}
}

// dropAny drops a claim of whatever epoch.
func (h *holding) dropAny(id int64, why error) {
	h.lock.Lock()
	one := h.claims[id]
	h.lock.Unlock()
	if one != nil {
		h.drop(id, one.epoch, why)
	}
}

func (h *holding) dropAll(why error) {
	ids, epochs := h.all()
	for i, id := range ids {
		h.drop(id, epochs[i], why)
	}
}

func (h *holding) all() (ids, epochs []int64) {
	h.lock.Lock()
	defer h.lock.Unlock()
	for id, one := range h.claims {
		ids = append(ids, id)
		epochs = append(epochs, one.epoch)
	}
	return ids, epochs
}
