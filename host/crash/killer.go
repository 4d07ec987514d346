package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

// killer kills hosts and engines. What it does comes of its seed; what is under way then, of the machine.
type killer struct {
	random *rand.Rand
	fleet  *fleet
	notes  *ledger.Ledger

	kills    []ledger.Kill // of hosts
	starting int           // of kills, those of a host that was not ready yet
	engines  int           // killed
}

// How long the killer waits, at most: after a host is ready before it is killed, before one is killed that starts, and
// before an engine is killed.
const (
	hostPause   = 1500 * time.Millisecond
	startPause  = 300 * time.Millisecond
	enginePause = 800 * time.Millisecond
	readyTime   = time.Minute // that a host may take to start, on however busy a machine
)

func newKiller(seed uint64, fleet *fleet, notes *ledger.Ledger) *killer {
	return &killer{random: rand.New(rand.NewPCG(seed, 0)), fleet: fleet, notes: notes}
}

// rage kills so many processes, about as many engines as hosts.
func (k *killer) rage(ctx context.Context, kills int) error {
	for k.count() < kills {
		turn := k.killHost
		if k.engines < len(k.kills) {
			turn = k.killEngine
		}
		if err := turn(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (k *killer) count() int { return len(k.kills) + k.engines }

func (k *killer) moment(longest time.Duration) time.Duration {
	return time.Duration(k.random.Int64N(int64(longest)))
}

// killHost kills one host while the others serve, and starts it again. Now and then it is killed again as it starts.
func (k *killer) killHost(ctx context.Context) error {
	victim := k.fleet.members[k.random.IntN(len(k.fleet.members))]
	if err := k.awaitAll(ctx); err != nil {
		return err
	}
	length := k.moment(hostPause)
	for again := true; again; again = k.random.IntN(4) == 0 {
		if err := pause(ctx, length); err != nil {
			return err
		}
		if err := k.restart(ctx, victim); err != nil {
			return err
		}
		length = k.moment(startPause)
	}
	return nil
}

func (k *killer) restart(ctx context.Context, victim *member) error {
	if words, dead := victim.died(); dead {
		return fmt.Errorf("%s ended by itself; it wrote:\n%s", victim.program.Name, words)
	}
	if !victim.kill() {
		k.starting++
	}
	done := ledger.Kill{At: time.Now()}
	if err := victim.start(ctx); err != nil {
		return err
	}
	done.Restarted = time.Now()
	k.kills = append(k.kills, done)
	return nil
}

// killEngine kills an engine of a host that has one: on a host that has just started there is one when work has come.
func (k *killer) killEngine(ctx context.Context) error {
	if err := pause(ctx, k.moment(enginePause)); err != nil {
		return err
	}
	victim := k.fleet.members[k.random.IntN(len(k.fleet.members))]
	late := time.Now().Add(readyTime)
	for !victim.killEngine(k.random.IntN) {
		if words, dead := victim.died(); dead {
			return fmt.Errorf("%s ended by itself; it wrote:\n%s", victim.program.Name, words)
		}
		if time.Now().After(late) {
			return fmt.Errorf("%s has had no engine for %s, though there is work", victim.program.Name, readyTime)
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
	k.engines++
	return nil
}

func (k *killer) awaitAll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return k.fleet.await(ctx)
}
