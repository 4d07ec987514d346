package scope

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// FetchPolicy says what outbound calls may do. Start from DefaultFetchPolicy.
type FetchPolicy struct {
	AllowedHosts    []string       // host names that may resolve to any address, in lower case
	AllowedPrefixes []netip.Prefix // address blocks that may be reached although they are not public
	MaxResponse     int64          // bytes of a response body, decoded
	MaxRedirects    int
	DialTimeout     time.Duration // for connecting, and again for the TLS handshake
	HeaderTimeout   time.Duration // from the request to the response's headers
}

// DefaultFetchPolicy reaches public addresses only.
func DefaultFetchPolicy() FetchPolicy {
	return FetchPolicy{MaxResponse: 32 << 20, MaxRedirects: 20, DialTimeout: 10 * time.Second, HeaderTimeout: 2 * time.Minute}
}

// Allow adds what is always allowed: host names, addresses and blocks of addresses.
func (p *FetchPolicy) Allow(entries ...string) {
	for _, entry := range entries {
		if block, err := netip.ParsePrefix(entry); err == nil {
			p.AllowedPrefixes = append(p.AllowedPrefixes, block.Masked())
			continue
		}
		if address, err := netip.ParseAddr(entry); err == nil {
			p.AllowedPrefixes = append(p.AllowedPrefixes, netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()))
			continue
		}
		p.AllowedHosts = append(p.AllowedHosts, strings.ToLower(entry))
	}
}

// Fetcher makes outbound HTTP exchanges for user code. Each connection is judged by the address it is about to be made
// to, after the name was resolved, redirects included. It uses no proxy and keeps no cookies.
type Fetcher struct {
	policy    FetchPolicy
	addresses *Addresses
	transport *http.Transport
	veils     veils
}

// NewFetcher makes a fetcher. Close it to end its idle connections.
func NewFetcher(policy FetchPolicy) *Fetcher {
	fetcher := &Fetcher{policy: policy, addresses: NewAddresses(policy.AllowedPrefixes)}
	fetcher.transport = &http.Transport{
		DialContext:            fetcher.dial,
		TLSHandshakeTimeout:    policy.DialTimeout,
		ResponseHeaderTimeout:  policy.HeaderTimeout,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           512,
		MaxIdleConnsPerHost:    32,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
	}
	return fetcher
}

// Close ends idle connections.
func (f *Fetcher) Close() { f.transport.CloseIdleConnections() }

// dial connects to what the policy lets through.
func (f *Fetcher) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: f.policy.DialTimeout}
	host, _, err := net.SplitHostPort(address)
	if err != nil || !slices.Contains(f.policy.AllowedHosts, strings.ToLower(host)) {
		dialer.Control = f.control
	}
	return dialer.DialContext(ctx, network, address)
}

// control sees each address just before the connection is made, so that no second look-up can swap it.
func (f *Fetcher) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return refused("the address " + address + " cannot be read")
	}
	return f.addresses.Check(target.Addr())
}

// Fetch makes one exchange. Faults: Refused for an address or URL that is not allowed, Unreachable for a server that does
// not answer, ResultSize for a response over the limit, else the context's cause.
//
// It is made without a credential, whatever connection the request names.
func (f *Fetcher) Fetch(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	outbound, err := outbound(ctx, request)
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	return f.exchange(ctx, outbound, request.Redirect, f.transport)
}

// fetchWith makes one exchange with credentials, which may be sent to where it begins. Beyond Fetch's faults there are those of the
// credentials.
func (f *Fetcher) fetchWith(ctx context.Context, outbound *http.Request, request *hostapi.FetchRequest, loans []*loan) (hostapi.FetchResponse, error) {
	carrier := &carrier{next: f.transport, veils: &f.veils, loans: loans, body: request.Body}
	response, err := f.exchange(ctx, outbound, request.Redirect, carrier)
	for _, loan := range loans {
		err = loan.clean(err)
	}
	carrier.veilResponse(&response)
	return response, err
}

func (f *Fetcher) exchange(
	ctx context.Context, outbound *http.Request, mode hostapi.Redirect, transport http.RoundTripper,
) (hostapi.FetchResponse, error) {
	client := http.Client{Transport: transport, CheckRedirect: f.redirects(mode)}
	answer, err := client.Do(outbound)
	if err != nil {
		return hostapi.FetchResponse{}, failed(ctx, outbound.URL, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := f.read(ctx, answer)
	if err != nil {
		return hostapi.FetchResponse{}, err
	}
	_, reason, _ := strings.Cut(answer.Status, " ")
	final := answer.Request.URL
	return hostapi.FetchResponse{
		Status: answer.StatusCode, StatusText: reason, Headers: inbound(answer.Header), Body: body,
		URL: final.String(), Redirected: answer.Request != outbound,
	}, nil
}

// outbound makes the request, with the headers that code may set.
func outbound(ctx context.Context, request hostapi.FetchRequest) (*http.Request, error) {
	target, err := url.Parse(request.URL)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, fault.New(fault.Host, fault.Refused, "fetch takes an absolute URL of http or https, not %q", request.URL)
	}
	made, err := http.NewRequestWithContext(ctx, cmp.Or(request.Method, http.MethodGet), request.URL, bytes.NewReader(request.Body))
	if err != nil {
		return nil, fault.New(fault.Host, fault.Refused, "fetch: %v", err)
	}
	if len(request.Body) == 0 {
		made.Body, made.GetBody = http.NoBody, nil
	}
	made.Header.Set("User-Agent", "hookstep")
	given := map[string]bool{}
	for _, header := range request.Headers {
		name := strings.ToLower(header.Name)
		if isForbidden(name) {
			continue
		}
		if !given[name] {
			made.Header.Del(name)
		}
		given[name] = true
		made.Header.Add(name, header.Value)
	}
	return made, nil
}

// isForbidden tells the headers that belong to the connection.
func isForbidden(name string) bool {
	switch name {
	case "host", "connection", "keep-alive", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect",
		"accept-encoding", "proxy-authorization", "proxy-connection":
		return true
	}
	return false
}

// inbound gives the headers with names in lower case, in order of name: the arrival's order is not known any more.
func inbound(header http.Header) []hostapi.Header {
	headers := make([]hostapi.Header, 0, len(header))
	for name, values := range header {
		for _, value := range values {
			headers = append(headers, hostapi.Header{Name: strings.ToLower(name), Value: value})
		}
	}
	slices.SortStableFunc(headers, func(a, b hostapi.Header) int { return strings.Compare(a.Name, b.Name) })
	return headers
}

// read takes the body within the limit.
func (f *Fetcher) read(ctx context.Context, answer *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, f.policy.MaxResponse+1))
	if err != nil {
		return nil, failed(ctx, answer.Request.URL, err)
	}
	if int64(len(body)) > f.policy.MaxResponse {
		return nil, fault.New(fault.Limit, fault.ResultSize, "the response of %s has more than %d bytes", answer.Request.URL.Host, f.policy.MaxResponse)
	}
	return body, nil
}

// failed makes the fault of an exchange that did not come to an answer. The words hold no part of the URL but its host.
func failed(ctx context.Context, target *url.URL, err error) error {
	if known, ok := errors.AsType[*fault.Fault](err); ok {
		return known
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return fault.New(fault.Downstream, fault.Unreachable, "no answer of %s: %s", target.Host, reason(err))
}

// reason says why a server did not answer, without the addresses of the machine's own network that the system tells.
func reason(err error) string {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		if lookup.IsNotFound {
			return "there is no host of this name"
		}
		return "the look-up of its name did not succeed"
	}
	if system, ok := errors.AsType[syscall.Errno](err); ok {
		return system.Error()
	}
	if operation, ok := errors.AsType[*net.OpError](err); ok && operation.Err != nil {
		return operation.Err.Error()
	}
	return err.Error()
}
