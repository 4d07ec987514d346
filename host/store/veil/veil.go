// Package veil hides secrets in what goes to a store.
//
// Through a veil, executions and states are what code made them: what is written is hidden, what is read is revealed. Beside it, in the
// database and for everybody who reads that, marks stand in the place of secrets. So the pipeline works through the veil, and what
// operators ask does not.
//
// Everything that holds texts of callers or of code goes through here on its way in, whether it has secrets or not: that is what keeps a
// caller from writing marks; see package redact. What is told only (faults, logs) is hidden for good. States that all instances of an
// integration share are kept as code wrote them, for a mark means the secret of one instance.
package veil

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Secrets knows the secrets of instances.
type Secrets interface {
	// Of gives those that code of the instance may have by now; nil for none.
	Of(ctx context.Context, of store.InstanceKey) (*redact.Set, error)
}

// Store is a store behind a veil.
type Store struct {
	store.Store

	secrets Secrets
	sealer  *Sealer
	log     *slog.Logger
}

// New veils a store. What methods it does not have here passes as it is.
func New(behind store.Store, secrets Secrets, sealer *Sealer, log *slog.Logger) *Store {
	return &Store{behind, secrets, sealer, log}
}

func (s *Store) set(ctx context.Context, flow store.Flow) (*redact.Set, error) {
	set, err := s.secrets.Of(ctx, keyOf(flow))
	if err != nil {
		return nil, fmt.Errorf("finding the secrets of the instance %s: %w", flow.Instance, err)
	}
	return set, nil
}

func keyOf(flow store.Flow) store.InstanceKey {
	return store.InstanceKey{Integration: flow.Integration, Instance: flow.Instance}
}

// Accept implements store.Intake.
func (s *Store) Accept(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	hidden, err := s.acceptance(ctx, asked)
	if err != nil {
		return store.Accepted{}, err
	}
	accepted, err := s.Store.Accept(ctx, hidden)
	return s.accepted(ctx, asked.Flow, accepted), err
}

// Reserve implements store.Intake.
func (s *Store) Reserve(ctx context.Context, asked *store.Acceptance) (store.Accepted, error) {
	hidden, err := s.acceptance(ctx, asked)
	if err != nil {
		return store.Accepted{}, err
	}
	reserved, err := s.Store.Reserve(ctx, hidden)
	return s.accepted(ctx, asked.Flow, reserved), err
}

func (s *Store) accepted(ctx context.Context, flow store.Flow, made store.Accepted) store.Accepted {
	if made.First != nil {
		made.First = s.answer(ctx, flow, made.First)
	}
	return made
}

// answer reveals a kept answer. Where the secrets cannot be had, the answer keeps its marks.
func (s *Store) answer(ctx context.Context, flow store.Flow, kept *integration.Response) *integration.Response {
	set, err := s.set(ctx, flow)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "a kept answer is given with marks in the place of secrets", slog.Any("error", err))
		return kept
	}
	return (&revealing{set: set}).turn().answer(kept)
}

func (s *Store) acceptance(ctx context.Context, asked *store.Acceptance) (*store.Acceptance, error) {
	by, err := s.hiding(ctx, asked.Flow, asked.ID, requestOf(asked.Input))
	if err != nil {
		return nil, err
	}
	return by.acceptance(asked)
}

// Answer implements store.Intake.
func (s *Store) Answer(ctx context.Context, flow store.Flow, key string) (integration.ExecutionID, *integration.Response, error) {
	set, err := s.set(ctx, flow)
	if err != nil {
		return 0, nil, err
	}
	id, kept, err := s.Store.Answer(ctx, flow, set.HideText(key))
	if kept != nil {
		kept = (&revealing{set: set}).turn().answer(kept)
	}
	return id, kept, err
}

// Record implements store.Intake.
func (s *Store) Record(ctx context.Context, ended []*store.Recording) error {
	hidden := make([]*store.Recording, len(ended))
	for i, one := range ended {
		by, err := s.hiding(ctx, one.Execution.Flow, one.Execution.ID, requestOf(one.Input))
		if err != nil {
			return err
		}
		if hidden[i], err = by.recording(one); err != nil {
			return err
		}
	}
	return s.Store.Record(ctx, hidden)
}

// DeployInstance implements store.Instances.
func (s *Store) DeployInstance(ctx context.Context, deployed *store.Deployment) (moved bool, err error) {
	hidden := *deployed
	hidden.Starts = make([]*store.Acceptance, len(deployed.Starts))
	for i, start := range deployed.Starts {
		if hidden.Starts[i], err = s.acceptance(ctx, start); err != nil {
			return false, err
		}
	}
	return s.Store.DeployInstance(ctx, &hidden)
}

// Work implements store.Claims.
func (s *Store) Work(ctx context.Context, slots int, take func(ctx context.Context, claim *store.Claim)) error {
	return s.Store.Work(ctx, slots, func(ctx context.Context, claim *store.Claim) {
		revealed, err := s.claim(ctx, claim)
		if err != nil { // the execution is given out again later
			s.log.LogAttrs(ctx, slog.LevelWarn, "an execution waits for the secrets of its instance",
				slog.String("execution", claim.Execution.ID.String()), slog.Any("error", err))
			return
		}
		take(ctx, revealed)
	})
}

func (s *Store) claim(ctx context.Context, claim *store.Claim) (*store.Claim, error) {
	by, err := s.revealing(ctx, claim.Execution.Flow, claim.Execution.ID)
	if err != nil {
		return nil, err
	}
	made := *claim
	made.Input, made.Done = by.execution(claim.Input, claim.Done)
	return &made, nil
}

// hidingOf is for a claim that Work has given.
func (s *Store) hidingOf(ctx context.Context, claim *store.Claim) (*hiding, error) {
	return s.hiding(ctx, claim.Execution.Flow, claim.Execution.ID, requestOf(claim.Input))
}

func requestOf(input *store.Input) *integration.Request {
	if input == nil {
		return nil
	}
	return input.Request
}

// Execution implements store.History.
func (s *Store) Execution(ctx context.Context, id integration.ExecutionID) (*store.Detail, error) {
	kept, err := s.Store.Execution(ctx, id)
	if err != nil {
		return nil, err
	}
	by, err := s.revealing(ctx, kept.Execution.Flow, id)
	if err != nil {
		return nil, err
	}
	made := *kept
	made.Input, made.Steps = by.execution(kept.Input, kept.Steps)
	return &made, nil
}

// Commit implements store.Claims.
func (s *Store) Commit(ctx context.Context, claim *store.Claim, step *store.Step, logs []hostapi.Line) error {
	by, err := s.hidingOf(ctx, claim)
	if err != nil {
		return err
	}
	return s.Store.Commit(ctx, claim, by.step(step), by.lines(logs))
}

// Log implements store.Claims.
func (s *Store) Log(ctx context.Context, claim *store.Claim, lines []hostapi.Line) error {
	by, err := s.hidingOf(ctx, claim)
	if err != nil {
		return err
	}
	return s.Store.Log(ctx, claim, by.lines(lines))
}

// Finish implements store.Claims.
func (s *Store) Finish(ctx context.Context, claim *store.Claim, end *store.End) error {
	by, err := s.hidingOf(ctx, claim)
	if err != nil {
		return err
	}
	hidden := *end
	hidden.Fault, hidden.Last, hidden.Logs = by.set.Fault(end.Fault), by.step(end.Last), by.lines(end.Logs)
	hidden.States = by.changes(end.States)
	return s.Store.Finish(ctx, claim, &hidden)
}

// Postpone implements store.Claims.
func (s *Store) Postpone(ctx context.Context, claim *store.Claim, wait *store.Postponement) error {
	by, err := s.hidingOf(ctx, claim)
	if err != nil {
		return err
	}
	hidden := *wait
	hidden.Fault, hidden.Logs = by.set.Fault(wait.Fault), by.lines(wait.Logs)
	return s.Store.Postpone(ctx, claim, &hidden)
}
