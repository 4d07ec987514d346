package connectiontest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// How many calls are made at once.
const crowd = 64

// atOnce makes many calls at once and gives what went wrong first.
func atOnce(call func(n int) string) string {
	reasons := make([]string, crowd)
	var calls sync.WaitGroup
	for n := range crowd {
		calls.Go(func() { reasons[n] = call(n) })
	}
	calls.Wait()
	for n, reason := range reasons {
		if reason != "" {
			return fmt.Sprintf("call %d of %d at once: %s", n, crowd, reason)
		}
	}
	return ""
}

// schemasAtOnce: many declarations at once each get their own schema.
func (sc *scene) schemasAtOnce(ctx context.Context) string {
	return atOnce(func(n int) string {
		name := nonsense + strconv.Itoa(n)
		schema, err := sc.provider.Schema(ctx, sc.declared(connection.Values{name: "x"}, nil))
		if err != nil {
			return err.Error()
		}
		if _, err := sc.provider.Validate(ctx, sc.settings); err != nil {
			return err.Error()
		}
		return found(schema.Findings, name)
	})
}

// tokensAtOnce: many tokens are made at once, each for whoever asked.
func (sc *scene) tokensAtOnce(ctx context.Context) string {
	if sc.of.Token == connection.Authorizes {
		return atOnce(func(n int) string {
			label := "person-" + strconv.Itoa(n)
			token := connection.Token{
				Response: fmt.Appendf(nil, `{"access_token":%q,"refresh_token":%q}`, sc.suite.secrets.made("an access token"), sc.server.mint(label)),
				Renews:   true,
			}
			return sc.refreshedFor(ctx, sc.settings, token, label)
		})
	}
	if !takes(sc.of, clientID) {
		return string(NotOffered)
	}
	sc.server.client = "" // takes any
	return atOnce(func(n int) string {
		settings := sc.settings
		settings.Fields = maps.Clone(settings.Fields)
		settings.Fields[clientID] = "client-" + strconv.Itoa(n)
		return sc.refreshedFor(ctx, settings, connection.Token{}, settings.Fields[clientID])
	})
}

// refreshedFor refreshes, and looks whose token comes back: the stand-in says it in its scope.
func (sc *scene) refreshedFor(ctx context.Context, settings connection.Settings, token connection.Token, label string) string {
	next, err := sc.provider.Refresh(ctx, settings, token)
	switch {
	case err != nil:
		return err.Error()
	case member(next, "scope") != label:
		return fmt.Sprintf("want the token of %s, got that of %s", label, member(next, "scope"))
	}
	return ""
}

// signaturesAtOnce: many requests are signed at once as they are one by one.
func (sc *scene) signaturesAtOnce(ctx context.Context) string {
	token, reason := sc.credential(ctx)
	if reason != "" {
		return reason
	}
	var alone [crowd]connection.Additions
	for n := range alone {
		additions, err := sc.provider.Apply(ctx, sc.settings, token, request([]byte(strconv.Itoa(n))))
		if err != nil {
			return err.Error()
		}
		alone[n] = additions
	}
	return atOnce(func(n int) string {
		additions, err := sc.provider.Apply(ctx, sc.settings, token, request([]byte(strconv.Itoa(n))))
		switch {
		case err != nil:
			return err.Error()
		case sc.of.Token == connection.Static && !reflect.DeepEqual(additions, alone[n]):
			return "the signature is another one than that of the request alone"
		}
		return ""
	})
}

// errStop is why the suite ends a call.
var errStop = errors.New("the suite ends the call")

// canceled: a call that nobody waits for any more ends, and so does what it asked of the service.
func (sc *scene) canceled(ctx context.Context) string {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	return sc.interrupted(ctx, func() { cancel(errStop) }, errStop)
}

// tooLate: a call ends with its deadline.
func (sc *scene) tooLate(ctx context.Context) string {
	late := fault.New(fault.Limit, fault.Deadline, "the suite waits no longer")
	ctx, cancel := context.WithTimeoutCause(ctx, 500*time.Millisecond, late)
	defer cancel()
	return sc.interrupted(ctx, func() {}, late)
}

// interrupted makes a call that waits for the service, has it end, and looks for what is left of it.
func (sc *scene) interrupted(ctx context.Context, stop func(), want error) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	held := newWaiting(nil)
	sc.server.behave(held.ServeHTTP)
	done := sc.refresh(ctx, token)
	if !arrives(held.arrived) {
		return "its request does not arrive"
	}
	stop()
	select {
	case got := <-done:
		if sc.suite.target.Command != nil && !errors.Is(got.err, want) {
			return fmt.Sprintf("want the reason of the end, got %s", brief(got.err))
		}
		if got.err == nil {
			return "the call ended without a token and without an error"
		}
	case <-time.After(patience):
		return fmt.Sprintf("the call goes on %s after its end", patience)
	}
	if !arrives(held.dropped) {
		return fmt.Sprintf("what it asked of the service goes on %s after nobody waits for it", patience)
	}
	return ""
}

func arrives(signal <-chan struct{}) bool {
	select {
	case <-signal:
		return true
	case <-time.After(patience):
		return false
	}
}

// refresh makes a Refresh in another goroutine.
func (sc *scene) refresh(ctx context.Context, token connection.Token) <-chan refreshed {
	done := make(chan refreshed, 1)
	go func() {
		next, err := sc.provider.Refresh(ctx, sc.settings, token)
		done <- refreshed{next, err}
	}()
	return done
}

// notHeldUp: a call that waits for the service keeps no other one waiting.
func (sc *scene) notHeldUp(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	held := newWaiting(func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusBadRequest, "invalid_request") })
	sc.server.behave(held.ServeHTTP)
	for range crowd {
		done := sc.refresh(ctx, token)
		defer func() { <-done }()
	}
	defer close(held.free)
	if !arrives(held.arrived) {
		return "its request does not arrive"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := sc.provider.Describe(ctx); err != nil {
		return fmt.Sprintf("while %d calls wait for the service, Describe gives %s", crowd, brief(err))
	}
	if _, err := sc.provider.Validate(ctx, sc.settings); err != nil {
		return fmt.Sprintf("while %d calls wait for the service, Validate gives %s", crowd, brief(err))
	}
	return ""
}

// anotherProcess: a second process goes on where the first one was, with nothing but what the host hands in.
func (sc *scene) anotherProcess(ctx context.Context) string {
	second, err := sc.suite.start(ctx)
	if err != nil {
		return err.Error()
	}
	defer end(second)
	first, other := sc.provider, listening{second.Provider(), sc.told}
	schema, err := first.Schema(ctx, sc.declared(sc.settings.Options, nil))
	if err != nil {
		return err.Error()
	}
	again, err := other.Schema(ctx, sc.declared(sc.settings.Options, nil))
	if err != nil || !reflect.DeepEqual(schema, again) {
		return fmt.Sprintf("another process has another schema; %s", brief(err))
	}
	if sc.of.Signs && sc.of.Token == connection.Static {
		one, err := first.Apply(ctx, sc.settings, connection.Token{}, request(nil))
		two, failed := other.Apply(ctx, sc.settings, connection.Token{}, request(nil))
		if err != nil || failed != nil || !reflect.DeepEqual(one, two) {
			return fmt.Sprintf("another process signs differently; %s, %s", brief(err), brief(failed))
		}
	}
	if sc.server == nil {
		return ""
	}
	return sc.continues(ctx, other)
}

// continues begins with one provider and goes on with another.
func (sc *scene) continues(ctx context.Context, other connection.Provider) string {
	first := sc.provider
	defer func() { sc.provider = first }()
	if sc.of.Token == connection.Obtains {
		token, reason := sc.obtain(ctx)
		if reason != "" {
			return reason
		}
		if _, err := other.Refresh(ctx, sc.settings, token); err != nil {
			return fmt.Sprintf("another process cannot renew: %s", brief(err))
		}
		return ""
	}
	b, reason := sc.begin(ctx)
	if reason != "" {
		return reason
	}
	exchange, reason := sc.agree(ctx, b)
	if reason != "" {
		return reason
	}
	token, err := other.Exchange(ctx, exchange)
	if err != nil {
		return fmt.Sprintf("another process cannot exchange: %s", brief(err))
	}
	if _, err = first.Refresh(ctx, sc.settings, token); err != nil {
		return fmt.Sprintf("the first process cannot renew what the second obtained: %s", brief(err))
	}
	return ""
}

// isDeliberate tells an error that the provider made of one that befell it.
func isDeliberate(err error) string {
	if found := fault.As(err, fault.Engine); found.Code == fault.Internal || found.Code == fault.Protocol || found.Code == fault.WorkerLost {
		return fmt.Sprintf("in place of an answer, or a fault that says what to do: %s", brief(err))
	}
	return ""
}
