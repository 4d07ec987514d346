package main_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/authserver"
)

// tokenLife is short, and long enough for the second by which a server that counts in whole ones makes it shorter.
const tokenLife = 20 * time.Second

// TestConnections goes with connections through their life, at authorization servers of two makers: from the first input to the
// revocation, with commands of an operator, a browser, code, and a service that asks the authorization server about each token.
func TestConnections(t *testing.T) {
	t.Parallel()
	for _, kind := range []authserver.Kind{authserver.Certified, authserver.Plain} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, authserver.Options{Kind: kind, AccessTokenLife: tokenLife})
			o.serve("office")
			o.set("Robot", o.robot)
			o.works("as-robot")
			o.set("Person", o.person)
			o.shows("Person office/office authorizationCode pending", "connections", "list")
			if kind == authserver.Certified {
				o.mistrustsAnswers()
			}
			o.authorizes()
			o.renewsInTime()
			o.renewsWhatIsRefused()
			o.shows("the service answered 200", "connections", "test", "Person")
			o.revokes()
			o.waitsForThePerson()
			o.works("by-fetch")
			o.works("as-robot")
		})
	}
}

// authorizes has a person authorize, and others fail to.
func (o *office) authorizes() {
	o.t.Helper()
	link, browser := o.link(), authserver.NewBrowser("ada")
	back := o.walk(browser, link)
	o.open(authserver.NewBrowser("eve"), back.String(), http.StatusForbidden, "This browser did not begin the authorization")
	o.open(browser, back.String(), http.StatusOK, "Person is connected")
	o.open(browser, back.String(), http.StatusForbidden, "reloading this page does nothing")
	o.open(authserver.NewBrowser("eve"), link, http.StatusGone, "This link is not good any more")
	o.shows("Person office/office authorizationCode active", "connections", "list")
	if codes := o.server.Counts().Tokens["authorization_code"]; codes != 1 {
		o.t.Errorf("%d codes were redeemed, want one", codes)
	}
	o.works("by-fetch")
	o.works("by-token")
}

// mistrustsAnswers holds that an error counts only if the authorization server sent it, and that the link stays good.
func (o *office) mistrustsAnswers() {
	o.t.Helper()
	link, browser := o.link(), authserver.NewBrowser("ada")
	for _, answer := range []struct {
		iss   []string
		page  int
		words string
		event string
	}{
		{[]string{"https://evil.example"}, http.StatusBadGateway, "https://evil.example", "authorization failed"},
		{nil, http.StatusBadGateway, "redirect has no iss", "authorization failed"},
		{[]string{o.server.Issuer}, http.StatusBadRequest, "somebody said no", "authorization refused"},
	} {
		back := o.walk(browser, link)
		back.RawQuery = url.Values{"error": {"access_denied"}, "iss": answer.iss, "state": back.Query()["state"]}.Encode()
		o.open(browser, back.String(), answer.page, answer.words)
		events := o.cli("connections", "show", "Person")
		_, newest, _ := strings.Cut(events, "EVENT")
		if line := strings.Split(newest, "\n")[1]; !strings.Contains(line, answer.event) {
			o.t.Errorf("after an error of %q the newest event is %q, want %q", answer.iss, line, answer.event)
		}
	}
	o.shows("Person office/office authorizationCode pending", "connections", "list")
}

// renewsInTime holds that tokens with a short life never run out, with a refresh token that is good once: the host renews one by itself,
// and code has the new one soon after.
func (o *office) renewsInTime() {
	o.t.Helper()
	first := o.works("by-fetch")
	o.renewed()
	for _, flow := range []string{"by-token", "by-fetch"} {
		if err := poll(func() error {
			if o.works(flow) == first {
				return fmt.Errorf("a token was renewed, and %s has the old one", flow)
			}
			return nil
		}); err != nil {
			o.t.Fatal(err)
		}
	}
	if refused := o.service.refusals(); refused != 0 {
		o.t.Errorf("the service refused %d requests with tokens that the host knew to end", refused)
	}
}

// renewsWhatIsRefused holds that code does not notice when the service refuses a token: the host gets another one, and asks again.
func (o *office) renewsWhatIsRefused() {
	o.t.Helper()
	before := o.service.refusals()
	if err := poll(func() error {
		token := o.works("by-fetch")
		o.service.ban(token)
		if o.works("by-fetch") == token {
			o.t.Fatal("the service took a token that it refuses")
		}
		if o.service.refusals() == before {
			return errors.New("the host had renewed the token by itself")
		}
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
	if refused := o.service.refusals() - before; refused != 1 {
		o.t.Errorf("the service refused %d requests, want one", refused)
	}
}

// revokes holds that nothing is left of a token, and that everybody is told so.
func (o *office) revokes() {
	o.t.Helper()
	before := o.server.Counts().Revocations
	token := o.works("by-fetch")
	o.shows("is revoked", "connections", "revoke", "Person", "--yes")
	if good, err := o.server.Introspect(o.t.Context(), o.person, token); err != nil || good {
		o.t.Errorf("after its revocation the token is good: %t, %v", good, err)
	}
	if o.server.Counts().Revocations == before {
		o.t.Error("the authorization server was not told of the revocation")
	}
	o.shows("pending", "connections", "list")
	o.shows("it was disconnected: authorize it again to use it", "connections", "show", "Person")
	if status, answer := o.post("office/by-fetch", "{}"); status != http.StatusInternalServerError || !strings.Contains(answer, "it was disconnected") {
		o.t.Errorf("without a token the flow answers %d %s", status, answer)
	}
	o.works("as-robot")
}

// waitsForThePerson holds that `connections authorize` ends when somebody has authorized.
func (o *office) waitsForThePerson() {
	o.t.Helper()
	waiting := &server{command: o.command("connections", "authorize", "Person"), ended: make(chan struct{})}
	waiting.command.Stdout, waiting.command.Stderr = &waiting.out, &waiting.err
	if err := waiting.command.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() {
		waiting.failure = waiting.command.Wait()
		close(waiting.ended)
	}()
	o.t.Cleanup(func() {
		_ = waiting.command.Process.Kill()
		<-waiting.ended
	})
	found, err := waiting.await(&waiting.out, regexp.MustCompile(`(?m)^(\S+/oauth2/start/\S+)\n`))
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := waiting.await(&waiting.err, regexp.MustCompile(`waiting`)); err != nil {
		o.t.Fatal(err)
	}
	browser := authserver.NewBrowser("ada")
	o.open(browser, o.walk(browser, found[1]).String(), http.StatusOK, "Person is connected")
	select {
	case <-waiting.ended:
	case <-time.After(patience):
		o.t.Fatal("connections authorize still waits")
	}
	if told := waiting.err.String(); waiting.failure != nil || !strings.Contains(told, "Person of office is active") && !strings.Contains(told, "is active") {
		o.t.Errorf("connections authorize ended with %v: %s", waiting.failure, told)
	}
}

// TestAuthorizationOutlivesItsHost kills the host while a person is at the authorization server. Another one takes the answer.
func TestAuthorizationOutlivesItsHost(t *testing.T) {
	t.Parallel()
	t.Run("next start", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, authserver.Options{})
		outlive(o, func() { o.serve("office") }, func() { o.serve("office") })
	})
	t.Run("other host", func(t *testing.T) {
		t.Parallel()
		database := scratch.ForTest(t)
		o := newOffice(t, authserver.Options{})
		home := o.folder
		var first, second *hostUnderTest
		outlive(o, func() {
			o.serve("--database", database.URL(), "office")
			first = o.host
			o.save("other/hookstep.yaml", fmt.Sprintf("fetch: {allow: [127.0.0.1]}\noauth2: {callback: %q}\nseal: {keyFile: %q}\n",
				o.door.URL, filepath.Join(home, ".hookstep", "seal.key")))
			o.folder = filepath.Join(home, "other")
			o.serve("--database", database.URL(), filepath.Join(home, "office"))
			second = o.host
			o.folder, o.host = home, first
			o.door.leadTo(t, first)
		}, func() {
			o.folder, o.host = filepath.Join(home, "other"), second
			o.door.leadTo(t, second)
		})
	})
}

// outlive authorizes, with one host to begin and another one to end with.
func outlive(o *office, begin, end func()) {
	o.t.Helper()
	begin()
	o.set("Person", o.person)
	browser := authserver.NewBrowser("ada")
	back := o.walk(browser, o.link())
	o.kill()
	end()
	o.open(browser, back.String(), http.StatusOK, "Person is connected")
	o.works("by-fetch")
	o.shows("Person office/office authorizationCode active", "connections", "list")
}
