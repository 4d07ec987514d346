// Package connection is the contract of a connection provider: a program that knows how a kind of credential is checked, obtained,
// renewed and shown to the service that it is for.
//
// The same interface stands on both sides of the process boundary. A plugin author implements it and hands it to sdk.Serve; a host
// gets it from launch.Start. A provider keeps nothing: the host stores what it returns, sealed, and hands it in with each call. Its
// methods may be called from several goroutines at once. Every error is best a *fault.Fault whose words hold no secret; another
// error arrives as a fault of source engine, code internal.
package connection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Provider offers types of connections. Calls for what a type does not do (see Type) are never made; a provider answers them with
// a fault of code unsupported.
//
// Where a service has to be asked, the faults tell the host what to do: source downstream with code unreachable (try again later,
// RetryAfter is heeded), reauthorize (the grant is gone: a person has to authorize again), or misconfigured (what was configured is
// wrong; trying again changes nothing).
type Provider interface {
	// Describe lists the types. It needs nothing and answers within a second.
	Describe(ctx context.Context) (Description, error)
	// Schema gives the inputs of a declaration in an integration: the type's, with what its options fill in. It reaches no network.
	// What is wrong with the options comes back as findings.
	Schema(ctx context.Context, declared Declared) (Schema, error)
	// Validate judges filled-in inputs, without network. Required inputs are there already.
	Validate(ctx context.Context, settings Settings) ([]Finding, error)
	// BeginAuthorize gives the URL at which a person authorizes. The host made state, challenge and redirect URL, and keeps them.
	BeginAuthorize(ctx context.Context, begin Begin) (string, error)
	// Exchange makes the first token of what the authorization server sent to the redirect URL. That may be an error: a provider that
	// sees that another server made the redirect (RFC 9207) answers with a fault of code protocol, and the host believes none of it.
	Exchange(ctx context.Context, exchange Exchange) (Token, error)
	// Refresh makes a token of the one before; of a zero one the first, for a type that Obtains. The result is whole: what the
	// service left out of its answer and is still true (refresh token, extras) is taken over.
	Refresh(ctx context.Context, settings Settings, token Token) (Token, error)
	// Revoke tells the service that a token is no longer wanted.
	Revoke(ctx context.Context, settings Settings, token Token) error
	// Apply signs a request to the service.
	Apply(ctx context.Context, settings Settings, token Token, request Request) (Additions, error)
}

// Description is what a provider offers.
type Description struct {
	Types []Type
}

// Type is a kind of connection.
type Type struct {
	Key      string   // what integration files call it, as in "apiKey"
	Label    string   // for people, as in "API Key"
	Comments string   // what it is for, one or two sentences
	Aliases  []string // older keys under which other products' exports know it
	Inputs   []Input
	Options  []Input // what an integration's declaration may set beside the inputs, never secret
	Token    Flow    // how it comes to a token
	Revokes  bool    // Revoke is offered
	Signs    bool    // requests are signed by Apply; else the host shows the credential as Send says
	Send     Send    // where the credential stands in a request, unless the declaration says otherwise
}

// Flow says how a connection comes to its token.
type Flow string

// The flows.
const (
	Static     Flow = ""           // it has none: the inputs are the credential
	Authorizes Flow = "authorizes" // a person authorizes: BeginAuthorize, Exchange, then Refresh
	Obtains    Flow = "obtains"    // Refresh makes the first one too
)

// Input is one field that is filled in.
type Input struct {
	Key         string
	Label       string
	Comments    string
	Kind        Kind
	Required    bool
	Secret      bool // it is sealed, not echoed and never shown again
	Default     string
	Placeholder string
	Choices     []string // what it may be; nil for anything
}

// Kind is the form of an input's value.
type Kind string

// The kinds.
const (
	Text      Kind = ""          // one line
	Multiline Kind = "multiline" // a text of several lines, as a private key
	Pairs     Kind = "pairs"     // a key/value list; its value is the JSON text of an array of {"key", "value"}
)

// Values are inputs or options by key. One that is not filled in is absent.
type Values map[string]string

// Pair is a member of a key/value list.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Pairs reads a key/value list; none is an empty one.
func (v Values) Pairs(key string) ([]Pair, error) {
	text, given := v[key]
	if !given || text == "" {
		return nil, nil
	}
	var pairs []Pair
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, fmt.Errorf("%s is not a key/value list", key)
	}
	return pairs, nil
}

// Declared is a connection as an integration declares it.
type Declared struct {
	Type    string
	Options Values
	Fields  Values // inputs that the integration sets for all, none of them secret
}

// Schema is what a declared connection still wants to know.
type Schema struct {
	Inputs   []Input // in the order in which they are asked for; what the options or the fields fill in is the Default
	Hosts    []string
	Send     Send
	TestURL  string // a GET of it with the credential succeeds; empty if none is known
	Findings []Finding
}

// Finding is what is wrong with an input or option.
type Finding struct {
	Key     string // empty: with them together
	Message string // says what to do; holds no secret
}

// Send says where a credential stands in a request. In the values, {key} is an input, {token.access_token} a member of the token
// and {basic username password} the Base64 form of two inputs that HTTP's Basic scheme has. A value whose parts are not all there is
// not sent.
type Send struct {
	Headers []Pair
	Query   []Pair
}

// Settings are a connection as it is configured.
type Settings struct {
	Type    string
	Options Values
	Fields  Values // inputs, defaults filled in
}

// Begin is what an authorization starts with.
type Begin struct {
	Settings      Settings
	RedirectURL   string
	State         string
	CodeChallenge string // S256
}

// Exchange is the answer that came to the redirect URL. The host has checked the state.
type Exchange struct {
	Settings     Settings
	RedirectURL  string
	CodeVerifier string
	Parameters   []Pair // all of the redirect URL's query, code and iss among them, state left out
}

// Token is a credential that was obtained.
type Token struct {
	Response   []byte // JSON object: the whole token response as code sees it; nil for no token
	Context    []byte // JSON object of extra parameters of the redirect; nil for none
	ExpiresAt  time.Time
	ObtainedAt time.Time
	Renews     bool // Refresh can make another one of it
}

// IsZero tells that there is none.
func (t Token) IsZero() bool { return t.Response == nil }

// Request is what Apply signs: what is about to be sent, as it will be.
type Request struct {
	Method  string
	URL     string
	Headers []hostapi.Header
	Body    []byte
	At      time.Time
}

// Additions are put into a request. A header replaces those of its name.
type Additions struct {
	Headers []hostapi.Header
	Query   []Pair
}
