package veil

import (
	"context"
	"log/slog"
	"regexp"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// hiding hides the texts of one execution.
type hiding struct {
	own    *redact.Set // the instance's secrets
	set    *redact.Set // and those of the caller, which mean something in this execution only
	sealer *Sealer
	at     place
	err    error // of the first credential that was not sealed: nothing may be kept then
}

func (s *Store) hiding(ctx context.Context, flow store.Flow, id integration.ExecutionID, request *integration.Request) (*hiding, error) {
	set, err := s.set(ctx, flow)
	var callers []redact.Secret
	if request != nil {
		callers = redact.Callers(request.Headers)
	}
	return &hiding{own: set, set: redact.Beside(set, callers), sealer: s.sealer, at: place{flow: flow, execution: id}}, err
}

func (h *hiding) turn() *turn {
	return &turn{text: h.set.HideText, body: h.set.HideBody, raw: h.set.Hide, credential: h.credential}
}

func (h *hiding) credential(header, plain string) string {
	at := h.at
	at.header = header
	sealed, err := h.sealer.seal(plain, at)
	if err != nil {
		h.err = err
		return redact.Hidden
	}
	return sealed
}

// revealing reveals the texts of one execution.
type revealing struct {
	set    *redact.Set
	sealer *Sealer
	at     place
	failed func(header string, err error)
}

func (s *Store) revealing(ctx context.Context, flow store.Flow, id integration.ExecutionID) (*revealing, error) {
	set, err := s.set(ctx, flow)
	return &revealing{set: set, sealer: s.sealer, at: place{flow: flow, execution: id}, failed: func(header string, err error) {
		s.log.LogAttrs(ctx, slog.LevelWarn, "what a caller showed in a header cannot be read any more",
			slog.String("execution", id.String()), slog.String("header", header), slog.Any("error", err))
	}}, err
}

func (r *revealing) turn() *turn {
	return &turn{text: r.set.RevealText, body: r.set.RevealBody, raw: r.set.Reveal, credential: r.credential}
}

func (r *revealing) credential(header, kept string) string {
	if !strings.HasPrefix(kept, sealedIntro) {
		return r.set.RevealText(kept)
	}
	at := r.at
	at.header = header
	plain, err := r.sealer.open(kept, at)
	if err != nil {
		r.failed(header, err)
		return redact.Hidden
	}
	return plain
}

// execution reveals what an execution began with and has come to.
func (r *revealing) execution(input *store.Input, steps []store.Step) (*store.Input, []store.Step) {
	if request := requestOf(input); request != nil {
		r.set = redact.Beside(r.set, redact.Callers(r.shown(request.Headers)))
	}
	return r.turn().input(input), r.turn().steps(steps)
}

// shown gives the headers that say who the caller is.
func (r *revealing) shown(kept []hostapi.Header) []hostapi.Header {
	var shown []hostapi.Header
	for _, header := range kept {
		if redact.IsCredential(header.Name) {
			shown = append(shown, hostapi.Header{Name: header.Name, Value: r.credential(header.Name, header.Value)})
		}
	}
	return shown
}

func (h *hiding) acceptance(asked *store.Acceptance) (*store.Acceptance, error) {
	by := h.turn()
	made := *asked
	made.Input, made.Done, made.Answer = by.input(asked.Input), h.steps(asked.Done), h.answer(asked.Answer)
	made.Logs, made.CancelKey, made.Dedupe = h.lines(asked.Logs), h.own.HideText(asked.CancelKey), h.dedupe(asked.Dedupe)
	made.Lanes = turned(asked.Lanes, func(lane store.Lane) store.Lane {
		lane.Key = h.own.HideText(lane.Key)
		return lane
	})
	return &made, h.err
}

// answer hides in what duplicates are told, who show credentials of their own.
func (h *hiding) answer(of *integration.Response) *integration.Response {
	return (&turn{text: h.own.HideText, body: h.own.HideBody}).answer(of)
}

// dedupe hides a key. Different keys stay different.
func (h *hiding) dedupe(of *store.Dedupe) *store.Dedupe {
	if of == nil {
		return nil
	}
	return &store.Dedupe{Key: h.own.HideText(of.Key), For: of.For}
}

func (h *hiding) recording(of *store.Recording) (*store.Recording, error) {
	by := h.turn()
	made := *of
	made.Execution.Fault = h.set.Fault(of.Execution.Fault)
	made.Input, made.Steps, made.Answer = by.input(of.Input), h.steps(of.Steps), h.answer(of.Answer)
	made.Logs, made.States, made.Reserved = h.lines(of.Logs), h.changes(of.States), h.dedupe(of.Reserved)
	return &made, h.err
}

func (h *hiding) steps(of []store.Step) []store.Step {
	made := h.turn().steps(of)
	for i := range made {
		made[i].Result.Fault = h.set.Fault(made[i].Result.Fault)
	}
	return made
}

func (h *hiding) step(of *store.Step) *store.Step {
	if of == nil {
		return nil
	}
	return &h.steps([]store.Step{*of})[0]
}

func (h *hiding) lines(of []hostapi.Line) []hostapi.Line {
	if h.set.IsEmpty() {
		return of
	}
	return turned(of, func(line hostapi.Line) hostapi.Line {
		line.Text = h.set.Text(line.Text)
		return line
	})
}

// changes hides in the states that are the instance's own.
func (h *hiding) changes(of []store.StateChange) []store.StateChange {
	return turned(of, func(change store.StateChange) store.StateChange {
		if change.Owner.Instance != "" {
			change.Merge = h.own.HideBody(plainNames(change.Merge))
		}
		return change
	})
}

// escapedOpening is how JSON may write the character that marks begin with.
var escapedOpening = regexp.MustCompile(`(?i)\\u27e6`)

// plainNames writes the names in a change as the store does, which takes it apart. An escape would be overlooked when marks of strangers
// are made harmless, and come back as the mark that it stands for. What is no object stays, for the store to refuse.
func plainNames(change []byte) []byte {
	if !escapedOpening.Match(change) {
		return change
	}
	members, err := object.Split(change)
	if err != nil {
		return change
	}
	return object.Change(members)
}
