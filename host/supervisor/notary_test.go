package supervisor_test

import (
	"context"
	"io"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// notary is a provider without a service: the field "do" of a connection says what a call does, and what it answers is its process.
type notary struct{ connection.Unsupported }

func notarized() connection.Description {
	return connection.Description{Types: []connection.Type{
		{Key: "seal", Label: "Seal", Inputs: []connection.Input{{Key: "do", Required: true, Choices: []string{"pid", "hang", "meet"}}}},
		{Key: "stamp", Label: "Stamp", Token: connection.Obtains},
	}}
}

// ribbons is the notary with other types.
type ribbons struct{ notary }

func (ribbons) Describe(context.Context) (connection.Description, error) {
	return connection.Description{Types: []connection.Type{{Key: "ribbon", Label: "Ribbon"}, {Key: "seal", Label: "Seal"}}}, nil
}

func (notary) Describe(context.Context) (connection.Description, error) { return notarized(), nil }

func (notary) Schema(_ context.Context, declared connection.Declared) (connection.Schema, error) {
	kind, err := notarized().Type(declared.Type)
	return kind.Schema(declared), err
}

func (notary) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	pid, err := act(ctx, settings.Fields)
	return []connection.Finding{{Message: pid}}, err
}

func (notary) Refresh(ctx context.Context, settings connection.Settings, _ connection.Token) (connection.Token, error) {
	pid, err := act(ctx, settings.Fields)
	return connection.Token{Response: []byte(`{"pid":` + pid + `}`)}, err
}

func (notary) Revoke(context.Context, connection.Settings, connection.Token) error {
	return fault.New(fault.Downstream, fault.Unreachable, "nobody is there")
}

func act(ctx context.Context, fields connection.Values) (pid string, err error) {
	switch fields["do"] {
	case "hang":
		select {} // deaf to its context
	case "meet":
		err = meet(ctx, fields["at"])
	}
	return strconv.Itoa(os.Getpid()), err
}

// meet tells that it was reached by calling an address, and returns when the other side hangs up.
func meet(ctx context.Context, address string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, conn)
	return conn.Close()
}

// meetings gives an address for "meet", and a channel of those who came.
func meetings(t *testing.T) (address string, came <-chan net.Conn) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrivals := make(chan net.Conn)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			select {
			case arrivals <- conn:
			case <-t.Context().Done():
				_ = conn.Close()
			}
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return listener.Addr().String(), arrivals
}

func playNotary() supervisor.Plugin {
	return supervisor.Plugin{Name: "notary", Path: "/proc/self/exe", Args: []string{"play-notary"}, Provider: notarized()}
}

// provide makes a supervisor whose plugins are the probe and the notary, and a client on the latter.
func provide(t *testing.T, change func(*supervisor.Config)) (*supervisor.Supervisor, connection.Provider) {
	t.Helper()
	s := open(t, func(config *supervisor.Config) {
		config.Bundled = append(config.Bundled, playNotary())
		if change != nil {
			change(config)
		}
	})
	client, err := s.Provider(t.Context(), "seal")
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

// validate gives the process that answered.
func validate(ctx context.Context, client connection.Provider, fields connection.Values) (int, error) {
	findings, err := client.Validate(ctx, connection.Settings{Type: "seal", Fields: fields})
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(findings[0].Message)
}

// answerer is the process that answers.
func answerer(t *testing.T, client connection.Provider) int {
	t.Helper()
	pid, err := validate(t.Context(), client, connection.Values{"do": "pid"})
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func refresh(ctx context.Context, client connection.Provider, fields connection.Values) error {
	_, err := client.Refresh(ctx, connection.Settings{Type: "stamp", Fields: fields}, connection.Token{})
	return err
}
