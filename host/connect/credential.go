package connect

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Credential is what a connection shows to the services that it is for. It holds secrets, and shows none. It stays as it is when the
// connection is renewed.
type Credential struct {
	room   *Room
	member *member
	state  *state
}

// Credential gives what a connection of a target's instance shows now, renewing or obtaining its token if it has to. The fault is
// Refused, with words that say what to do, when the integration declares no connection of the name, or it cannot be used.
func (r *Room) Credential(ctx context.Context, target *integration.Target, name string) (*Credential, error) {
	var found *member
	if at := r.served.Load().find(target); at != nil {
		found = at.member(name)
	}
	if found == nil {
		return nil, fault.New(fault.Host, fault.Refused, "%s declares no connection %q among its configVars", target.Integration.ID, name)
	}
	return r.credential(ctx, found)
}

func (r *Room) credential(ctx context.Context, m *member) (*Credential, error) {
	now, err := r.ready(ctx, m, 0)
	if err != nil {
		return nil, err
	}
	if !now.lives(r.now()) {
		return nil, now.refusal(r)
	}
	return &Credential{r, m, now}, nil
}

// refusal says why a connection cannot be used.
func (s *state) refusal(r *Room) error {
	status, cause := s.standing(r.now())
	if status == store.ConnectionActive {
		cause = "its token could not be renewed"
		if s.token.Failure != "" {
			cause += ": " + s.token.Failure
		}
	}
	return fault.New(fault.Host, fault.Refused, "%s cannot be used (%s): %s", s.member.title(), status, cause)
}

// Allows tells whether the credential may be sent to a URL.
func (c *Credential) Allows(target *url.URL) bool {
	return slices.ContainsFunc(c.state.schema.hosts, func(host integration.HostPattern) bool { return host.Matches(target) })
}

// Hosts tells people what Allows lets through, as integration.yaml has it.
func (c *Credential) Hosts() []string { return c.state.schema.shownHosts() }

func (s *schema) shownHosts() []string {
	shown := make([]string, len(s.hosts))
	for i, host := range s.hosts {
		shown[i] = host.String()
	}
	return shown
}

// Add puts the credential into a request that is about to be sent with a body. A header or parameter of a name that the credential has
// itself is replaced; what else the request has stays.
func (c *Credential) Add(ctx context.Context, request *http.Request, body []byte) error {
	if !c.state.kind().Signs {
		return put(request, c.state.schema.send.fill(c.state.settings.Fields, c.state.token.Response))
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	provider, err := c.room.provider(ctx, c.state)
	if err != nil {
		return err
	}
	added, err := provider.Apply(ctx, c.state.settings, c.state.token.token(), connection.Request{
		Method: request.Method, URL: request.URL.String(), Headers: headersOf(request), Body: body, At: c.room.now(),
	})
	if err != nil {
		return c.unsigned(err)
	}
	return put(request, added)
}

// unsigned is the fault of a request that its provider does not sign.
func (c *Credential) unsigned(err error) error {
	found := *fault.As(err, fault.Engine)
	found.Message = c.state.member.title() + " cannot sign the request: " + c.state.hide(found.Message)
	found.Cause = nil
	return &found
}

// headersOf gives a request's headers with names in lower case, in the order of the names.
func headersOf(request *http.Request) []hostapi.Header {
	var headers []hostapi.Header
	for name, values := range request.Header {
		for _, value := range values {
			headers = append(headers, hostapi.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	slices.SortStableFunc(headers, func(a, b hostapi.Header) int { return strings.Compare(a.Name, b.Name) })
	return headers
}

// Secrets gives every secret that the credential is made of.
func (c *Credential) Secrets() []Secret { return c.state.whole.secrets }

// Again is asked when a service did not accept the credential. It gives one with a newer token, made now if nobody has made it yet:
// for each token that is once, whatever the number of hosts and callers. Nil says that there is none to be had. The error is the
// context's cause.
func (c *Credential) Again(ctx context.Context) (*Credential, error) {
	if c.state.kind().Token == connection.Static {
		return nil, nil //nolint:nilnil // nil is the answer
	}
	now, err := c.room.read(ctx, c.member)
	if err == nil && now.row.TokenAt == c.state.row.TokenAt {
		if !now.renews() {
			c.room.refused(ctx, now)
			return nil, nil //nolint:nilnil // likewise
		}
		now, err = c.room.renewed(ctx, c.member, wish{seen: c.state.row.TokenAt, forced: true})
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil || !now.lives(c.room.now()) {
		return nil, nil //nolint:nilnil,nilerr // likewise; who renewed has told why not
	}
	return &Credential{c.room, c.member, now}, nil
}

// refused notes that a service refuses a token that cannot be renewed. It is used all the same: the refusal may be about something
// else, and only a person can tell.
func (r *Room) refused(ctx context.Context, now *state) {
	if status, _ := now.standing(r.now()); status != store.ConnectionActive {
		return
	}
	noted := r.amend(ctx, now.member, func(made *draft, as *state) *store.ConnectionEvent {
		if status, _ := as.standing(r.now()); status != store.ConnectionActive || as.row.TokenAt != now.row.TokenAt {
			return nil
		}
		cause := "the service refused the token (401), and it cannot be renewed: test the connection, and authorize it again if that fails"
		made.become(store.ConnectionFailed, cause, r.now())
		return &store.ConnectionEvent{Kind: "refused", Text: cause}
	})
	if noted {
		r.options.Log.LogAttrs(ctx, slog.LevelError, "a service refuses a token that cannot be renewed", now.member.attrs()...)
	}
}

// String hides the secrets.
func (c *Credential) String() string { return "credential of " + c.member.title() }

// LogValue hides the secrets.
func (c *Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }
