package connect

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Where browsers come, on the listeners that serve Handler.
const (
	Prefix       = "/oauth2/"
	CallbackPath = Prefix + "callback"
	startPath    = Prefix + "start/"
)

const (
	ticketTime = 30 * time.Minute // that a link is good for
	stateTime  = 15 * time.Minute // that a person has at the service
)

// Back is where the browser goes in the end; without a URL a page of the host tells what became of it. Both have to be of an origin
// that the configuration allows.
type Back struct {
	Success string
	Failure string // with the query parameters error and error_description
}

// Begun is an authorization that has begun.
type Begun struct {
	Link      string // who opens it authorizes
	ExpiresAt time.Time
}

// ticket is what a link stands for, kept sealed under the digest of what the link says.
type ticket struct {
	Back  Back      `json:"back,omitzero"`
	Until time.Time `json:"until"` // it may be opened; it is kept for longer, so that who has opened it has their time
}

// attempt is what the host keeps while a person is at the service, sealed under the digest of the state.
type attempt struct {
	Back        Back   `json:"back,omitzero"`
	Ticket      string `json:"ticket"` // ID of the authorization that the link stands for
	Cookie      string `json:"cookie"` // digest of what the browser that began has
	Verifier    string `json:"verifier"`
	RedirectURL string `json:"redirectUrl"`
	Identity    string `json:"identity"` // of the settings
}

// Authorize begins an authorization of a connection that a person authorizes. The link is good for one, and on every host of the
// database. *Invalid: inputs are missing, or Back leads where nothing may. ErrConflict: there is nothing to authorize.
func (r *Room) Authorize(ctx context.Context, key store.ConnectionKey, back Back) (Begun, error) {
	m, err := r.member(key)
	if err != nil {
		return Begun{}, err
	}
	now, err := r.read(ctx, m)
	if err != nil {
		return Begun{}, err
	}
	if err := r.mayAuthorize(now); err != nil {
		return Begun{}, err
	}
	if findings := r.judgeBack(back); len(findings) > 0 {
		return Begun{}, &Invalid{findings}
	}
	link := rand.Text()
	expires := r.now().Add(ticketTime)
	if err := r.remember(ctx, m.key, ticketID(link), expires.Add(stateTime), ticket{back, expires}); err != nil {
		return Begun{}, err
	}
	return Begun{strings.TrimSuffix(r.options.Callback, CallbackPath) + startPath + link, expires}, nil
}

// mayAuthorize says why a connection cannot be authorized.
func (r *Room) mayAuthorize(now *state) error {
	switch {
	case now.problem != nil:
		return now.problem
	case now.kind().Token != connection.Authorizes:
		return store.Conflictf("%s needs no authorization: its type is %s", now.member.title(), now.settings.Type)
	case r.options.Callback == "":
		return store.Conflictf("%s has to be authorized in a browser, which needs a host that serves: authorize it there", now.member.title())
	case len(now.missing) > 0:
		findings := make([]connection.Finding, len(now.missing))
		for i, input := range now.missing {
			findings[i] = connection.Finding{Key: input.Key, Message: "is missing: set it before anybody authorizes"}
		}
		return &Invalid{findings}
	}
	return nil
}

// judgeBack lets a browser be sent to origins only that the operator has named: else a link of ours could lead anywhere.
func (r *Room) judgeBack(back Back) []connection.Finding {
	var findings []connection.Finding
	for key, text := range map[string]string{"success": back.Success, "failure": back.Failure} {
		if text != "" && !r.leadsBack(text) {
			findings = append(findings, connection.Finding{Key: key, Message: "leads to an origin that is not allowed: the configuration lists those that are (key oauth2.back)"})
		}
	}
	slices.SortFunc(findings, func(a, b connection.Finding) int { return strings.Compare(b.Key, a.Key) })
	return findings
}

func (r *Room) leadsBack(text string) bool {
	target, err := url.Parse(text)
	if err != nil || target.Scheme != "https" && target.Scheme != "http" || target.Host == "" || target.User != nil {
		return false
	}
	return slices.Contains(r.options.Back, target.Scheme+"://"+strings.ToLower(target.Host))
}

// remember keeps what an authorization needs, where nobody reads it without the host's keys.
func (r *Room) remember(ctx context.Context, key store.ConnectionKey, id string, until time.Time, what any) error {
	plain, err := json.Marshal(what)
	if err != nil {
		return fault.New(fault.Host, fault.Internal, "an authorization cannot be kept: it is no JSON")
	}
	sealed, err := r.options.Sealer.Seal(ctx, plain, authorizationPlace(key, id))
	if err != nil {
		return err
	}
	return r.options.Store.BeginAuthorization(ctx, &store.Authorization{ID: id, Key: key, Sealed: sealed, ExpiresAt: until})
}

// recall takes what was remembered, for good. ErrNotFound: it is not there any more.
func (r *Room) recall(ctx context.Context, id string, into any) (*store.Authorization, error) {
	taken, err := r.options.Store.TakeAuthorization(ctx, id, r.now())
	if err != nil {
		return nil, err
	}
	plain, err := r.options.Sealer.Open(ctx, taken.Sealed, authorizationPlace(taken.Key, id))
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(plain, into) != nil {
		return nil, fault.New(fault.Host, fault.Internal, "a kept authorization cannot be read")
	}
	return taken, nil
}

func authorizationPlace(key store.ConnectionKey, id string) seal.Place {
	return seal.Place{Integration: key.Integration, Instance: string(key.Instance), Name: key.Name, Part: "authorization " + id}
}

// begin makes an attempt of a link that was opened, and gives the service's URL, and the cookie that the browser is known by. The link
// stays good until somebody has authorized: programs that look at links before people do must not use it up.
func (r *Room) begin(ctx context.Context, link string) (where string, state, cookie string, err error) {
	var opened ticket
	id := ticketID(link)
	kept, err := r.openTicket(ctx, id, &opened)
	if err != nil {
		return "", "", "", err
	}
	m, err := r.member(kept.Key)
	if err != nil {
		return "", "", "", err
	}
	now, err := r.read(ctx, m)
	if err != nil {
		return "", "", "", err
	}
	if err := r.mayAuthorize(now); err != nil {
		return "", "", "", err
	}
	state, cookie = rand.Text(), rand.Text()
	made := attempt{
		Back: opened.Back, Ticket: id, Cookie: digest(cookie), Verifier: rand.Text() + rand.Text(), RedirectURL: r.options.Callback, Identity: now.identity,
	}
	if where, err = r.askWhere(ctx, now, state, &made); err != nil {
		return "", "", "", err
	}
	return where, state, cookie, r.remember(ctx, kept.Key, stateID(state), r.now().Add(stateTime), made)
}

// openTicket gives what a link stands for, and leaves it there. ErrNotFound: it may not be opened any more.
func (r *Room) openTicket(ctx context.Context, id string, into *ticket) (*store.Authorization, error) {
	kept, err := r.recall(ctx, id, into)
	if err != nil {
		return nil, err
	}
	if err := r.putBack(ctx, kept, *into); err != nil {
		return nil, err
	}
	if !r.now().Before(into.Until) {
		return nil, store.ErrNotFound
	}
	return kept, nil
}

// putBack undoes the recall of a link.
func (r *Room) putBack(ctx context.Context, kept *store.Authorization, what ticket) error {
	err := r.remember(ctx, kept.Key, kept.ID, kept.ExpiresAt, what)
	if errors.Is(err, store.ErrConflict) {
		return nil // somebody has
	}
	return err
}

// askWhere has the provider make the URL at which a person authorizes.
func (r *Room) askWhere(ctx context.Context, now *state, state string, made *attempt) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fault.New(fault.Downstream, fault.Unreachable, "no answer within %s", askTime))
	defer cancel()
	provider, err := r.provider(ctx, now)
	if err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(made.Verifier))
	where, err := provider.BeginAuthorize(ctx, connection.Begin{
		Settings: now.settings, RedirectURL: made.RedirectURL, State: state, CodeChallenge: base64.RawURLEncoding.EncodeToString(challenge[:]),
	})
	if err != nil {
		return "", now.toldBy(err)
	}
	target, err := url.Parse(where)
	if err != nil || target.Scheme != "https" && target.Scheme != "http" || target.Host == "" {
		return "", fault.New(fault.Engine, fault.Protocol, "the provider of %s gave no URL of https or http to authorize at", now.settings.Type)
	}
	return where, nil
}

// toldBy makes the fault of a provider one that names the connection and holds no secret.
func (s *state) toldBy(err error) error {
	found := *fault.As(err, fault.Engine)
	found.Message, found.Cause = s.hide(found.Story()), nil
	return &found
}

// The IDs of authorizations: who reads the database finds neither links nor states.
func ticketID(link string) string { return digest("link " + link) }

func stateID(state string) string { return digest("state " + state) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
