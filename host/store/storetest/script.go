package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// scripts are what children do.
func scripts() map[string]func(ctx context.Context, c *child) error {
	return map[string]func(ctx context.Context, c *child) error{
		"life": lifeOfChild, "flood": floodOfChild, "reserve": reserveOfChild, "stopped": stoppedChild,
		"connection": connectionOfChild, "connection flood": connectionFloodOfChild,
	}
}

// childAcceptance asks for an execution with everything that belongs to one.
func childAcceptance(id integration.ExecutionID, key string) *store.Acceptance {
	now := time.Now().Truncate(time.Millisecond)
	return &store.Acceptance{
		ID: id, Flow: orders(), Source: store.Webhook, StartedAt: now, Input: inputOf("{}", now), Answer: told(key),
		Lanes: []store.Lane{{Key: "lane " + key, Limit: 1}}, Dedupe: &store.Dedupe{Key: key, For: time.Hour},
	}
}

func childStep(position int) *store.Step {
	return &store.Step{Position: position, Result: engine.StepResult{
		Key: fmt.Sprint("step", position), Results: value.JSON(fmt.Appendf(nil, "%d", position)),
	}}
}

func childLines(text string) []hostapi.Line {
	return []hostapi.Line{{Step: "step", Level: hostapi.Info, Text: text}}
}

// childState is what an execution sets when it succeeds.
func childState(id integration.ExecutionID) []store.StateChange {
	owners := store.OwnersOf(orders())
	merge := fmt.Appendf(nil, `{"%s":1}`, id)
	return []store.StateChange{{Owner: owners[0], Merge: merge}, {Owner: owners[1], Merge: merge}}
}

// lifePoints are where lifeOfChild can be killed, in its order.
func lifePoints() []string {
	return []string{"opened", "accepted", "claimed", "step 0", "step 1", "logged", "finished"}
}

// lifeOfChild takes one execution from acceptance to end, with a point after everything that is kept.
func lifeOfChild(ctx context.Context, c *child) error {
	asked := childAcceptance(c.newID(), "the key")
	c.pointf("opened")
	if _, err := c.Accept(ctx, asked); err != nil {
		return err
	}
	c.pointf("accepted")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	err := c.Work(ctx, 1, func(_ context.Context, claim *store.Claim) {
		failed = c.liveOn(context.WithoutCancel(ctx), claim)
		cancel()
	})
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(failed, err)
}

func (c *child) liveOn(ctx context.Context, claim *store.Claim) error {
	c.pointf("claimed")
	for position := range 2 {
		if err := c.Commit(ctx, claim, childStep(position), childLines(fmt.Sprint("line ", position))); err != nil {
			return err
		}
		c.pointf("step %d", position)
	}
	if err := c.Log(ctx, claim, childLines("line 2")); err != nil {
		return err
	}
	c.pointf("logged")
	end := &store.End{Status: store.Succeeded, Last: childStep(2), At: time.Now(), States: childState(claim.Execution.ID)}
	if err := c.Finish(ctx, claim, end); err != nil {
		return err
	}
	c.pointf("finished")
	return nil
}

// floodOfChild accepts and works as fast as it can and tells each thing that is kept, until it is killed.
func floodOfChild(ctx context.Context, c *child) error {
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				id := c.newID()
				if _, err := c.Accept(ctx, childAcceptance(id, id.String())); err != nil {
					c.tellf("failed to accept: %v", err)
					return
				}
				c.tellf("accepted %s 0", id)
			}
		})
	}
	return c.Work(ctx, 8, func(ctx context.Context, claim *store.Claim) {
		id := claim.Execution.ID
		for position := len(claim.Done); position < 3; position++ {
			if err := c.Commit(ctx, claim, childStep(position), nil); err != nil {
				c.tellf("failed to commit: %v", err)
				return
			}
			c.tellf("committed %s %d", id, position+1)
		}
		if err := c.Finish(ctx, claim, &store.End{Status: store.Succeeded, At: time.Now(), States: childState(id)}); err != nil {
			c.tellf("failed to finish: %v", err)
			return
		}
		c.tellf("finished %s 3", id)
	})
}

// reserveOfChild reserves a key and lives until it is killed.
func reserveOfChild(ctx context.Context, c *child) error {
	asked := childAcceptance(c.newID(), "the key")
	asked.Answer, asked.Lanes = nil, nil
	if _, err := c.Reserve(ctx, asked); err != nil {
		return err
	}
	c.pointf("reserved")
	return nil
}

// stoppedChild claims an execution, and tells what became of the claim after its point.
func stoppedChild(ctx context.Context, c *child) error {
	if _, err := c.Accept(ctx, childAcceptance(c.newID(), "the key")); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := c.Work(ctx, 1, func(taken context.Context, claim *store.Claim) {
		defer cancel()
		kept := context.WithoutCancel(ctx)
		if err := c.Commit(kept, claim, childStep(0), nil); err != nil {
			c.tellf("failed to commit: %v", err)
			return
		}
		c.pointf("claimed")
		c.tellf("lost to commit: %t", errors.Is(c.Commit(kept, claim, childStep(1), nil), store.ErrLost))
		end := &store.End{Status: store.Succeeded, At: time.Now(), States: childState(claim.Execution.ID)}
		c.tellf("lost to finish: %t", errors.Is(c.Finish(kept, claim, end), store.ErrLost))
		<-taken.Done()
		c.tellf("ended as canceled: %t", fault.Is(context.Cause(taken), fault.Canceled))
	})
	if ctx.Err() != nil {
		err = nil
	}
	return err
}
