package scope

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// telling is how long a secret has to be for a text that contains it to be taken for one that tells it: very short ones are in
// every text.
const telling = 6

// loan is a credential that an exchange may show.
type loan struct {
	name       string // of the connection
	credential Credential
}

// goesTo tells whether the credential may be shown to a URL.
func (l *loan) goesTo(target *url.URL) bool { return target.User == nil && l.credential.Allows(target) }

// allowed refuses a call to a URL that the credential may not be shown to, and says what would have to be declared.
func (l *loan) allowed(target *url.URL) error {
	hosts, wanted := l.credential.Hosts(), asHost(target)
	switch {
	case target.User != nil:
		return fault.New(fault.Host, fault.Refused, "the connection %q cannot go with a URL that has a user name of its own", l.name)
	case l.credential.Allows(target):
		return nil
	case len(hosts) == 0:
		return fault.New(fault.Host, fault.Refused, "the connection %q does not say where it may be sent; add hosts: [%q] to it in integration.yaml",
			l.name, wanted)
	}
	return fault.New(fault.Host, fault.Refused, "the connection %q may be sent to %s only; add %q to its hosts in integration.yaml",
		l.name, strings.Join(hosts, ", "), wanted)
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

// isIn tells whether a text holds a secret of the connection, as it is or percent-encoded.
func (l *loan) isIn(text string) bool {
	text += " " + decoded(text)
	return slices.ContainsFunc(l.credential.Secrets(), func(secret Secret) bool {
		return len(secret.Value) >= telling && strings.Contains(text, secret.Value)
	})
}

// decoded undoes percent-encoding where there is one.
func decoded(text string) string {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if one, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				out = append(out, one...)
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	return string(out)
}

// asHost writes where a URL leads as the hosts of a connection are written.
func asHost(target *url.URL) string {
	if target.Scheme == "https" {
		return target.Host
	}
	return target.Scheme + "://" + target.Host
}
