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
	ends  int  // how many ends of it are being written
	doubt bool // one may have been kept: the answer to it was lost
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

// begin notes that an end of a claim is being written.
func (h *holding) begin(id, epoch int64) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if one := h.claims[id]; one != nil && one.epoch == epoch {
		one.ends++
	}
}

// end notes that an end of a claim is not being written any more, and whether one of it may have been kept. It tells whether that was so
// before.
func (h *holding) end(id, epoch int64, doubt bool) (doubted bool) {
	h.lock.Lock()
	defer h.lock.Unlock()
	one := h.claims[id]
	if one == nil || one.epoch != epoch {
		return false
	}
	doubted = one.doubt
	one.ends--
	one.doubt = one.doubt || doubt
	return doubted
}

// ending tells that this host has ended a claim, or may have, and does not know yet.
func (h *holding) ending(id, epoch int64) bool {
	h.lock.Lock()
	defer h.lock.Unlock()
	one := h.claims[id]
	return one != nil && one.epoch == epoch && (one.ends > 0 || one.doubt)
}
