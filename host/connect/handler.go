package connect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// Handler serves the links of Authorize, and the URL at which browsers come back, below Prefix. It may stand on a listener that
// strangers reach: without a link that is good, or the cookie and state of one that was opened, it does nothing.
func (r *Room) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+startPath+"{link}", only(r.start))
	mux.HandleFunc("GET "+CallbackPath, only(r.callback))
	mux.HandleFunc(Prefix, func(writer http.ResponseWriter, request *http.Request) {
		status := http.StatusNotFound
		if request.URL.Path == CallbackPath || strings.HasPrefix(request.URL.Path, startPath) {
			status = http.StatusMethodNotAllowed
			writer.Header().Set("Allow", "GET")
		}
		r.page.write(writer, status, "There is nothing here", "This address is for coming back from a service that you have authorized.")
	})
	return mux
}

// only keeps a handler from HEAD, which the mux takes for GET: who asks for a head wants nothing done.
func only(handle http.HandlerFunc) http.HandlerFunc {
	return func(writer http.ResponseWriter, request *http.Request) {
		protect(writer.Header())
		if request.Method == http.MethodHead {
			writer.WriteHeader(http.StatusOK)
			return
		}
		handle(writer, request)
	}
}

// start sends the browser that opened a link to the service.
func (r *Room) start(writer http.ResponseWriter, request *http.Request) {
	where, state, cookie, err := r.begin(request.Context(), request.PathValue("link"))
	if err != nil {
		r.refuse(writer, request, err, "This link is not good any more",
			"It was used already, or it was made too long ago. Ask who gave it to you for another one.")
		return
	}
	http.SetCookie(writer, r.cookie(state, cookie, stateTime))
	writer.Header().Set("Location", where)
	writer.WriteHeader(http.StatusFound)
}

// cookie binds a state to a browser. It comes back from the service's site, as the browser is sent here from there: hence Lax.
func (r *Room) cookie(state, value string, life time.Duration) *http.Cookie {
	callback, err := url.Parse(r.options.Callback)
	if err != nil {
		callback = &url.URL{Path: CallbackPath}
	}
	made := &http.Cookie{ //nolint:gosec // without TLS a secure cookie would not come back
		Name: cookieName(state), Value: value, Path: path.Dir(callback.Path) + "/", MaxAge: int(life.Seconds()),
		HttpOnly: true, Secure: callback.Scheme == "https", SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		made.MaxAge = -1
	}
	return made
}

// cookieName is different for each state, so that two authorizations in one browser don't meet.
func cookieName(state string) string { return "hookstep-authorize-" + stateID(state)[:16] }

// refuse shows why a request came to nothing. Words of its own has what is not there any more.
func (r *Room) refuse(writer http.ResponseWriter, request *http.Request, err error, title, words string) {
	status := http.StatusGone
	if !errors.Is(err, store.ErrNotFound) {
		title = titleFailed
		status, words = r.explain(request.Context(), err)
	}
	r.page.write(writer, status, title, words)
}

const titleFailed = "The connection could not be authorized"

// explain says in words what went wrong. What is ours goes to the log alone.
func (r *Room) explain(ctx context.Context, err error) (status int, words string) {
	found := fault.As(err, fault.Host)
	if _, invalid := errors.AsType[*Invalid](err); invalid || errors.Is(err, store.ErrConflict) {
		return http.StatusConflict, sentence(err.Error())
	}
	switch {
	case found.Code == fault.Unavailable:
		return http.StatusServiceUnavailable, "Hookstep cannot do this at the moment. Try again in a minute."
	case found.Code == fault.Internal || found.Source == fault.Engine:
		r.options.Log.LogAttrs(ctx, slog.LevelError, "an authorization came to nothing", slog.Any("error", err))
		return http.StatusInternalServerError, "Something went wrong in Hookstep; its log tells what."
	}
	return http.StatusBadGateway, sentence(found.Message)
}

func sentence(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + strings.TrimSuffix(words[1:], ".") + "."
}
