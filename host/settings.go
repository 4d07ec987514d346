package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net"
	"path/filepath"
	"runtime"
	"time"

	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/ingress"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/host/telemetry"
	"github.com/hookstep-dev/hookstep/sdk/engine"
)

const (
	maxLogLines = 10_000   // of one execution
	maxLogHeld  = 4 << 20  // bytes of them that wait to be kept
	maxDepth    = 8        // flows that wait for each other
	maxResult   = 16 << 20 // bytes of one step's result
	maxNesting  = 1_000    // of one step's result
	lanesPerCPU = 16       // executions wait for others most of their time; engines bound what computes at once
)

// processes lends the supervisor's leases.
type processes struct{ supervisor *supervisor.Supervisor }

// Acquire implements script.Processes.
func (p processes) Acquire(ctx context.Context, engineName, tenant string, memory int64) (script.Process, error) {
	lease, err := p.supervisor.Acquire(ctx, engineName, supervisor.Tenant{ID: tenant, Memory: memory})
	if err != nil {
		return nil, err
	}
	return lease, nil
}

// environment is what integrations are read with.
func (h *Host) environment(ctx context.Context) (integration.Environment, error) {
	engines, err := h.supervisor.Engines(ctx)
	if err != nil {
		return integration.Environment{}, h.inData(err)
	}
	providers, err := h.supervisor.Providers(ctx)
	if err != nil {
		return integration.Environment{}, h.inData(err)
	}
	environment := integration.Environment{LookupEnv: h.lookupEnv, EndpointKey: h.shared.endpoint}
	for _, known := range providers {
		environment.Connections = append(environment.Connections, known.Types...)
	}
	for _, known := range engines {
		if known.Problem == "" {
			environment.Engines = append(environment.Engines, known.Description)
		}
	}
	return environment, nil
}

// inData tells of the key with which the folder is set, if err is of a file: the folder is all that is read here.
func (h *Host) inData(err error) error {
	if _, ok := errors.AsType[*seal.KeyError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("the folder %q cannot hold Hookstep's data (key data): %w", h.options.Config.Data, err)
	}
	return err
}

// BaseURL is what comes before /hooks in the URLs that code is told.
func (h *Host) BaseURL() string {
	if h.options.Config.PublicURL != "" {
		return h.options.Config.PublicURL
	}
	host, port, err := net.SplitHostPort(h.options.Config.Listen)
	if address := net.ParseIP(host); err != nil || host == "" || address != nil && address.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func supervision(options *Options) supervisor.Config {
	set := &options.Config.Engines
	made := supervisor.Default()
	made.Bundled = options.Bundled
	for name, path := range options.Config.Plugins {
		made.Installed = append(made.Installed, supervisor.Plugin{Name: name, Path: path})
	}
	made.Folder = filepath.Join(options.Config.Data, "plugins")
	if !options.Transient {
		made.Cache = filepath.Join(options.Config.Data, "engines.json")
	}
	made.Memory = set.Memory
	made.Lanes = lanes(set)
	made.Wait = max(set.LaneWait, time.Nanosecond)
	made.MaxWaiting = set.Waiters
	made.IdleStop = set.IdleStop
	if made.IdleStop == 0 {
		made.IdleStop = math.MaxInt64
	}
	made.StartTimeout = set.StartTimeout
	return made
}

// lanes of one engine process.
func lanes(set *config.Engines) int {
	if set.Lanes > 0 {
		return set.Lanes
	}
	return lanesPerCPU * runtime.GOMAXPROCS(0)
}

// workers are the asynchronous executions at once: callers who wait find lanes even when there are many.
func workers(set *config.Config) int {
	if set.Queue.Workers > 0 {
		return set.Queue.Workers
	}
	return max(1, lanes(&set.Engines)/2)
}

func fetchPolicy(set *config.Config) scope.FetchPolicy {
	policy := scope.DefaultFetchPolicy()
	policy.Allow(set.Fetch.Allow...)
	if set.Fetch.InsecureAllowPrivateAddresses {
		policy.Allow("0.0.0.0/0", "::/0")
	}
	return policy
}

func runLimits() engine.Limits {
	return engine.Limits{ResultBytes: maxResult, ResultDepth: maxNesting, LogLines: maxLogLines}
}

func requestLimits(set *config.Config) ingress.Limits {
	return ingress.Limits{
		Body: set.Limits.Body, BodyTimeout: set.Timeouts.Read, Headers: set.Limits.Headers,
		HeaderBytes: set.Limits.HeaderBytes, Concurrent: set.Limits.Concurrent,
	}
}

func executionTimes(set *config.Config) steps.Times {
	return steps.Times{Usual: set.Execution.Synchronous, Longest: set.Execution.Longest}
}

func connectionTimeouts(set *config.Config) ingress.Timeouts {
	return ingress.Timeouts{
		ReadHeader: set.Timeouts.ReadHeader, Write: set.Timeouts.Read + set.Execution.Longest + time.Minute,
		Idle: set.Timeouts.Idle, Shutdown: set.Timeouts.Shutdown,
	}
}

func recorded(by *history.Recorder, sweeper *history.Sweeper) telemetry.Recording {
	counts := by.Counts()
	deleted, failures := sweeper.Sweeps()
	return telemetry.Recording{
		Kept: counts.Kept, Waiting: counts.Waiting, Bytes: counts.Bytes, Deleted: deleted, Failures: failures,
		Dropped: telemetry.Dropped{Contents: counts.Contents, Steps: counts.Steps, Executions: counts.Shed, Failures: counts.Failures},
	}
}

func processesOf(stats []supervisor.ProcessStats) []telemetry.Process {
	made := make([]telemetry.Process, len(stats))
	for i, one := range stats {
		made[i] = telemetry.Process{
			Engine: one.Engine, Integration: one.Tenant, Provider: one.Provider, Running: one.PID != 0, RSS: one.RSS,
			LanesOpen: one.LanesOpen, Busy: one.LanesBusy, Waiting: one.Waiting,
			Starts: one.Starts, Kills: one.Kills, Crashes: one.Crashes,
		}
	}
	return made
}
