package sqlite

import (
	"github.com/hookstep-dev/hookstep/host/store"
)

// The states of a place.
const (
	placeLater = 0
	placeWaits = 1
	placeHeld  = 2
)

const (
	putLane     = "INSERT INTO lanes (key, capacity, running) VALUES (?1, ?2, 0) ON CONFLICT (key) DO UPDATE SET capacity = ?2 RETURNING id, running"
	insertPlace = "INSERT INTO places (execution, number, lane, skip, state) VALUES (?, ?, ?, ?, ?)"
	nextPlaces  = "SELECT number, lane FROM places WHERE execution = ? AND state = 0 ORDER BY number"
	setPlace    = "UPDATE places SET state = ? WHERE execution = ? AND number = ?"
	takePlace   = "UPDATE lanes SET running = running + 1 WHERE id = ? AND running < capacity"
	freePlace   = "UPDATE lanes SET running = running - 1 WHERE id = ?"
	firstWaiter = "SELECT execution, number FROM places WHERE lane = ? AND state = 1 ORDER BY execution LIMIT 1"
	deleteLane  = "DELETE FROM lanes WHERE id = ?1 AND running = 0 AND NOT EXISTS (SELECT 1 FROM places WHERE lane = ?1)"
)

// fullLane tells whether one of the lanes is full that an execution skips then.
func (t *tx) fullLane(lanes []store.Lane) (bool, error) {
	for _, lane := range lanes {
		if !lane.Skip {
			continue
		}
		running, err := t.number("SELECT running FROM lanes WHERE key = ?", lane.Key)
		if err != nil || running >= int64(lane.Limit) {
			return true, err
		}
	}
	return false, nil
}

// enterLanes has an execution take its lanes one after the other. False tells that it waits for one.
func (d *Database) enterLanes(t *tx, id int64, lanes []store.Lane) (bool, error) {
	entered := map[int64]bool{}
	for number, lane := range lanes {
		found, err := t.one(putLane, lane.Key, max(1, lane.Limit))
		if err != nil {
			return false, err
		}
		t.writes++
		if entered[found.int(0)] {
			continue
		}
		entered[found.int(0)] = true
		if _, err := t.exec(insertPlace, id, number, found.int(0), lane.Skip, placeLater); err != nil {
			return false, err
		}
		if err := d.admitWaiters(t, found.int(0)); err != nil { // its limit may have grown
			return false, err
		}
	}
	return d.goOn(t, id)
}

// goOn has an execution take lanes until one is full, where it waits then.
func (d *Database) goOn(t *tx, id int64) (bool, error) {
	for {
		next, err := t.one(nextPlaces+" LIMIT 1", id)
		if err != nil {
			return false, err
		}
		if next == nil {
			_, err := t.exec("UPDATE active SET held = 0 WHERE id = ?", id)
			return true, err
		}
		taken, err := t.exec(takePlace, next.int(1))
		if err != nil {
			return false, err
		}
		state := placeHeld
		if taken == 0 {
			state = placeWaits
		}
		if _, err := t.exec(setPlace, state, id, next.int(0)); err != nil {
			return false, err
		}
		if taken == 0 {
			_, err := t.exec("UPDATE active SET held = 1 WHERE id = ?", id)
			return false, err
		}
	}
}

// leaveLanes gives back the places of an execution and lets those go on that waited for them.
func (d *Database) leaveLanes(t *tx, id int64) error {
	type place struct {
		lane int64
		held bool
	}
	var places []place
	err := t.each("SELECT lane, state FROM places WHERE execution = ?", []any{id}, func(r row) error {
		places = append(places, place{r.int(0), r.int(1) == placeHeld})
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM places WHERE execution = ?", id); err != nil {
		return err
	}
	for _, one := range places {
		if err := d.leaveLane(t, one.lane, one.held); err != nil {
			return err
		}
	}
	return nil
}

func (d *Database) leaveLane(t *tx, lane int64, held bool) error {
	if held {
		if _, err := t.exec(freePlace, lane); err != nil {
			return err
		}
		if err := d.admitWaiters(t, lane); err != nil {
			return err
		}
	}
	_, err := t.exec(deleteLane, lane)
	return err
}

// admitWaiters fills the free places of a lane with those that wait, the oldest first.
func (d *Database) admitWaiters(t *tx, lane int64) error {
	for {
		first, err := t.one(firstWaiter, lane)
		if err != nil || first == nil {
			return err
		}
		taken, err := t.exec(takePlace, lane)
		if err != nil || taken == 0 {
			return err
		}
		id := first.int(0)
		if _, err := t.exec(setPlace, placeHeld, id, first.int(1)); err != nil {
			return err
		}
		free, err := d.goOn(t, id)
		if err != nil {
			return err
		}
		if free {
			t.after(func() { d.dispatch.admit(id) })
		}
	}
}
