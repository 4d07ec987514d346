package storetest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
)

// connectionPoints are where connectionOfChild can be killed, in its order.
func connectionPoints() []string {
	return []string{"opened", "saved", "begun", "claimed", "saved again", "taken", "begun again", "deleted"}
}

func childConnection(version int64) (*store.ConnectionRow, *store.ConnectionEvent) {
	key := connectionKey("north", "Shop API")
	row := &store.ConnectionRow{Key: key, Version: version, Status: store.ConnectionActive, Token: fmt.Append(nil, "token ", version), TokenAt: version}
	return row, &store.ConnectionEvent{Kind: "saved", Text: strconv.FormatInt(version, 10)}
}

// connectionOfChild takes a connection from its first save to its deletion, with a point after everything that is kept.
func connectionOfChild(ctx context.Context, c *child) error {
	key := connectionKey("north", "Shop API")
	begin := func(id string) error {
		return c.BeginAuthorization(ctx, &store.Authorization{ID: id, Key: key, ExpiresAt: time.Now().Add(time.Hour)})
	}
	save := func(version int64) error {
		row, event := childConnection(version)
		return c.SaveConnection(ctx, row, event)
	}
	does := []func() error{
		func() error { return nil },
		func() error { return save(1) },
		func() error { return begin("first") },
		func() error {
			_, err := c.ClaimConnection(ctx, store.ConnectionClaim{
				Key: key, Version: 1, Holder: "child", Now: time.Now(), Until: time.Now().Add(time.Hour),
			})
			return err
		},
		func() error { return save(2) },
		func() error { _, err := c.TakeAuthorization(ctx, "first", time.Now()); return err },
		func() error { return begin("second") },
		func() error { return c.DeleteConnection(ctx, key, 2) },
	}
	for i, do := range does {
		if err := do(); err != nil {
			return err
		}
		c.pointf("%s", connectionPoints()[i])
	}
	return nil
}

// connectionKilledAt kills a host at one of its points, and holds that all that it was told to be kept is there, and no more.
func connectionKilledAt(d *database, last int) {
	child := d.start("connection")
	for i, point := range connectionPoints()[:last+1] {
		if i > 0 {
			child.release()
		}
		child.await(point)
	}
	child.kill()
	h := d.open()
	key := connectionKey("north", "Shop API")
	version := []int64{0, 1, 1, 1, 2, 2, 2, 0}[last]
	var texts []string
	for _, event := range h.events(key, 10) {
		texts = append(texts, event.Text)
	}
	d.equal("the events", [][]string{nil, {"1"}, {"2", "1"}}[version], texts)
	if version == 0 {
		h.noConnection(key)
	} else {
		want, _ := childConnection(version)
		h.hasConnection(want)
		claim := store.ConnectionClaim{Key: key, Version: version, Holder: "another", Now: d.moment(), Until: d.moment().Add(time.Minute)}
		d.equal("a claim by another", connectionPoints()[last] != "claimed", h.claimOf(claim))
	}
	for id, begun := range map[string][]int{"first": {2, 3, 4}, "second": {6}} {
		there := false
		for _, at := range begun {
			there = there || at == last
		}
		if there {
			h.taken(id, d.moment())
		} else {
			h.notTaken(id, d.moment())
		}
	}
}

// connectionFloodOfChild saves one version after the other of several connections, and tells each, until it is killed.
func connectionFloodOfChild(ctx context.Context, c *child) error {
	failed := make(chan error)
	for number := range 4 {
		go func() {
			for version := int64(1); ; version++ {
				row, event := childConnection(version)
				row.Key.Name = strconv.Itoa(number)
				if err := c.SaveConnection(ctx, row, event); err != nil {
					failed <- err
					return
				}
				c.tellf("saved %d %d", number, version)
			}
		}()
	}
	return <-failed
}

// connectionKilledInFlood kills a host after so many saves: none of them is lost, and each row has the event of its version.
func connectionKilledInFlood(d *database, told int) {
	child := d.start("connection flood")
	saved := map[string]int64{}
	for count := 0; child.points.Scan(); count++ {
		if count == told {
			child.kill() // and what it told meanwhile counts too
		}
		var number string
		var version int64
		if _, err := fmt.Sscanf(child.points.Text(), "saved %s %d", &number, &version); err != nil {
			if strings.HasPrefix(child.points.Text(), "failed") {
				d.Fatal(child.points.Text())
			}
			break // the line that it was killed in
		}
		saved[number] = max(saved[number], version)
	}
	h := d.open()
	rows := h.connections(store.ConnectionFilter{})
	if len(rows) < len(saved) {
		d.Errorf("of %d connections %d are there", len(saved), len(rows))
	}
	for _, row := range rows {
		if row.Version < saved[row.Key.Name] || row.Version > saved[row.Key.Name]+1 {
			d.Errorf("the connection is at version %d, and %d was told", row.Version, saved[row.Key.Name])
		}
		want, _ := childConnection(row.Version)
		d.equal("the token", want.Token, row.Token)
		events := h.events(row.Key, store.EventsKept+1)
		d.equal("how many events", min(row.Version, store.EventsKept), int64(len(events)))
		for i, event := range events {
			d.equal("an event", strconv.FormatInt(row.Version-int64(i), 10), event.Text)
		}
	}
}
