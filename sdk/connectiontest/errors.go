package connectiontest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// badAnswer is a way in which a token endpoint fails.
type badAnswer struct {
	name  string
	does  http.HandlerFunc
	codes []fault.Code // one of which the fault has
	after time.Duration
}

// echo is all that was sent, as services repeat it in their error pages.
func echo(r *http.Request) string {
	return strings.NewReplacer(`"`, "'", `\`, "/").Replace(fmt.Sprintf("%s Authorization: %s", r.PostForm.Encode(), r.Header.Get("Authorization")))
}

func answers(status int, contentType, body string, echoed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		if echoed {
			body = strings.Replace(body, "ECHO", echo(r), 1)
		}
		fmt.Fprint(w, body)
	}
}

const asJSON, asHTML = "application/json", "text/html"

// badAnswers are what token endpoints in the world answer.
func badAnswers() []badAnswer {
	later, wrong := []fault.Code{fault.Unreachable}, []fault.Code{fault.Misconfigured}
	either := []fault.Code{fault.Unreachable, fault.Misconfigured, fault.Reauthorize}
	page := "<html>ECHO" + strings.Repeat("<p>Bad gateway</p>\n", 1<<20/19) + "</html>"
	return []badAnswer{
		{"unknown-client", answers(http.StatusUnauthorized, asJSON, `{"error":"invalid_client","error_description":"ECHO"}`, true), wrong, 0},
		{"wrong-scope", answers(http.StatusBadRequest, asJSON, `{"error":"invalid_scope","error_description":"ECHO"}`, true), wrong, 0},
		{"overloaded", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "7")
			answers(http.StatusServiceUnavailable, asJSON, `{"error":"temporarily_unavailable","error_description":"ECHO"}`, true)(w, r)
		}, later, 7 * time.Second},
		{"large-page", answers(http.StatusBadGateway, asHTML, page, true), later, 0},
		{"error-as-success", answers(http.StatusOK, asJSON, `{"error":"invalid_request","error_description":"ECHO"}`, true), either, 0},
		{"no-token", answers(http.StatusOK, asJSON, `{"token_type":"Bearer","note":"ECHO"}`, true), either, 0},
		{"token-is-no-text", answers(http.StatusOK, asJSON, `{"access_token":{"a":1},"token_type":"Bearer"}`, true), either, 0},
		{"no-json", answers(http.StatusOK, asHTML, "<html>ECHO</html>", true), either, 0},
		{"no-object", answers(http.StatusOK, asJSON, `["ECHO"]`, true), either, 0},
		{"nothing", answers(http.StatusOK, asJSON, "", false), either, 0},
		{"cut-off", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			answers(http.StatusOK, asJSON, `{"access_token":"ECHO`, true)(w, r)
		}, either, 0},
	}
}

// answersBadly checks one bad answer.
func answersBadly(bad badAnswer) func(*scene, context.Context) string {
	return func(sc *scene, ctx context.Context) string {
		reason, err := sc.refreshAgainst(ctx, bad.does)
		if reason != "" {
			return reason
		}
		if reason := wants(err, bad.codes...); reason != "" {
			return reason
		}
		found := fault.As(err, fault.Engine)
		switch {
		case len(found.Story()) > longest:
			return fmt.Sprintf("the fault has %d characters: nobody reads a page of HTML in a status", len(found.Story()))
		case found.RetryAfter != bad.after:
			return fmt.Sprintf("want the fault to say when another try is worthwhile, after %s, got %s", bad.after, found.RetryAfter)
		}
		return ""
	}
}

// The longest story of a fault.
const longest = 2000

// refreshAgainst comes to a token, and renews it at a token endpoint that behaves in another way.
func (sc *scene) refreshAgainst(ctx context.Context, manner http.HandlerFunc) (reason string, err error) {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason, nil
	}
	sc.server.behave(manner)
	_, err = sc.provider.Refresh(ctx, sc.settings, token)
	return "", err
}

// redirected: a token request that is sent on to another host goes nowhere, with the secrets in it.
func (sc *scene) redirected(ctx context.Context) string {
	elsewhere, err := newStandin(ctx, sc.suite.secrets)
	if err != nil {
		return err.Error()
	}
	defer elsewhere.close()
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		sc.server.behave(nil)
		reason, err := sc.refreshAgainst(ctx, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.url+"/token")
			w.WriteHeader(status)
		})
		if reason != "" {
			return reason
		}
		if asked := elsewhere.grants(); len(asked) > 0 || elsewhere.complaints() != "" {
			return fmt.Sprintf("it follows the redirect (%d) to another host, and takes the secrets along", status)
		}
		if err == nil {
			return fmt.Sprintf("a redirect (%d) gives a token", status)
		}
		if reason := wants(err, fault.Unreachable, fault.Misconfigured); reason != "" {
			return reason
		}
	}
	return ""
}

// unreachable: a service that nobody answers for is told as that.
func (sc *scene) unreachable(ctx context.Context) string {
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	sc.server.close()
	_, err := sc.provider.Refresh(ctx, sc.settings, token)
	return wants(err, fault.Unreachable)
}

// oddAnswer is a good token in an unusual form.
type oddAnswer struct {
	name, contentType, members string
	lives                      time.Duration // 0: it does not say
}

func oddAnswers() []oddAnswer {
	return []oddAnswer{
		{"lifetime-as-text", asJSON, `"expires_in":"3600"`, time.Hour},
		{"json-as-text", "text/plain; charset=utf-8", `"expires_in":3600`, time.Hour},
		{"no-lifetime", asJSON, `"scope":""`, 0},
		{"lifetime-null", asJSON, `"expires_in":null`, 0},
		{"large-numbers", asJSON, `"id":123456789012345678901234567890,"expires_in":3600`, time.Hour},
		{"no-type", asJSON, `"token_type":null,"expires_in":3600`, time.Hour},
	}
}

// answersOddly checks one odd answer.
func answersOddly(odd oddAnswer) func(*scene, context.Context) string {
	return func(sc *scene, ctx context.Context) string {
		token, reason := sc.obtain(ctx)
		if reason != "" {
			return reason
		}
		body := fmt.Sprintf(`{"access_token":%q,%s}`, sc.suite.secrets.made("an access token"), odd.members)
		sc.server.behave(answers(http.StatusOK, odd.contentType, body, false))
		next, err := sc.provider.Refresh(ctx, sc.settings, token)
		switch {
		case err != nil:
			return fmt.Sprintf("a good token, oddly told, gives %s", brief(err))
		case odd.lives == 0 && !next.ExpiresAt.IsZero():
			return fmt.Sprintf("nothing says when it expires, but the token says %s", next.ExpiresAt)
		case odd.lives > 0 && !near(next.ExpiresAt, time.Now().Add(odd.lives)):
			return fmt.Sprintf("it lives for %s, but the token says %s", odd.lives, next.ExpiresAt)
		case strings.Contains(odd.members, `"id"`) && !strings.Contains(string(next.Response), "123456789012345678901234567890"):
			return "a number loses digits"
		}
		return ""
	}
}

// revokeFails: a service that cannot revoke now is told as that.
func (sc *scene) revokeFails(ctx context.Context) string {
	if sc.settings.Options[revokeURL] == "" && sc.settings.Fields[revokeURL] == "" {
		return string(NotOffered)
	}
	token, reason := sc.obtain(ctx)
	if reason != "" {
		return reason
	}
	sc.server.close()
	return wants(sc.provider.Revoke(ctx, sc.settings, token), fault.Unreachable)
}

// waiting is a token endpoint that does not answer until it is let go.
type waiting struct {
	arrived chan struct{} // gets a token for each request
	dropped chan struct{} // gets a token for each whose caller went away
	free    chan struct{} // closed to let go
	after   http.HandlerFunc
	count   atomic.Int32
}

func newWaiting(after http.HandlerFunc) *waiting {
	return &waiting{arrived: make(chan struct{}, 100), dropped: make(chan struct{}, 100), free: make(chan struct{}), after: after}
}

func (w *waiting) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	w.count.Add(1)
	w.arrived <- struct{}{}
	select {
	case <-w.free:
		w.after(to, r)
	case <-r.Context().Done():
		w.dropped <- struct{}{}
	}
}

// refreshed is what came of a Refresh.
type refreshed struct {
	token connection.Token
	err   error
}
