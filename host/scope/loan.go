package scope

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/hookstep-dev/hookstep/host/handle"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// loan is a credential that an exchange may show.
type loan struct {
	name       string // of the connection
	credential Credential
	shows      bool // the call names the connection: the credential is added to its requests
	renews     bool // what a service does not accept may be a token

	handle  func(field string) string // nil where code sees secrets
	handles handle.Set                // of the credential's secrets
	echoes  []redact.Secret           // every value that was lent, by its handle
}

// lend has the loan show a credential from now on.
func (l *loan) lend(credential Credential) {
	l.credential = credential
	if l.handle == nil {
		return
	}
	l.handles = handle.Set{}
	for _, secret := range credential.Secrets() {
		stands := l.handle(l.field(secret))
		l.handles[stands] = secret.Value
		l.echoes = append(l.echoes, redact.Secret{Name: stands, Value: secret.Value})
	}
}

func (l *loan) field(secret Secret) string { return strings.TrimPrefix(secret.Name, l.name+".") }

// goesTo tells whether the credential may be shown to a URL.
func (l *loan) goesTo(target *url.URL) bool { return target.User == nil && l.credential.Allows(target) }

// allowed refuses a call to a URL that the credential may not be shown to, and says what would have to be declared.
func (l *loan) allowed(target *url.URL) error {
	what := fmt.Sprintf("the connection %q", l.name)
	if !l.shows {
		what = fmt.Sprintf("the call holds a secret of the connection %q, which", l.name)
	}
	hosts, wanted := l.credential.Hosts(), asHost(target)
	switch {
	case target.User != nil:
		return fault.New(fault.Host, fault.Refused, "%s cannot go with a URL that has a user name of its own", what)
	case l.credential.Allows(target):
		return nil
	case len(hosts) == 0:
		return fault.New(fault.Host, fault.Refused, "%s does not say where it may be sent; add hosts: [%q] to it in integration.yaml", what, wanted)
	case !isASCII(target.Host):
		return fault.New(fault.Host, fault.Refused, "%s is sent to hosts in the letters a to z only: write %q in the form that begins with xn--", what, target.Host)
	}
	return fault.New(fault.Host, fault.Refused, "%s may be sent to %s only; add %q to its hosts in integration.yaml", what, strings.Join(hosts, ", "), wanted)
}

// betrayed refuses to go on to a URL that holds the credential and is not for it.
func (l *loan) betrayed(target *url.URL) error {
	if !l.isIn(target.String()) {
		return nil
	}
	return fault.New(fault.Host, fault.Refused, "a redirect would send the credential of the connection %q to %s, which is not among its hosts",
		l.name, target.Host)
}

// clean gives an error whose words hold no secret: those of a broken redirect, say, hold its URL.
func (l *loan) clean(err error) error {
	if err == nil || !l.isIn(err.Error()) {
		return err
	}
	known := fault.As(err, fault.Host)
	return fault.New(known.Source, known.Code, "a call with the connection %q did not succeed; why is not told, because it would tell the credential", l.name)
}

// isIn tells whether a text holds a secret of the connection in any form.
func (l *loan) isIn(text string) bool {
	var secrets []redact.Secret
	for _, secret := range l.credential.Secrets() {
		secrets = append(secrets, redact.Secret(secret))
	}
	return redact.NewSet(secrets).Text(text) != text
}

// asHost writes where a URL leads as the hosts of a connection are written.
func asHost(target *url.URL) string {
	if target.Scheme == "https" {
		return target.Host
	}
	return target.Scheme + "://" + target.Host
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(char rune) bool { return char > unicode.MaxASCII }) < 0
}
