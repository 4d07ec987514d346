package connect

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	maxParameters = 64 // of a redirect
	again         = "If the connection does not work yet, begin again with a new link"
)

// callback takes what a service sent a browser back with.
func (r *Room) callback(writer http.ResponseWriter, request *http.Request) {
	parameters, state, ok := readQuery(request.URL.RawQuery)
	if !ok {
		r.page.write(writer, http.StatusBadRequest, "This address is not complete", "A service sends browsers here once somebody has authorized. Begin again with a new link.")
		return
	}
	cookie, err := request.Cookie(cookieName(state))
	if err != nil {
		r.page.write(writer, http.StatusForbidden, "This browser did not begin the authorization",
			"It was begun in another browser, or it is over: reloading this page does nothing. "+again+", and stay in one browser.")
		return
	}
	http.SetCookie(writer, r.cookie(state, "", 0))
	var begun attempt
	kept, err := r.recall(request.Context(), stateID(state), &begun)
	if err != nil {
		r.refuse(writer, request, err, "This authorization is over", "It was completed already, or it took too long. "+again+".")
		return
	}
	if subtle.ConstantTimeCompare([]byte(digest(cookie.Value)), []byte(begun.Cookie)) != 1 {
		r.page.write(writer, http.StatusForbidden, "This browser did not begin the authorization", "Begin again with a new link, and stay in one browser.")
		return
	}
	r.finish(writer, request, kept.Key, &begun, parameters)
}

// readQuery takes the parameters of a redirect apart. It is false without a state, or with two.
func readQuery(query string) (parameters []connection.Pair, state string, ok bool) {
	states := 0
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		name, badName := url.QueryUnescape(name)
		value, badValue := url.QueryUnescape(value)
		switch {
		case badName != nil || badValue != nil || len(parameters) == maxParameters:
			return nil, "", false
		case name == "state":
			state = value
			states++
		case name != "":
			parameters = append(parameters, connection.Pair{Key: name, Value: value})
		}
	}
	return parameters, state, states == 1 && state != ""
}

func parameter(of []connection.Pair, name string) string {
	for _, pair := range of {
		if pair.Key == name {
			return pair.Value
		}
	}
	return ""
}

// finish makes a token of an answer, and tells the browser. A browser that goes away does not keep the code from being used: it is
// good once, and the person has authorized.
func (r *Room) finish(writer http.ResponseWriter, request *http.Request, key store.ConnectionKey, begun *attempt, parameters []connection.Pair) {
	ctx := context.WithoutCancel(request.Context())
	err := r.conclude(ctx, key, begun, parameters)
	if err != nil {
		r.turnBack(ctx, writer, key, begun, err)
		return
	}
	if begun.Back.Success != "" {
		writer.Header().Set("Location", begun.Back.Success)
		writer.WriteHeader(http.StatusSeeOther)
		return
	}
	r.page.write(writer, http.StatusOK, "Connected", fmt.Sprintf("%s is connected. You can close this window.", key.Name))
}

// turnBack tells the browser what went wrong, on a page or by where it is sent.
func (r *Room) turnBack(ctx context.Context, writer http.ResponseWriter, key store.ConnectionKey, begun *attempt, err error) {
	var status int
	var words string
	title, code := titleFailed, "server_error"
	if denied, ok := errors.AsType[*denial](err); ok {
		status, title, words, code = http.StatusBadRequest, "The service did not authorize "+key.Name, sentence(denied.Error()), denied.code
	} else {
		status, words = r.explain(ctx, err)
	}
	r.options.Log.LogAttrs(ctx, slog.LevelWarn, "an authorization came to nothing", append(keyAttrs(key), slog.String("words", words))...)
	target, bad := url.Parse(begun.Back.Failure)
	if begun.Back.Failure == "" || bad != nil {
		r.page.write(writer, status, title, words)
		return
	}
	query := target.Query()
	query.Set("error", code)
	query.Set("error_description", words)
	target.RawQuery = query.Encode()
	writer.Header().Set("Location", target.String())
	writer.WriteHeader(http.StatusSeeOther)
}

// conclude exchanges an answer for a token, and keeps it. An error goes to the provider too: it alone can tell that another server sent
// it, whose word does not count.
func (r *Room) conclude(ctx context.Context, key store.ConnectionKey, begun *attempt, parameters []connection.Pair) error {
	m, err := r.member(key)
	if err != nil {
		return store.Conflictf("the connection is not declared any more")
	}
	now, err := r.read(ctx, m)
	if err != nil {
		return err
	}
	if now.problem != nil || now.identity != begun.Identity {
		return store.Conflictf("the connection's settings were changed while you were at the service: begin again with a new link")
	}
	return r.spend(ctx, begun.Ticket, func() error { return r.redeem(ctx, now, begun, parameters) })
}

// spend authorizes with a link, which is good for one authorization, however many have opened it. It stays when nothing comes of it.
func (r *Room) spend(ctx context.Context, id string, authorize func() error) error {
	var spent ticket
	kept, err := r.recall(ctx, id, &spent)
	if errors.Is(err, store.ErrNotFound) {
		return store.Conflictf("somebody has authorized with the same link meanwhile, or it is too old: if it was not you, begin again with a new link")
	}
	if err != nil {
		return err
	}
	if err = authorize(); err != nil {
		_ = r.putBack(ctx, kept, spent) // else a new link does
	}
	return err
}

// redeem has the provider make a token of an answer, and keeps it.
func (r *Room) redeem(ctx context.Context, now *state, begun *attempt, parameters []connection.Pair) error {
	asked := r.now()
	token, err := r.exchange(ctx, now, begun, parameters)
	if code := parameter(parameters, "error"); code != "" && !fault.Is(err, fault.Protocol) {
		return r.denied(ctx, now, code, parameters)
	}
	if err != nil {
		err = now.toldBy(err)
		r.note(ctx, now.member, "authorization failed", fault.As(err, fault.Engine).Message)
		return err
	}
	return r.grant(ctx, now.member, taken(token, asked, now, false))
}

func (r *Room) exchange(ctx context.Context, now *state, begun *attempt, parameters []connection.Pair) (connection.Token, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fault.New(fault.Downstream, fault.Unreachable, "no answer within %s", askTime))
	defer cancel()
	provider, err := r.provider(ctx, now)
	if err != nil {
		return connection.Token{}, err
	}
	token, err := provider.Exchange(ctx, connection.Exchange{
		Settings: now.settings, RedirectURL: begun.RedirectURL, CodeVerifier: begun.Verifier, Parameters: parameters,
	})
	if err == nil {
		err = judge(token)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return token, err
}

// grant keeps the token of an authorization in place of what there was: it stands above a renewal that is under way.
func (r *Room) grant(ctx context.Context, m *member, token keptToken) error {
	for {
		now, err := r.stored(ctx, m)
		if err != nil {
			return err
		}
		made := now.draft()
		made.replace(token)
		made.become(store.ConnectionActive, "", r.now())
		r.plan(made, now.kind())
		kind := "authorized"
		if now.token.Response != nil {
			kind = "authorized again"
		}
		err = r.keep(ctx, made, &store.ConnectionEvent{At: r.now(), Kind: kind, Text: lifeOf(&token, r.now())})
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		r.see(m, made.state(m, now.schema))
		r.options.Log.LogAttrs(ctx, slog.LevelInfo, "a connection was authorized", m.attrs()...)
		return nil
	}
}
