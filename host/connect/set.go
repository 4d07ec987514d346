package connect

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// Invalid says what is wrong with inputs, each by its key.
type Invalid struct{ Findings []connection.Finding }

// Error lists the findings.
func (i *Invalid) Error() string {
	words := make([]string, len(i.Findings))
	for n, finding := range i.Findings {
		words[n] = strings.TrimSpace(finding.Key + " " + finding.Message)
	}
	return strings.Join(words, "; ")
}

// Set sets inputs in the database; one that is set to "" is taken out. The others stay. Required ones may be missing: the
// connection is pending then. What is wrong is an *Invalid; then nothing changes. ErrNotFound: it is not declared.
func (r *Room) Set(ctx context.Context, key store.ConnectionKey, fields connection.Values) (Details, error) {
	m, err := r.member(key)
	if err != nil {
		return Details{}, err
	}
	for {
		done, err := r.setOnce(ctx, m, fields)
		if errors.Is(err, errMoved) {
			continue // somebody else has set others: these go on top
		}
		if err != nil {
			return Details{}, err
		}
		return r.details(ctx, done)
	}
}

// setOnce waits until nobody renews the connection, so that no two tokens are asked for with one.
func (r *Room) setOnce(ctx context.Context, m *member, fields connection.Values) (*state, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, waitTime, errBusy(m))
	defer cancel()
	mine, err := r.turn(ctx, m, func(now *state) error { return now.problem })
	if err != nil {
		return nil, err
	}
	made, err := r.merge(ctx, mine, fields)
	if err != nil || made == nil {
		r.release(ctx, mine)
		return mine.state, err
	}
	names := slices.Sorted(maps.Keys(fields))
	event := &store.ConnectionEvent{At: r.now(), Kind: "set", Text: "inputs were set: " + strings.Join(names, ", ")}
	err = r.keep(ctx, made, event)
	if errors.Is(err, store.ErrConflict) {
		return nil, errMoved
	}
	if err != nil {
		return nil, err
	}
	return r.see(m, made.state(m, mine.schema)), nil
}

// errMoved says that a connection was changed between two looks.
var errMoved = errors.New("changed meanwhile")

func errBusy(m *member) error {
	return store.Conflictf("%s is being renewed by another host: try again in a minute", m.title())
}

// merge makes the draft with the inputs set; nil if nothing changes.
func (r *Room) merge(ctx context.Context, mine *turn, fields connection.Values) (*draft, error) {
	if findings := mine.judge(fields); len(findings) > 0 {
		return nil, &Invalid{findings}
	}
	inputs := maps.Clone(mine.inputs)
	if inputs == nil {
		inputs = connection.Values{}
	}
	for name, value := range fields {
		if inputs[name] = value; value == "" {
			delete(inputs, name)
		}
	}
	if maps.Equal(inputs, mine.inputs) {
		return nil, nil //nolint:nilnil // nil is the answer
	}
	made := mine.draft()
	made.inputs = inputs
	next := made.state(mine.member, mine.schema)
	if findings := mine.exposed(next, fields); len(findings) > 0 {
		return nil, &Invalid{findings}
	}
	if err := r.validate(ctx, next); err != nil {
		return nil, err
	}
	r.forgive(made, next)
	return made, nil
}

// exposed finds the secrets that are kept and would be shown to another service or client than before. Who may set inputs must not learn
// them so: they have to be set again together with what changes.
func (s *state) exposed(next *state, fields connection.Values) []connection.Finding {
	if s.kind().Token == connection.Static || s.whom() == next.whom() {
		return nil
	}
	var findings []connection.Finding
	for _, input := range s.schema.inputs {
		_, given := fields[input.Key]
		if input.Secret && s.inputs[input.Key] != "" && !given {
			findings = append(findings, connection.Finding{Key: input.Key, Message: "has to be set again together with this change: what is kept is not shown to another service"})
		}
	}
	return findings
}

// whom digests which service the secrets are shown to, and as which client.
func (s *state) whom() string {
	return identity(s.settings, &connection.Type{Token: connection.Authorizes}, s.schema.inputs)
}

// forgive lets what failed with other inputs be tried again at once, and sets what the connection is good for now.
func (r *Room) forgive(made *draft, next *state) {
	made.token.Failures, made.token.Failure = 0, ""
	made.token.FailingAt, made.token.NotBefore = time.Time{}, time.Time{}
	status, cause := next.standing(r.now())
	if status == store.ConnectionFailed {
		status, cause = store.ConnectionActive, ""
	}
	made.become(status, cause, r.now())
	made.row.RenewAt = time.Time{}
	if next.renews() {
		r.plan(made, next.kind())
	}
}

// judge says what is wrong with fields by themselves.
func (s *state) judge(fields connection.Values) []connection.Finding {
	var findings []connection.Finding
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		input, known := s.schema.input(name)
		if words := s.judgeField(input, known, name, fields[name]); words != "" {
			findings = append(findings, connection.Finding{Key: name, Message: words})
		}
	}
	return findings
}

func (s *state) judgeField(input connection.Input, known bool, name, value string) string {
	switch {
	case !known:
		return "is no input of this connection; it has " + strings.Join(s.schema.keys(), ", ")
	case s.member.given[name] != "":
		return "is given by " + s.member.file + ", which stands above what is set here: change it there"
	case value == "":
		return ""
	case input.Kind == connection.Pairs && !isPairs(value):
		return `is no key/value list: it is the JSON of an array, as in [{"key": "X-Tenant", "value": "7"}]`
	case input.Kind == connection.Pairs && strings.Contains(value, `"`+redact.Hidden+`"`):
		return "has " + redact.Hidden + " where a value was not shown: write the value"
	case input.Kind == connection.Text && strings.ContainsAny(value, "\r\n"):
		return "has more than one line"
	case input.Choices != nil && !slices.Contains(input.Choices, value):
		return "is none of " + strings.Join(input.Choices, ", ")
	}
	return ""
}

func isPairs(text string) bool {
	var pairs []connection.Pair
	return json.Unmarshal([]byte(text), &pairs) == nil
}

// validate asks the provider about inputs that are complete.
func (r *Room) validate(ctx context.Context, next *state) error {
	if len(next.missing) > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	provider, err := r.provider(ctx, next)
	if err != nil {
		return err
	}
	findings, err := provider.Validate(ctx, next.settings)
	if err != nil {
		return err
	}
	for i := range findings {
		findings[i].Message = next.hide(findings[i].Message)
	}
	if len(findings) > 0 {
		return &Invalid{findings}
	}
	return nil
}
