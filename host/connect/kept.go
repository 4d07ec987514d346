package connect

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// The parts of a row that are sealed.
const (
	partInputs = "inputs"
	partToken  = "token"
)

// keptToken is what is sealed as a row's token: the token, and what became of the tries to renew it.
type keptToken struct {
	Response   json.RawMessage `json:"response,omitempty"` // nil: there is none
	Context    json.RawMessage `json:"context,omitempty"`
	ObtainedAt time.Time       `json:"obtainedAt,omitzero"`
	ExpiresAt  time.Time       `json:"expiresAt,omitzero"`
	Renews     bool            `json:"renews,omitempty"`
	Identity   string          `json:"identity,omitempty"` // of the settings that it was made with
	Forced     bool            `json:"forced,omitempty"`   // a service had refused the one before
	Rejected   bool            `json:"rejected,omitempty"` // a service refuses it, and there is no other
	Failures   int             `json:"failures,omitempty"` // tries to renew it in a row that came to nothing
	FailingAt  time.Time       `json:"failingAt,omitzero"` // when the first of them was
	NotBefore  time.Time       `json:"notBefore,omitzero"` // of the next
	Failure    string          `json:"failure,omitempty"`  // what became of the last, in words
}

func (k *keptToken) token() connection.Token {
	return connection.Token{Response: k.Response, Context: k.Context, ExpiresAt: k.ExpiresAt, ObtainedAt: k.ObtainedAt, Renews: k.Renews}
}

// draft is a row that is about to be kept, opened.
type draft struct {
	row    store.ConnectionRow
	inputs connection.Values
	token  keptToken
}

// draft begins a change of what is kept: the next version of it.
func (s *state) draft() *draft {
	made := &draft{row: s.row, inputs: s.inputs, token: s.token}
	made.row.Version++
	made.row.Key, made.row.Type = s.member.key, s.member.declared.of.Type.Key
	return made
}

// become sets what the connection is good for, and why.
func (d *draft) become(status store.ConnectionStatus, cause string, now time.Time) {
	if d.row.Status != status {
		d.row.ChangedAt = now
	}
	d.row.Status, d.row.Cause = status, cause
}

// replace sets another token, or none.
func (d *draft) replace(token keptToken) {
	d.token = token
	d.row.TokenAt, d.row.ExpiresAt, d.row.RenewAt = d.row.Version, token.ExpiresAt, time.Time{}
}

// keep seals and saves a draft. ErrConflict says that the row has moved on.
func (r *Room) keep(ctx context.Context, d *draft, event *store.ConnectionEvent) error {
	var err error
	d.row.Inputs, d.row.Token = nil, nil
	if len(d.inputs) > 0 {
		if d.row.Inputs, err = r.seal(ctx, d.inputs, &d.row, partInputs); err != nil {
			return err
		}
	}
	if !d.token.isZero() {
		if d.row.Token, err = r.seal(ctx, d.token, &d.row, partToken); err != nil {
			return err
		}
	}
	if event != nil {
		event.Key = d.row.Key
	}
	return r.options.Store.SaveConnection(ctx, &d.row, event)
}

func (k *keptToken) isZero() bool { return k.Response == nil && k.Failures == 0 }

// open reads the sealed parts of a row.
func (r *Room) open(ctx context.Context, row *store.ConnectionRow) (inputs connection.Values, token keptToken, err error) {
	if row.Inputs != nil {
		if err := r.unseal(ctx, row, partInputs, row.Inputs, &inputs); err != nil {
			return nil, keptToken{}, err
		}
	}
	if row.Token != nil {
		err = r.unseal(ctx, row, partToken, row.Token, &token)
	}
	return inputs, token, err
}

func (r *Room) seal(ctx context.Context, what any, row *store.ConnectionRow, part string) ([]byte, error) {
	plain, err := json.Marshal(what)
	if err != nil {
		return nil, fault.New(fault.Host, fault.Internal, "the %s cannot be kept: they are no JSON", part)
	}
	return r.options.Sealer.Seal(ctx, plain, placeOf(row, part))
}

func (r *Room) unseal(ctx context.Context, row *store.ConnectionRow, part string, sealed []byte, into any) error {
	plain, err := r.options.Sealer.Open(ctx, sealed, placeOf(row, part))
	if err != nil {
		return err
	}
	if json.Unmarshal(plain, into) != nil {
		return fault.New(fault.Host, fault.Internal, "the %s that are kept cannot be read", part)
	}
	return nil
}

func placeOf(row *store.ConnectionRow, part string) seal.Place {
	return seal.Place{
		Integration: row.Key.Integration, Instance: string(row.Key.Instance), Name: row.Key.Name, Part: part, Version: row.Version,
	}
}

// identity digests what a token depends on. For what a person authorized these are the settings that say who was asked, by whom, and
// where: with another secret, other scopes or other words to the service the grant is the same, and goes on. A token that is
// obtained without anybody depends on all.
func identity(settings connection.Settings, kind *connection.Type, inputs []connection.Input) string {
	told := struct {
		Type    string            `json:"type"`
		Options connection.Values `json:"options"`
		Fields  connection.Values `json:"fields"`
	}{settings.Type, connection.Values{}, connection.Values{}}
	for key, value := range settings.Options {
		if kind.Token == connection.Obtains || !slices.Contains(manners(), key) {
			told.Options[key] = value
		}
	}
	for _, input := range inputs {
		value, set := settings.Fields[input.Key]
		personal := input.Secret || input.Kind == connection.Pairs || slices.Contains(manners(), input.Key)
		if set && (kind.Token == connection.Obtains || !personal) {
			told.Fields[input.Key] = value
		}
	}
	text, err := json.Marshal(told) // maps come in the order of their keys
	if err != nil {
		return "" // texts alone are always JSON
	}
	digest := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// manners are inputs and options of OAuth that say how a service is spoken to, or what it is asked for.
func manners() []string {
	return []string{"scopes", "authStyle", "authorizeParams", "tokenParams", "revokeUrl"}
}
