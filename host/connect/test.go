package connect

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Tested is what became of a try to use a connection. It holds no secret.
type Tested struct {
	OK      bool
	Message string        // in words for people
	URL     string        // that was asked; empty: none
	Status  int           // that the service answered; 0: it did not, or was not asked
	Elapsed time.Duration // of the answer
}

// Test uses a connection once: its token is renewed or obtained if it has to be, and its URL for tests is asked, once more with a newer
// token if the service refuses the first. What it finds out about a connection without a token is kept as its status. A connection
// that cannot be used is an answer too; the error is of the database, or ErrNotFound.
func (r *Room) Test(ctx context.Context, key store.ConnectionKey) (Tested, error) {
	m, err := r.member(key)
	if err != nil {
		return Tested{}, err
	}
	if _, err := r.read(ctx, m); err != nil {
		return Tested{}, err
	}
	credential, err := r.credential(ctx, m)
	if err != nil {
		if ctx.Err() != nil {
			return Tested{}, context.Cause(ctx)
		}
		return Tested{Message: fault.As(err, fault.Host).Message}, nil
	}
	if credential.state.schema.testURL == "" || r.options.Fetch == nil {
		return r.untested(ctx, credential)
	}
	tested, err := r.try(ctx, credential)
	if err == nil && tested.Status == http.StatusUnauthorized {
		again, failed := credential.Again(ctx)
		if failed != nil {
			return Tested{}, failed
		}
		if again != nil {
			tested, err = r.try(ctx, again)
		}
	}
	if err != nil {
		return Tested{}, err
	}
	r.learn(ctx, m, tested)
	return tested, nil
}

// untested tells what can be told without a URL.
func (r *Room) untested(ctx context.Context, credential *Credential) (Tested, error) {
	if credential.state.kind().Token == connection.Static {
		if err := r.validate(ctx, credential.state); err != nil {
			return Tested{Message: err.Error()}, nil //nolint:nilerr // it is the answer
		}
		return Tested{OK: true, Message: "its inputs are complete and well-formed; whether the service takes them is not known: integration.yaml names no URL (key test)"}, nil
	}
	return Tested{OK: true, Message: "it has a token that lives; whether the service takes it is not known: integration.yaml names no URL (key test)"}, nil
}

// try asks the URL for tests. Redirects are not followed: they would take the credential elsewhere.
func (r *Room) try(ctx context.Context, credential *Credential) (Tested, error) {
	where := credential.state.schema.testURL
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where, http.NoBody)
	if err != nil {
		return Tested{URL: where, Message: "the URL for tests cannot be read"}, nil //nolint:nilerr // it is the answer
	}
	if !credential.Allows(request.URL) { // a preset's, where the declaration has hosts of its own
		words := "the credential may not be sent to the URL for tests: name one at its hosts (key test), or add " + request.URL.Host + " to them"
		return Tested{URL: where, Message: words}, nil
	}
	shown := *request.URL
	if err := credential.Add(ctx, request, nil); err != nil {
		return Tested{URL: where, Message: credential.state.hide(err.Error())}, nil
	}
	began := r.now()
	answer, err := r.options.Fetch(ctx, hostapi.FetchRequest{
		Method: request.Method, URL: request.URL.String(), Headers: headersOf(request), Redirect: hostapi.Manual,
	})
	tested := Tested{URL: (&url.URL{Scheme: shown.Scheme, Host: shown.Host, Path: shown.Path}).String(), Elapsed: r.now().Sub(began)}
	if err != nil {
		if ctx.Err() != nil {
			return Tested{}, context.Cause(ctx)
		}
		tested.Message = credential.state.hide(wordsOf(err))
		return tested, nil
	}
	tested.Status = answer.Status
	tested.OK, tested.Message = judgeStatus(answer.Status)
	return tested, nil
}

func judgeStatus(status int) (ok bool, message string) {
	answered := fmt.Sprintf("the service answered %d %s", status, http.StatusText(status))
	switch {
	case status == http.StatusUnauthorized:
		return false, answered + ": it does not accept the credential"
	case status == http.StatusForbidden:
		return false, answered + ": it knows the credential, or says so, and it does not allow this"
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return false, answered + ": the test wants an answer without a redirect"
	case status >= http.StatusBadRequest:
		return false, answered
	}
	return true, answered
}

// learn keeps what a test found out of a connection that counts as the opposite.
func (r *Room) learn(ctx context.Context, m *member, tested Tested) {
	if !tested.OK && tested.Status != http.StatusUnauthorized {
		return
	}
	r.amend(ctx, m, func(made *draft, now *state) *store.ConnectionEvent {
		status, _ := now.standing(r.now())
		switch {
		case tested.OK && status == store.ConnectionFailed:
			made.become(store.ConnectionActive, "", r.now())
		case !tested.OK && status == store.ConnectionActive:
			made.become(store.ConnectionFailed, "a test did not succeed: "+tested.Message, r.now())
		default:
			return nil
		}
		return &store.ConnectionEvent{Kind: "tested", Text: tested.Message}
	})
}
