package launch_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/enginev1"
	"github.com/hookstep-dev/hookstep/sdk/internal/pb/pluginv1"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// roles are the programs that the test binary can be.
func roles() map[string]func() {
	return map[string]func(){
		"engine":      func() { sdk.Serve(sdk.Plugin{Name: "plain", Version: "1.2.3", Engine: plain{}}) },
		"engineless":  func() { sdk.Serve(sdk.Plugin{Name: "empty", Version: "0.1.0"}) },
		"provider":    func() { sdk.Serve(sdk.Plugin{Name: "slow", Version: "1.0.0", Provider: slow{}}) },
		"environment": printEnvironment,
		"garbage":     func() { introduce("Welcome to the wrong program") },
		"babbler":     func() { introduce(strings.Repeat("x", 100<<10)) },
		"older":       func() { introduce("1|0|unix|/nowhere|grpc|") },
		"newer":       func() { introduce("1|2|unix|/nowhere|grpc|") },
		"netrpc":      func() { introduce("1|1|unix|/nowhere|netrpc|") },
		"nobody":      func() { introduce("1|1|unix|/nowhere|grpc|") },
		"silent":      func() { introduce("") },
		"early":       leaveEarly,
		"parent":      startChildAndServe,
		"host":        hostThatSpins,
		"huge":        func() { serveByHand(&hugeEngine{}) },
		"broken":      func() { serveByHand(&brokenEngine{}) },
		"stranger":    func() { serveByHand(nil) },
	}
}

func introduce(line string) {
	if line != "" {
		fmt.Fprintln(os.Stdout, line)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func leaveEarly() {
	fmt.Fprintln(os.Stderr, "cannot find my library")
	os.Exit(7)
}

func printEnvironment() {
	for _, entry := range os.Environ() {
		fmt.Fprintln(os.Stderr, entry)
	}
	os.Exit(7)
}

// startChildAndServe leaves a process of its own behind, which holds the pipes.
func startChildAndServe() {
	sleeper := exec.Command("/bin/sleep", "600")
	sleeper.Stdout, sleeper.Stderr = os.Stdout, os.Stderr
	if err := sleeper.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(8)
	}
	fmt.Fprintln(os.Stderr, "sleeper", sleeper.Process.Pid)
	sdk.Serve(sdk.Plugin{Name: "parent", Version: "1.0.0", Engine: plain{}})
}

// hostThatSpins starts an engine, prints its process id, and keeps it spinning.
func hostThatSpins() {
	program, _ := os.Executable()
	process, err := launch.Start(context.Background(), launch.Command{Path: program, Env: []string{role + "=engine"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(8)
	}
	lane, _ := process.Engine().Lane(context.Background())
	run := engine.Run{Steps: []engine.Step{{Key: "spin", Entry: "spin"}}}
	_ = lane.Run(context.Background(), run, logs(func(hostapi.Line) { fmt.Fprintln(os.Stdout, process.PID()) }), nil)
}

// logs is a host that only takes logs.
type logs func(line hostapi.Line)

func (l logs) Log(line hostapi.Line) { l(line) }

func (logs) Fetch(context.Context, hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	return hostapi.FetchResponse{}, io.EOF
}

func (logs) InvokeFlow(context.Context, hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
	return hostapi.InvokeResponse{}, io.EOF
}

// serveByHand is a plugin without the sdk. It has no limits of its own. Without an engine it is no Hookstep plugin.
func serveByHand(served enginev1.EngineServer) {
	socket := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "by-hand")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(8)
	}
	server := grpc.NewServer(grpc.MaxSendMsgSize(1 << 30))
	checks := health.NewServer()
	checks.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, checks)
	if served != nil {
		pluginv1.RegisterPluginServer(server, byHand{})
		enginev1.RegisterEngineServer(server, served)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "1|1|unix|%s|grpc|\n", socket)
	_ = out.Flush()
	_ = server.Serve(listener)
}

type byHand struct {
	pluginv1.UnimplementedPluginServer
}

func (byHand) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return &pluginv1.DescribeResponse{Name: "by-hand", Version: "0.0.1", Protocol: 1, Engine: true}, nil
}

// hugeEngine answers with 700 MiB.
type hugeEngine struct {
	enginev1.UnimplementedEngineServer
}

func (hugeEngine) Lane(stream grpc.BidiStreamingServer[enginev1.HostFrame, enginev1.EngineFrame]) error {
	if _, err := stream.Recv(); err != nil {
		return err
	}
	chunk := &enginev1.Chunk{Id: 1, Data: make([]byte, 700<<20)}
	return stream.Send(&enginev1.EngineFrame{Events: []*enginev1.Event{{Event: &enginev1.Event_Chunk{Chunk: chunk}}}})
}

// brokenEngine ends its lanes in the middle of an execution.
type brokenEngine struct {
	enginev1.UnimplementedEngineServer
}

func (brokenEngine) Lane(stream grpc.BidiStreamingServer[enginev1.HostFrame, enginev1.EngineFrame]) error {
	_, err := stream.Recv()
	return err
}
