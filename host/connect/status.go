package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Status is what is known of one connection. It holds no secret.
type Status struct {
	Key       store.ConnectionKey
	Declared  bool            // by an integration that is served; else it is only kept
	Type      string          // key of its type
	Label     string          // of its type, for people; empty unless Declared
	Flow      connection.Flow // how it comes to a token
	Status    store.ConnectionStatus
	Cause     string    // why, in words; may be empty
	ChangedAt time.Time // when the status came to be what it is; zero: nothing is kept of it
	HasToken  bool
	ExpiresAt time.Time // of the token; zero: it has no end, or there is none
	RenewAt   time.Time // when it is renewed without being used; zero: never
}

// Details are all that is known of one connection. They hold no secret.
type Details struct {
	Status

	Callback string   // the redirect URL that the authorization server has to be told; empty for types that nobody authorizes
	Hosts    []string // where fetch may send the credential, as integration.yaml has it
	TestURL  string
	Inputs   []Input
	Events   []store.ConnectionEvent // newest first
}

// Input is one of a connection's inputs, and what it is set to.
type Input struct {
	connection.Input

	From  Origin
	Value string // of one that is not secret
}

// List gives the connections of the filter in the order in which they are declared, then those that are kept and not declared any more.
func (r *Room) List(ctx context.Context, of store.ConnectionFilter) ([]Status, error) {
	rows, err := r.options.Store.ListConnections(ctx, store.ConnectionFilter{Integration: of.Integration, Instance: of.Instance})
	if err != nil {
		return nil, err
	}
	kept := make(map[store.ConnectionKey]store.ConnectionRow, len(rows))
	for _, row := range rows {
		kept[row.Key] = row
	}
	served := r.served.Load()
	var all []Status
	add := func(one Status) {
		if of.Status == "" || of.Status == one.Status {
			all = append(all, one)
		}
	}
	for _, m := range served.order {
		if of.Integration != "" && of.Integration != m.key.Integration || of.Instance != nil && *of.Instance != m.key.Instance {
			continue
		}
		row := kept[m.key]
		row.Key = m.key
		now, err := r.compose(ctx, m, row)
		if err != nil {
			return nil, err
		}
		add(r.status(now))
	}
	for i := range rows {
		if served.members[rows[i].Key] == nil {
			add(leftOver(&rows[i]))
		}
	}
	return all, nil
}

func (r *Room) status(now *state) Status {
	status, cause := now.standing(r.now())
	made := Status{
		Key: now.member.key, Declared: true, Type: now.settings.Type, Label: now.kind().Label, Flow: now.kind().Token,
		Status: status, Cause: cause, ChangedAt: now.row.ChangedAt, HasToken: now.hasToken(),
	}
	if made.HasToken {
		made.ExpiresAt, made.RenewAt = now.token.ExpiresAt, now.row.RenewAt
	}
	return made
}

// leftOver is what is known of a row that no integration declares any more.
func leftOver(row *store.ConnectionRow) Status {
	return Status{
		Key: row.Key, Type: row.Type, Status: row.Status, Cause: row.Cause, ChangedAt: row.ChangedAt, HasToken: row.TokenAt > 0 && row.Token != nil,
		ExpiresAt: row.ExpiresAt, RenewAt: row.RenewAt,
	}
}

// Show gives one connection. ErrNotFound: it is neither declared nor kept.
func (r *Room) Show(ctx context.Context, key store.ConnectionKey) (Details, error) {
	m := r.served.Load().members[key]
	if m == nil {
		return r.showKept(ctx, key)
	}
	now, err := r.read(ctx, m)
	if err != nil {
		return Details{}, err
	}
	return r.details(ctx, now)
}

func (r *Room) showKept(ctx context.Context, key store.ConnectionKey) (Details, error) {
	row, err := r.options.Store.FindConnection(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return Details{}, r.unknown(key)
	}
	if err != nil {
		return Details{}, err
	}
	events, err := r.options.Store.ListConnectionEvents(ctx, key, store.EventsKept)
	return Details{Status: leftOver(&row), Events: events}, err
}

func (r *Room) details(ctx context.Context, now *state) (Details, error) {
	made := Details{Status: r.status(now)}
	if now.kind().Token == connection.Authorizes {
		made.Callback = r.options.Callback
	}
	if now.schema != nil {
		made.Hosts, made.TestURL = now.schema.shownHosts(), now.schema.testURL
		for _, input := range now.schema.inputs {
			value, from := now.field(input)
			switch {
			case input.Secret:
				value, input.Default = "", ""
			case input.Kind == connection.Pairs:
				value, input.Default = shownPairs(value), shownPairs(input.Default)
			}
			made.Inputs = append(made.Inputs, Input{input, from, value})
		}
	}
	if now.row.Version == 0 {
		return made, nil
	}
	var err error
	made.Events, err = r.options.Store.ListConnectionEvents(ctx, now.member.key, store.EventsKept)
	return made, err
}

// unknown says which connections there are instead of one that there is not.
func (r *Room) unknown(key store.ConnectionKey) error {
	var names []string
	for _, m := range r.served.Load().order {
		if m.key.Integration == key.Integration && m.key.Instance == key.Instance {
			names = append(names, fmt.Sprintf("%q", m.key.Name))
		}
	}
	of := fmt.Sprintf("the instance %q of %s has", key.Instance, key.Integration)
	if key.Instance == "" {
		of = "the instances of " + key.Integration + " share"
	}
	if len(names) == 0 {
		return fmt.Errorf("%w: %s no connection", store.ErrNotFound, of)
	}
	return fmt.Errorf("%w: %s no connection %q, but %s", store.ErrNotFound, of, key.Name, strings.Join(names, ", "))
}

// served gives a connection that is declared.
func (r *Room) member(key store.ConnectionKey) (*member, error) {
	if found := r.served.Load().members[key]; found != nil {
		return found, nil
	}
	return nil, r.unknown(key)
}
