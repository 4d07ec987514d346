package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/bench/process"
	"github.com/hookstep-dev/hookstep/host/crash/ledger"
)

//go:embed storm
var integration embed.FS

// The flows of storm/integration.yaml by their names in URLs, and how many steps each has.
const (
	plainFlow   = "plain"
	laneFlow    = "lane"
	checkedFlow = "checked"
	stepCount   = 3
)

func flows() []string { return []string{plainFlow, laneFlow, checkedFlow} }

// storm is one run on one home.
type storm struct {
	home    *home
	folder  string // logs and data, kept if anything is wrong
	program string
	kills   int
	seed    uint64
	callers int
}

// settleTime is what the hosts get to finish everything after the last kill: what a dead host held waits until it is given
// up, and what lost its engine again and again waits a while.
const settleTime = 6 * time.Minute

// outcome is what came of a storm.
type outcome struct {
	fleet   *fleet
	record  ledger.Record
	killer  *killer
	callers *callers
	lasted  time.Duration // with callers and kills
	settled time.Duration // from the last kill until everything was finished
}

// run rages, waits and collects. The error is of the machine, or of a host that did not come back; what was promised and
// not kept is for Judge.
func (s *storm) run(ctx context.Context) (made *outcome, err error) {
	notes := ledger.New(stepCount)
	server := &counter{notes: notes, pause: 5 * time.Millisecond}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	url, err := server.serve(ctx)
	if err != nil {
		return nil, err
	}
	hosts, err := s.muster(ctx, url)
	defer func() { err = errors.Join(err, hosts.retire(context.WithoutCancel(ctx))) }()
	if err != nil {
		return nil, err
	}
	made = &outcome{fleet: hosts, killer: newKiller(s.seed, hosts, notes), callers: newCallers(s.seed, hosts, notes)}
	if err = s.rage(ctx, made); err == nil {
		err = s.settle(ctx, made, notes)
	}
	made.record = notes.Record()
	if err != nil {
		return made, err
	}
	made.record.Kept, err = listAll(ctx, hosts.members[0])
	return made, err
}

// muster starts all hosts and waits until they are ready.
func (s *storm) muster(ctx context.Context, counter string) (*fleet, error) {
	made := &fleet{}
	code := filepath.Join(s.folder, "storm")
	if err := unpack(code); err != nil {
		return made, err
	}
	for i, data := range s.home.data {
		args := []string{
			"serve", code, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "info", "--fetch-allow", "127.0.0.1", "--data", data,
		}
		program := process.Program{
			Name: fmt.Sprintf("host-%d", i+1), Path: s.program, Args: append(args, s.home.flags...), Env: []string{"CRASH_COUNTER=" + counter},
		}
		host, err := newMember(s.folder, data, &program)
		if err != nil {
			return made, err
		}
		if err := host.start(ctx); err != nil {
			return made, err
		}
		made.members = append(made.members, host)
	}
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	return made, made.await(ctx)
}

// unpack writes the integration to a folder.
func unpack(folder string) error {
	inside, err := fs.Sub(integration, "storm")
	if err != nil {
		return err
	}
	return os.CopyFS(folder, inside)
}

// rage lets callers call and the killer kill.
func (s *storm) rage(ctx context.Context, made *outcome) error {
	calling, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := make(chan struct{})
	var group sync.WaitGroup
	for i := range s.callers {
		group.Go(func() { made.callers.run(calling, i+1, stop) })
	}
	began := time.Now()
	err := made.killer.rage(ctx, s.kills)
	made.lasted = time.Since(began)
	close(stop)
	if err != nil {
		cancel()
	}
	group.Wait()
	return err
}

// settle waits until all that was accepted is finished, or the time for that is up: then the judge tells what is not.
func (s *storm) settle(ctx context.Context, made *outcome, notes *ledger.Ledger) error {
	began := time.Now()
	if err := made.killer.awaitAll(ctx); err != nil {
		return err
	}
	for {
		done, err := idle(ctx, made.killer.fleet.members[0])
		accepted, ended := notes.Counts()
		made.settled = time.Since(began)
		switch {
		case err != nil && made.settled > settleTime:
			return fmt.Errorf("asking a host whether everything has ended: %w", err)
		case done && ended >= accepted, made.settled > settleTime:
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}
