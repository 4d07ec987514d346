// Package metadata finds the endpoints of an authorization server in what the server publishes of itself.
//
// It reads RFC 8414 and OpenID Connect Discovery documents. What it has read it knows for a short time; nothing else depends on that.
package metadata

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/endpoint"
	"github.com/hookstep-dev/hookstep/plugins/oauth2/internal/veil"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

const (
	name     = "the authorization server's metadata"
	lifetime = 5 * time.Minute
	kept     = 256 // documents
)

// Document is what a server tells of itself.
type Document struct {
	Issuer       string
	AuthorizeURL string
	TokenURL     string
	RevokeURL    string
	AuthMethods  []string // of the token endpoint; nil for client_secret_basic
	SendsIssuer  bool     // every redirect has iss
}

// Reader reads documents. It may be used by several goroutines.
type Reader struct {
	client *endpoint.Client
	now    func() time.Time
	lock   sync.Mutex
	known  map[string]entry
}

type entry struct {
	document Document
	until    time.Time
}

// NewReader makes a reader that asks with the client.
func NewReader(client *endpoint.Client, now func() time.Time) *Reader {
	return &Reader{client: client, now: now, known: map[string]entry{}}
}

// CheckIssuer says what is wrong with an issuer.
func CheckIssuer(issuer string) error {
	if err := endpoint.CheckURL(issuer); err != nil {
		return err
	}
	if strings.Contains(issuer, "?") {
		return fault.New(fault.Downstream, fault.Misconfigured, "has a query: an issuer has none")
	}
	return nil
}

// Read gives the document of an issuer. Faults are misconfigured for an issuer that has none or one of another issuer, and
// unreachable for one that cannot be asked.
func (r *Reader) Read(ctx context.Context, issuer string) (Document, error) {
	if found, ok := r.recall(issuer); ok {
		return found, nil
	}
	if err := CheckIssuer(issuer); err != nil {
		return Document{}, misconfigured("the issuer %s", err)
	}
	found, err := r.find(ctx, issuer)
	if err == nil {
		r.remember(issuer, found)
	}
	return found, err
}

func (r *Reader) recall(issuer string) (Document, bool) {
	r.lock.Lock()
	defer r.lock.Unlock()
	found, ok := r.known[issuer]
	return found.document, ok && r.now().Before(found.until)
}

func (r *Reader) remember(issuer string, found Document) {
	r.lock.Lock()
	defer r.lock.Unlock()
	if len(r.known) >= kept {
		clear(r.known)
	}
	r.known[issuer] = entry{found, r.now().Add(lifetime)}
}

// find asks at each place where the document may be. A document of another issuer counts as none, but is what the error tells of.
func (r *Reader) find(ctx context.Context, issuer string) (Document, error) {
	var mismatch error
	places := Places(issuer)
	for _, place := range places {
		answer, err := r.client.Get(ctx, name, place)
		if err != nil {
			return Document{}, err
		}
		if answer.Status != http.StatusOK || answer.Object == nil {
			continue
		}
		found, err := read(issuer, answer.Object)
		if err == nil {
			return found, nil
		}
		if mismatch == nil {
			mismatch = err
		}
	}
	if mismatch != nil {
		return Document{}, mismatch
	}
	return Document{}, misconfigured("%s publishes no metadata: there is none at %s", issuer, strings.Join(places, ", "))
}

// Places are the URLs of an issuer's document in the order in which they are asked: OpenID's, RFC 8414's, and OpenID's as RFC 8414
// section 5 has it for an issuer with a path.
func Places(issuer string) []string {
	address, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	origin, path := address.Scheme+"://"+address.Host, strings.TrimSuffix(address.EscapedPath(), "/")
	return slices.Compact([]string{
		origin + path + "/.well-known/openid-configuration",
		origin + "/.well-known/oauth-authorization-server" + path,
		origin + "/.well-known/openid-configuration" + path,
	})
}

func read(issuer string, object map[string]json.RawMessage) (Document, error) {
	found := Document{
		Issuer: endpoint.Text(object, "issuer"), AuthorizeURL: endpoint.Text(object, "authorization_endpoint"),
		TokenURL: endpoint.Text(object, "token_endpoint"), RevokeURL: endpoint.Text(object, "revocation_endpoint"),
		SendsIssuer: string(object["authorization_response_iss_parameter_supported"]) == "true",
	}
	if json.Unmarshal(object["token_endpoint_auth_methods_supported"], &found.AuthMethods) != nil {
		found.AuthMethods = nil
	}
	if found.Issuer != issuer {
		return Document{}, misconfigured("the metadata of %s are those of the issuer %q: write the issuer exactly so if it is the one that is meant",
			issuer, veil.New().Words(found.Issuer, 200))
	}
	for member, address := range map[string]string{
		"authorization_endpoint": found.AuthorizeURL, "token_endpoint": found.TokenURL, "revocation_endpoint": found.RevokeURL,
	} {
		if err := CheckEndpoint(issuer, address); err != nil {
			return Document{}, misconfigured("the metadata of %s: %s %s", issuer, member, err)
		}
	}
	return found, nil
}

// CheckEndpoint says what is wrong with an endpoint in an issuer's document. One on this machine is taken from an issuer on it alone: a
// server elsewhere must not have the host ask its own neighbours.
func CheckEndpoint(issuer, address string) error {
	if address == "" {
		return nil
	}
	if err := endpoint.CheckURL(address); err != nil {
		return err
	}
	if isLocal(address) && !isLocal(issuer) {
		return fault.New(fault.Downstream, fault.Misconfigured, "is on this machine, where the issuer is not")
	}
	return nil
}

func isLocal(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && endpoint.IsLoopback(parsed.Hostname())
}

func misconfigured(format string, args ...any) error {
	return fault.New(fault.Downstream, fault.Misconfigured, format, args...)
}
