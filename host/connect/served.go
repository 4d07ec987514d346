package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// served is what Use was given, by what it is asked for. It does not change.
type served struct {
	members map[store.ConnectionKey]*member
	order   []*member
	seats   map[*integration.Instance]*seat // of instances with connections
	named   map[instanceKey]*seat
}

type instanceKey struct {
	integration string
	instance    integration.InstanceName
}

// Use serves the connections of these integrations from now on. Declarations that have options are given to their providers; the
// error tells all that these find wrong, and then everything stays as it is. A provider that does not answer is asked again when
// the connection is used.
func (r *Room) Use(ctx context.Context, integrations []*integration.Integration) error {
	made := &served{members: map[store.ConnectionKey]*member{}, seats: map[*integration.Instance]*seat{}, named: map[instanceKey]*seat{}}
	var problems integration.Problems
	for _, one := range integrations {
		declared, err := r.declare(ctx, one)
		if found, ok := errors.AsType[integration.Problems](err); ok {
			problems = append(problems, found...)
			continue
		} else if err != nil {
			return err
		}
		for i := range one.Instances {
			problems = append(problems, unknownInputs(&one.Instances[i], declared)...)
			made.seat(&one.Instances[i], one.ID, declared)
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	r.served.Store(made)
	return nil
}

// declare makes the connections of an integration ready.
func (r *Room) declare(ctx context.Context, of *integration.Integration) ([]*declared, error) {
	var all []*declared
	var problems integration.Problems
	for i := range of.ConfigVars {
		variable := &of.ConfigVars[i]
		if variable.Declaration == nil {
			continue
		}
		one := &declared{integration: of.ID, name: variable.Name, of: variable.Declaration}
		findings, err := one.read(ctx, r.options.Providers)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			r.options.Log.LogAttrs(ctx, slog.LevelError, "a connection cannot be used: its provider does not answer", slog.String("integration", of.ID),
				slog.String("connection", variable.Name), slog.String("type", variable.Declaration.Type.Key), slog.Any("error", err))
		}
		for _, finding := range findings {
			problems = append(problems, integration.Problem{File: of.File, Line: variable.Line, Severity: document.Error, Message: wrong(one, finding)})
		}
		all = append(all, one)
	}
	return all, problems.Err()
}

func wrong(of *declared, finding connection.Finding) string {
	if finding.Key == "" {
		return fmt.Sprintf("connection %q: %s", of.name, finding.Message)
	}
	return fmt.Sprintf("connection %q: %s %s", of.name, finding.Key, finding.Message)
}

// unknownInputs finds what an instance's file gives and a connection with its options does not have.
func unknownInputs(instance *integration.Instance, all []*declared) integration.Problems {
	var problems integration.Problems
	for _, one := range all {
		known := one.schema.Load()
		if known == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(instance.Connections[one.name])) {
			if _, there := known.input(name); !there {
				problems = append(problems, integration.Problem{
					File: instance.Shown, Severity: document.Error,
					Message: fmt.Sprintf("connection %q has no input %q%s", one.name, name, document.DidYouMean(name, known.keys())),
				})
			}
		}
	}
	return problems
}

// seat adds the connections of an instance.
func (s *served) seat(instance *integration.Instance, id string, all []*declared) {
	if len(all) == 0 {
		return
	}
	made := &seat{}
	for _, one := range all {
		key := one.key(instance.Name)
		known := s.members[key]
		if known == nil {
			known = &member{key: key, declared: one}
			if !one.of.Shared {
				known.given, known.file = instance.Connections[one.name], instance.Shown
			}
			s.members[key] = known
			s.order = append(s.order, known)
		}
		made.members = append(made.members, known)
	}
	s.seats[instance] = made
	s.named[instanceKey{id, instance.Name}] = made
}

// find gives the seat of a target, also of one that was read before the last Use; nil for one without connections.
func (s *served) find(target *integration.Target) *seat {
	if found := s.seats[target.Instance]; found != nil || len(s.named) == 0 {
		return found
	}
	return s.named[instanceKey{target.Integration.ID, target.Instance.Name}]
}

// member gives a connection by the name of its config variable, or nil.
func (s *seat) member(name string) *member {
	for _, one := range s.members {
		if one.declared.name == name {
			return one
		}
	}
	return nil
}
