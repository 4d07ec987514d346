package wire_test

import (
	"context"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	pb "github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/host2plugin"
	"github.com/hookstep-dev/hookstep/sdk/internal/wire/plugin2host"
)

// runner is an engine whose lanes run a function.
type runner func(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error

func (runner) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "runner", Version: "1.0.0", Extensions: []string{".run"}}, nil
}

func (runner) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	return engine.Program{ID: source.Name}, nil
}

func (r runner) Lane(context.Context) (engine.Lane, error) { return runnerLane(r), nil }

type runnerLane runner

func (r runnerLane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	return r(ctx, run, host, done)
}

func (runnerLane) Close() error { return nil }

// process stands for the process behind a connection: killing it ends the server.
type process struct {
	mu     sync.Mutex
	reason *fault.Fault
	stop   func()
	gone   chan struct{}
}

func (p *process) Kill(reason *fault.Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reason == nil {
		p.reason = reason
		close(p.gone)
		go p.stop()
	}
}

func (p *process) Gone() <-chan struct{} { return p.gone }

func (p *process) Lost() *fault.Fault {
	<-p.gone
	return fault.New(fault.Engine, fault.WorkerLost, "lost: %s", p.reason.Message)
}

// pair is both sides of a connection.
type pair struct {
	engine  engine.Engine
	process *process
	runs    *plugin2host.Runs
}

// connect serves an engine on a Unix socket and gives what a host has of it.
func connect(tb testing.TB, served engine.Engine) pair {
	tb.Helper()
	runs := plugin2host.NewRuns()
	return connectTo(tb, runs, func(server *grpc.Server) {
		plugin2host.New(served, runs, io.Discard).Register(server)
	})
}

func connectTo(tb testing.TB, runs *plugin2host.Runs, register func(*grpc.Server)) pair {
	tb.Helper()
	conn, stop := dial(tb, register)
	behind := &process{stop: stop, gone: make(chan struct{})}
	return pair{engine: host2plugin.New(conn, behind), process: behind, runs: runs}
}

// rawLane opens a lane without a host.
func rawLane(tb testing.TB, served engine.Engine) grpc.BidiStreamingClient[pb.HostFrame, pb.EngineFrame] {
	tb.Helper()
	conn, _ := dial(tb, func(server *grpc.Server) { plugin2host.New(served, plugin2host.NewRuns(), io.Discard).Register(server) })
	stream, err := pb.NewEngineClient(conn).Lane(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	return stream
}

func dial(tb testing.TB, register func(*grpc.Server)) (conn *grpc.ClientConn, stop func()) {
	tb.Helper()
	socket := filepath.Join(tb.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		tb.Fatal(err)
	}
	server := grpc.NewServer(plugin2host.Options()...)
	register(server)
	go func() { _ = server.Serve(listener) }()
	options := append(host2plugin.Options(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	conn, err = grpc.NewClient("unix://"+socket, options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		conn.Close()
		server.Stop()
	})
	return conn, server.Stop
}

func (p pair) lane(tb testing.TB) engine.Lane {
	tb.Helper()
	lane, err := p.engine.Lane(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { lane.Close() })
	return lane
}
