package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

// stressed is what the suite knows of a database under random work.
type stressed struct {
	*database
	seed    uint64
	lock    sync.Mutex
	lanes   map[integration.ExecutionID][]int // of each execution
	steps   map[integration.ExecutionID]int   // that were kept
	given   map[integration.ExecutionID]int   // how often each was given out
	dying   map[integration.ExecutionID]bool  // those that were cancelled: their places may go before their worker knows
	running [stressLanes]map[integration.ExecutionID]bool
}

// limitOf is the limit of a lane of the stress.
func limitOf(number int) int { return number + 1 }

const (
	stressLanes      = 4
	stressExecutions = 300
)

// stress accepts executions in random lanes from several callers, while workers commit, postpone, let go and finish them at random
// and others are cancelled. At no moment may more of a lane run than its limit, and all must come to an end.
func stress(d *database, hosts ...*host) {
	seed := rand.Uint64()
	d.Logf("the seed is %d", seed)
	s := &stressed{
		database: d, seed: seed, lanes: map[integration.ExecutionID][]int{}, steps: map[integration.ExecutionID]int{},
		given: map[integration.ExecutionID]int{}, dying: map[integration.ExecutionID]bool{},
	}
	for number := range s.running {
		s.running[number] = map[integration.ExecutionID]bool{}
	}
	for _, h := range hosts {
		h.workBy(8, func(_ context.Context, claim *store.Claim) { s.take(h, claim) })
	}
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() { s.call(hosts[caller%len(hosts)], rand.New(rand.NewPCG(seed, uint64(caller)))) })
	}
	callers.Wait()
	d.eventually("all come to an end", func() bool { return sum(hosts[0].depths()) == 0 })
	for number := range stressLanes {
		for _, id := range hosts[0].takeLaned(limitOf(number), lane(key(number), limitOf(number))) {
			if hosts[0].status(id) == store.Held {
				d.Errorf("lane %s has a place that nobody gave back", key(number))
			}
		}
		d.eventually("the last ones end", func() bool { return sum(hosts[0].depths()) == 0 })
	}
}

// call accepts executions, and cancels some.
func (s *stressed) call(h *host, random *rand.Rand) {
	var mine []integration.ExecutionID
	for range stressExecutions / 4 {
		first := random.IntN(stressLanes)
		numbers := []int{first}
		if second := random.IntN(stressLanes); second > first {
			numbers = append(numbers, second)
		}
		asked := h.ask(flowOf(fmt.Sprint("instance", random.IntN(3)), "orders"))
		for _, number := range numbers {
			asked.Lanes = append(asked.Lanes, lane(key(number), limitOf(number)))
		}
		s.lock.Lock()
		s.lanes[asked.ID] = numbers
		s.lock.Unlock()
		if _, err := h.Accept(h.Context(), asked); err != nil {
			h.Error(err)
			return
		}
		mine = append(mine, asked.ID)
		if random.IntN(8) == 0 {
			s.cancel(h, mine[random.IntN(len(mine))])
		}
	}
}

func (s *stressed) cancel(h *host, id integration.ExecutionID) {
	s.lock.Lock()
	s.dying[id] = true
	s.lock.Unlock()
	s.leave(id)
	if err := h.Cancel(h.Context(), id, canceled()); err != nil && !errors.Is(err, store.ErrConflict) {
		h.Errorf("cancelling gave %v", err)
	}
}

// take works on a claim at random, and looks at what else runs.
func (s *stressed) take(h *host, claim *store.Claim) {
	id := claim.Execution.ID
	given := s.begin(id, len(claim.Done))
	err := s.work(h, claim, given, rand.New(rand.NewPCG(s.seed, uint64(id)*100+uint64(given))))
	if err != nil && !errors.Is(err, store.ErrLost) {
		h.Errorf("working on %s gave %v", id, err)
	}
}

// begin notes that an execution runs, and gives how often it did.
func (s *stressed) begin(id integration.ExecutionID, done int) int {
	s.lock.Lock()
	defer s.lock.Unlock()
	if done < s.steps[id] {
		s.Errorf("execution %s was given out with %d steps after %d were kept", id, done, s.steps[id])
	}
	s.given[id]++
	if s.dying[id] {
		return s.given[id]
	}
	for _, number := range s.lanes[id] {
		s.running[number][id] = true
		if count := len(s.running[number]); count > limitOf(number) {
			s.Errorf("%d of lane %s run, its limit is %d", count, key(number), limitOf(number))
		}
	}
	return s.given[id]
}

func (s *stressed) leave(id integration.ExecutionID) {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, number := range s.lanes[id] {
		delete(s.running[number], id)
	}
}

// work takes one claim somewhere. It leaves the lanes before the database is told, so that the suite never counts too many.
func (s *stressed) work(h *host, claim *store.Claim, given int, random *rand.Rand) error {
	id, ctx := claim.Execution.ID, context.WithoutCancel(h.Context())
	for position := len(claim.Done); position < 3; position++ {
		if err := h.Commit(ctx, claim, h.step(position), nil); err != nil {
			s.leave(id)
			return err
		}
		s.lock.Lock()
		s.steps[id] = position + 1
		s.lock.Unlock()
		if random.IntN(10) == 0 {
			break
		}
	}
	s.leave(id)
	switch choice := random.IntN(20); {
	case choice < 3 && given < 4:
		return h.Postpone(ctx, claim, &store.Postponement{Until: h.moment().Add(20 * time.Millisecond), Retry: true, Fault: thrown("again")})
	case choice == 4 && given < 4:
		return nil
	case choice < 8:
		return h.Finish(ctx, claim, &store.End{Status: store.DeadLetter, Fault: thrown("broken"), At: h.moment()})
	default:
		return h.Finish(ctx, claim, h.end())
	}
}
