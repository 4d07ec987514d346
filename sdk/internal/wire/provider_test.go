package wire_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/connectionv1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/host2plugin"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// provider is a connection provider of functions; one that is nil must not be called.
type provider struct {
	describe func(context.Context) (connection.Description, error)
	schema   func(context.Context, connection.Declared) (connection.Schema, error)
	validate func(context.Context, connection.Settings) ([]connection.Finding, error)
	begin    func(context.Context, connection.Begin) (string, error)
	exchange func(context.Context, connection.Exchange) (connection.Token, error)
	refresh  func(context.Context, connection.Settings, connection.Token) (connection.Token, error)
	revoke   func(context.Context, connection.Settings, connection.Token) error
	apply    func(context.Context, connection.Settings, connection.Token, connection.Request) (connection.Additions, error)
}

func (p provider) Describe(ctx context.Context) (connection.Description, error) {
	return p.describe(ctx)
}

func (p provider) Schema(ctx context.Context, declared connection.Declared) (connection.Schema, error) {
	return p.schema(ctx, declared)
}

func (p provider) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	return p.validate(ctx, settings)
}

func (p provider) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	return p.begin(ctx, begin)
}

func (p provider) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	return p.exchange(ctx, exchange)
}

func (p provider) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	return p.refresh(ctx, settings, token)
}

func (p provider) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	return p.revoke(ctx, settings, token)
}

func (p provider) Apply(
	ctx context.Context, settings connection.Settings, token connection.Token, request connection.Request,
) (connection.Additions, error) {
	return p.apply(ctx, settings, token, request)
}

// across is what a host has of a provider in another process.
type across struct {
	connection.Provider

	process *process
	runs    *plugin2host.Runs
	log     *log
}

// log takes what a plugin writes to standard error.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(data []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(data)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func connectProvider(tb testing.TB, served connection.Provider) across {
	tb.Helper()
	runs, written := plugin2host.NewRuns(), &log{}
	conn, stop := dial(tb, func(server *grpc.Server) { plugin2host.NewProvider(served, runs, written).Register(server) })
	behind := &process{stop: stop, gone: make(chan struct{})}
	return across{Provider: host2plugin.NewProvider(conn, behind), process: behind, runs: runs, log: written}
}

func settings() connection.Settings {
	return connection.Settings{
		Type:    "oauth",
		Options: connection.Values{"preset": "shop", "empty": ""},
		Fields:  connection.Values{"clientId": "Zoë 🔑", "clientSecret": "s3cr3t\nline"},
	}
}

func token() connection.Token {
	return connection.Token{
		Response:   []byte(`{"access_token":"a","big":9007199254740993}`),
		Context:    []byte(`{"realmId":"7"}`),
		ExpiresAt:  time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC),
		ObtainedAt: time.Date(2026, 3, 4, 4, 6, 7, 0, time.UTC),
		Renews:     true,
	}
}

// Everything that a provider is asked and answers arrives as it was said.
func TestProviderRoundTrip(t *testing.T) {
	t.Parallel()
	inputs := []connection.Input{
		{Key: "a", Label: "A", Comments: "first", Required: true, Secret: true},
		{Key: "b", Label: "B", Kind: connection.Multiline, Default: "d", Placeholder: "p", Choices: []string{"x", "y"}},
		{Key: "c", Label: "C", Kind: connection.Pairs},
	}
	send := connection.Send{
		Headers: []connection.Pair{{Key: "Authorization", Value: "Bearer {token.access_token}"}},
		Query:   []connection.Pair{{Key: "key", Value: "{a}"}},
	}
	description := connection.Description{Types: []connection.Type{
		{Key: "one", Label: "One", Comments: "the first", Aliases: []string{"uno"}, Inputs: inputs, Options: inputs[1:], Token: connection.Authorizes, Revokes: true, Send: send},
		{Key: "two", Label: "Two", Token: connection.Obtains},
		{Key: "three", Label: "Three", Signs: true},
	}}
	declared := connection.Declared{Type: "one", Options: connection.Values{"preset": "x"}, Fields: connection.Values{"b": "y"}}
	schema := connection.Schema{
		Inputs: inputs, Hosts: []string{"api.example.com", "*.example.com"}, Send: send, TestURL: "https://api.example.com/me",
		Findings: []connection.Finding{{Key: "preset", Message: "there is no preset x"}},
	}
	findings := []connection.Finding{{Key: "clientId", Message: "is too short"}, {Message: "do not fit together"}}
	begin := connection.Begin{Settings: settings(), RedirectURL: "https://h/cb", State: "s", CodeChallenge: "c"}
	exchange := connection.Exchange{
		Settings: settings(), RedirectURL: "https://h/cb", CodeVerifier: "v",
		Parameters: []connection.Pair{{Key: "code", Value: "1"}, {Key: "x", Value: "a"}, {Key: "x", Value: "b"}},
	}
	request := connection.Request{
		Method: "POST", URL: "https://api.example.com/x?y=%20", Headers: []hostapi.Header{{Name: "X", Value: "1"}, {Name: "x", Value: "2"}},
		Body: []byte("\x00\xffbody"), At: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
	additions := connection.Additions{
		Headers: []hostapi.Header{{Name: "Authorization", Value: "sig"}}, Query: []connection.Pair{{Key: "sig", Value: "1"}},
	}

	var asked []any
	heard := func(values ...any) { asked = append(asked, values...) }
	p := connectProvider(t, provider{
		describe: func(context.Context) (connection.Description, error) { return description, nil },
		schema: func(_ context.Context, d connection.Declared) (connection.Schema, error) {
			heard(d)
			return schema, nil
		},
		validate: func(_ context.Context, s connection.Settings) ([]connection.Finding, error) {
			heard(s)
			return findings, nil
		},
		begin: func(_ context.Context, b connection.Begin) (string, error) {
			heard(b)
			return "https://as/authorize?a=b", nil
		},
		exchange: func(_ context.Context, e connection.Exchange) (connection.Token, error) {
			heard(e)
			return token(), nil
		},
		refresh: func(_ context.Context, s connection.Settings, from connection.Token) (connection.Token, error) {
			heard(s, from)
			return token(), nil
		},
		revoke: func(_ context.Context, s connection.Settings, from connection.Token) error {
			heard(s, from)
			return nil
		},
		apply: func(_ context.Context, s connection.Settings, from connection.Token, r connection.Request) (connection.Additions, error) {
			heard(s, from, r)
			return additions, nil
		},
	})
	answered := func(value any, err error) any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	ctx := t.Context()
	got := []any{}
	d, err := p.Describe(ctx)
	got = append(got, answered(d, err))
	sc, err := p.Schema(ctx, declared)
	got = append(got, answered(sc, err))
	f, err := p.Validate(ctx, settings())
	got = append(got, answered(f, err))
	u, err := p.BeginAuthorize(ctx, begin)
	got = append(got, answered(u, err))
	to, err := p.Exchange(ctx, exchange)
	got = append(got, answered(to, err))
	to, err = p.Refresh(ctx, settings(), connection.Token{})
	got = append(got, answered(to, err))
	to, err = p.Refresh(ctx, settings(), token())
	got = append(got, answered(to, err))
	answered(nil, p.Revoke(ctx, settings(), token()))
	ad, err := p.Apply(ctx, settings(), token(), request)
	got = append(got, answered(ad, err))

	want := []any{description, schema, findings, "https://as/authorize?a=b", token(), token(), token(), additions}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	wantAsked := []any{
		declared, settings(), begin, exchange, settings(),
		connection.Token{},
		settings(), token(), settings(), token(),
		settings(), token(), request,
	}
	if diff := cmp.Diff(wantAsked, asked); diff != "" {
		t.Errorf("questions (-want +got):\n%s", diff)
	}
}

func refreshing(work func(context.Context, connection.Settings, connection.Token) (connection.Token, error)) provider {
	return provider{refresh: work}
}

func TestProviderFaults(t *testing.T) {
	t.Parallel()
	later := fault.New(fault.Downstream, fault.Unreachable, "try later")
	later.RetryAfter = 7 * time.Second
	for name, test := range map[string]struct {
		err  error
		want *fault.Fault
	}{
		"a fault":       {later, later},
		"another error": {errors.New("boom"), fault.New(fault.Engine, fault.Internal, "boom")},
		"wrapped":       {errors.Join(fault.New(fault.Downstream, fault.Reauthorize, "gone")), fault.New(fault.Downstream, fault.Reauthorize, "gone")},
		"unsupported":   {fault.New(fault.Engine, fault.Unsupported, "no"), fault.New(fault.Engine, fault.Unsupported, "no")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := connectProvider(t, refreshing(func(context.Context, connection.Settings, connection.Token) (connection.Token, error) {
				return connection.Token{}, test.err
			}))
			_, err := p.Refresh(t.Context(), settings(), token())
			if diff := cmp.Diff(test.want, fault.As(err, fault.Host)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// What a panic says reaches neither the fault nor the log, and the process leaves service when the rest has ended.
func TestProviderPanics(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		panics func(connection.Settings)
		says   string
	}{
		"with a secret": {func(s connection.Settings) { panic("no good: " + s.Fields["clientSecret"]) }, "a value of type string"},
		"an error":      {func(s connection.Settings) { panic(errors.New(s.Fields["clientSecret"])) }, "a value of type *errors.errorString"},
		"the runtime's": {func(s connection.Settings) { _ = []byte(s.Type)[len(s.Fields)+9] }, "index out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := connectProvider(t, refreshing(func(_ context.Context, s connection.Settings, _ connection.Token) (connection.Token, error) {
				test.panics(s)
				return token(), nil
			}))
			_, err := p.Refresh(t.Context(), settings(), token())
			found := fault.As(err, fault.Host)
			if found.Source != fault.Engine || found.Code != fault.Internal || !strings.Contains(found.Message, test.says) {
				t.Errorf("got %+v", found)
			}
			<-p.runs.Drained()
			if told := found.Message + p.log.String(); strings.Contains(told, "s3cr3t") || !strings.Contains(p.log.String(), "panic in Refresh") {
				t.Errorf("told: %s", told)
			}
			if _, err := p.Refresh(t.Context(), settings(), token()); !fault.Is(err, fault.Unavailable) {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// A call ends when its context does, with the context's cause, whatever the provider does.
func TestProviderCallsEnd(t *testing.T) {
	t.Parallel()
	begun, heard, free := make(chan struct{}, 2), make(chan error, 2), make(chan struct{})
	p := connectProvider(t, refreshing(func(ctx context.Context, _ connection.Settings, _ connection.Token) (connection.Token, error) {
		begun <- struct{}{}
		<-ctx.Done()
		heard <- ctx.Err()
		<-free
		return connection.Token{}, ctx.Err()
	}))
	defer close(free)

	reason := errors.New("nobody wants it")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-begun
		cancel(reason)
	}()
	if _, err := p.Refresh(ctx, settings(), token()); !errors.Is(err, reason) {
		t.Errorf("cancelled: %v", err)
	}
	<-heard

	late := fault.New(fault.Limit, fault.Deadline, "too late")
	ctx, stop := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, late)
	defer stop()
	if _, err := p.Refresh(ctx, settings(), token()); !errors.Is(err, late) {
		t.Errorf("too late: %v", err)
	}
	<-heard
}

// A call whose context has no deadline is given one.
func TestProviderCallsAreBounded(t *testing.T) {
	t.Parallel()
	left := make(chan time.Duration, 1)
	p := connectProvider(t, provider{describe: func(ctx context.Context) (connection.Description, error) {
		deadline, _ := ctx.Deadline()
		left <- time.Until(deadline)
		return connection.Description{}, nil
	}})
	if _, err := p.Describe(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got := <-left; got < 10*time.Second || got > 30*time.Second {
		t.Errorf("got %s", got)
	}
}

// What runs when memory runs out ends with the fault, and what runs at the end of the process is waited for.
func TestProviderCallsAreRuns(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{}, 1)
	p := connectProvider(t, refreshing(func(ctx context.Context, _ connection.Settings, _ connection.Token) (connection.Token, error) {
		begun <- struct{}{}
		<-ctx.Done()
		return connection.Token{}, ctx.Err()
	}))
	ended := make(chan error, 1)
	go func() {
		_, err := p.Refresh(t.Context(), settings(), token())
		ended <- err
	}()
	<-begun
	p.runs.Drain(fault.New(fault.Engine, fault.Unavailable, "stopping"))
	select {
	case <-p.runs.Drained():
		t.Error("nobody waited for the call")
	default:
	}
	if count := p.runs.End(fault.New(fault.Limit, fault.Memory, "too much")); count != 1 {
		t.Errorf("%d calls", count)
	}
	if err := <-ended; !fault.Is(err, fault.Memory) {
		t.Errorf("got %v", err)
	}
	<-p.runs.Drained()
}

// A call that is under way when the process dies gets WorkerLost.
func TestProviderIsLost(t *testing.T) {
	t.Parallel()
	begun, free := make(chan struct{}, 1), make(chan struct{})
	p := connectProvider(t, refreshing(func(context.Context, connection.Settings, connection.Token) (connection.Token, error) {
		begun <- struct{}{}
		<-free
		return token(), nil
	}))
	go func() {
		<-begun
		p.process.Kill(fault.New(fault.Host, fault.Canceled, "the test kills it"))
		close(free)
	}()
	if _, err := p.Refresh(t.Context(), settings(), token()); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Refresh(t.Context(), settings(), token()); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("afterwards: %v", err)
	}
}

// Bodies of any size up to the limit arrive whole, and no more of them at once than there is room for.
func TestProviderBodies(t *testing.T) {
	t.Parallel()
	p := connectProvider(t, provider{apply: func(
		_ context.Context, _ connection.Settings, _ connection.Token, request connection.Request,
	) (connection.Additions, error) {
		return connection.Additions{Query: []connection.Pair{{Key: "sum", Value: sum(request.Body)}}}, nil
	}})
	var calls sync.WaitGroup
	sizes := []int{0, 1, 256 << 10, 256<<10 + 1, 3 << 20}
	if !testing.Short() {
		sizes = append(sizes, 32<<20, 32<<20, 32<<20, 32<<20)
	}
	for _, size := range sizes {
		calls.Go(func() {
			body := bytes.Repeat([]byte{byte(size), 1, 2}, size/3+1)[:size]
			got, err := p.Apply(t.Context(), settings(), token(), connection.Request{Body: body})
			if err != nil || got.Query[0].Value != sum(body) {
				t.Errorf("%d bytes: %v, %v", size, got, err)
			}
		})
	}
	calls.Wait()
	if _, err := p.Apply(t.Context(), settings(), token(), connection.Request{Body: make([]byte, 32<<20+1)}); !fault.Is(err, fault.ResultSize) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// Messages beyond their limit are refused by whoever would send them, and named after whoever did.
func TestProviderMessagesAreLimited(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 5<<20)
	p := connectProvider(t, refreshing(func(context.Context, connection.Settings, connection.Token) (connection.Token, error) {
		return connection.Token{Response: []byte(`{"a":"` + large + `"}`)}, nil
	}))
	asked := settings()
	asked.Fields["clientSecret"] = large
	if _, err := p.Refresh(t.Context(), asked, token()); !fault.Is(err, fault.ResultSize) {
		t.Errorf("a large question: %v", err)
	}
	if _, err := p.Apply(t.Context(), asked, token(), connection.Request{}); !fault.Is(err, fault.ResultSize) {
		t.Errorf("a large head: %v", err)
	}
	if _, err := p.Refresh(t.Context(), settings(), token()); !fault.Is(err, fault.Protocol) || len(err.Error()) > 200 {
		t.Errorf("a large answer: %v", err)
	}
}

// stranger is a provider that leaves methods out and breaks the protocol.
type strangeProvider struct {
	pb.UnimplementedProviderServer

	token *pb.Token
}

func (s strangeProvider) Refresh(context.Context, *pb.RefreshRequest) (*pb.RefreshResponse, error) {
	return &pb.RefreshResponse{Token: s.token}, nil
}

func (strangeProvider) BeginAuthorize(context.Context, *pb.BeginAuthorizeRequest) (*pb.BeginAuthorizeResponse, error) {
	return &pb.BeginAuthorizeResponse{}, nil
}

func (strangeProvider) Exchange(context.Context, *pb.ExchangeRequest) (*pb.ExchangeResponse, error) {
	return nil, status.Error(codes.Unknown, "Exception calling application: s3cr3t")
}

func (strangeProvider) Describe(context.Context, *pb.DescribeRequest) (*pb.DescribeResponse, error) {
	return &pb.DescribeResponse{Types: []*pb.Type{{Key: "new", Token: 99}}}, nil
}

// Apply answers before it has seen the body.
func (strangeProvider) Apply(stream grpc.ClientStreamingServer[pb.ApplyRequest, pb.ApplyResponse]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	return stream.SendAndClose(&pb.ApplyResponse{Query: []*pb.Pair{{Key: "sum", Value: "none"}}})
}

func TestProviderByStrangers(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]*pb.Token{"none": nil, "empty": {}, "no object": {Response: []byte("[1]")}, "no JSON": {Response: []byte("{")}, "null": {Response: []byte("null")}} {
		t.Run("token/"+name, func(t *testing.T) {
			t.Parallel()
			p := strange(t, strangeProvider{token: sent})
			if _, err := p.Refresh(t.Context(), settings(), token()); !fault.Is(err, fault.Protocol) {
				t.Errorf("got %v", err)
			}
		})
	}
	p := strange(t, strangeProvider{})
	_, authorizing := p.BeginAuthorize(t.Context(), connection.Begin{Settings: settings()})
	_, exchanging := p.Exchange(t.Context(), connection.Exchange{Settings: settings()})
	_, describing := p.Describe(t.Context())
	revoking := p.Revoke(t.Context(), settings(), token())
	for _, test := range []struct {
		what string
		err  error
		code fault.Code
	}{
		{"no URL", authorizing, fault.Protocol},
		{"a status", exchanging, fault.Protocol},
		{"a flow of tomorrow", describing, fault.Protocol},
		{"left out", revoking, fault.Unsupported},
	} {
		if !fault.Is(test.err, test.code) || strings.Contains(test.err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", test.what, test.err)
		}
	}
	signed, err := p.Apply(t.Context(), settings(), token(), connection.Request{Body: make([]byte, 8<<20)})
	if err != nil || signed.Query[0].Value != "none" {
		t.Errorf("an answer ahead of the body: %v, %v", signed, err)
	}
}

func strange(t *testing.T, served pb.ProviderServer) connection.Provider {
	t.Helper()
	conn, stop := dial(t, func(server *grpc.Server) { pb.RegisterProviderServer(server, served) })
	return host2plugin.NewProvider(conn, &process{stop: stop, gone: make(chan struct{})})
}

func sum(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
