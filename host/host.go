// Package host is the program as a library.
//
// New wires the rooms by hand, Run starts and stops them. A Host is an http.Handler for webhooks that another Go program
// can mount under /hooks/ of its own server.
package host

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/connect"
	"github.com/hookstep-dev/hookstep/host/deploy"
	"github.com/hookstep-dev/hookstep/host/history"
	"github.com/hookstep-dev/hookstep/host/ingress"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/redact"
	"github.com/hookstep-dev/hookstep/host/schedule"
	"github.com/hookstep-dev/hookstep/host/scope"
	"github.com/hookstep-dev/hookstep/host/script"
	"github.com/hookstep-dev/hookstep/host/seal"
	"github.com/hookstep-dev/hookstep/host/steps"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/veil"
	"github.com/hookstep-dev/hookstep/host/supervisor"
	"github.com/hookstep-dev/hookstep/host/telemetry"
	"github.com/hookstep-dev/hookstep/host/verify"
)

// Options are what a Host is made of. A program brings engines along by being one when it is started with arguments of its
// choice: there its main function calls sdk.Serve with an engine, and Bundled names the program (os.Executable) with these arguments.
type Options struct {
	Config     config.Config
	Dirs       []string                         // integrations, or folders of them
	Bundled    []supervisor.Plugin              // engines that come with the program
	LookupEnv  func(name string) (string, bool) // answers ${env:NAME} in instance files, and has the key for secrets; nil: nothing is set
	KeyService seal.Remote                      // gives keys that a service keeps; nil: none
	Log        *slog.Logger                     // nil: nothing is logged
	Transient  bool                             // nothing is written: tokens of unguessable endpoints are new each time, and engines are asked again
}

// Host serves integrations. Its methods may be called from several goroutines at once, until Close.
type Host struct {
	options     Options
	log         *slog.Logger
	supervisor  *supervisor.Supervisor
	runner      *script.Runner
	fetcher     *scope.Fetcher
	secrets     *secrets
	connections *connect.Room
	metrics     *telemetry.Metrics
	pipeline    *pipeline.Pipeline
	ingress     *ingress.Handler
	hooks       http.Handler
	store       store.Store       // nil for a transient host; as it is kept, with marks in the place of secrets
	veil        *veil.Store       // likewise; in front of the store, for who runs code
	box         *seal.Box         // likewise
	shared      shared            // likewise
	recorder    *history.Recorder // likewise
	sweeper     *history.Sweeper  // likewise
	desk        *deploy.Desk      // likewise
	schedules   *schedule.Loop    // likewise
	shift       *shift
	operating   operating
	serving     atomic.Bool
}

// New reads the integrations and makes a host of them; engine processes start when they are first needed. If anything is
// wrong with the configuration or an integration, the error tells all of it (document.Problems) and there is no host. The
// caller must Close the host.
func New(ctx context.Context, options Options) (*Host, error) {
	if err := options.Config.Validate(); err != nil {
		return nil, err
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.LookupEnv == nil {
		options.LookupEnv = func(string) (string, bool) { return "", false }
	}
	h := &Host{options: options, shift: newShift()} //nolint:contextcheck // work goes on after New
	h.secrets = newSecrets(options.Config.Execution.Longest, h.secretsOf)
	h.log = slog.New(redact.NewHandler(options.Log.Handler(), h.secrets.registry))
	h.supervisor = supervisor.New(supervision(&options), h.log)
	h.runner = script.New(processes{h.supervisor})
	h.fetcher = scope.NewFetcher(fetchPolicy(&options.Config))
	h.metrics = telemetry.NewMetrics(func() []telemetry.Process { return processesOf(h.supervisor.Stats()) })
	rooms := pipeline.Rooms{
		Verify: verify.New(),
		Scope:  scope.Shared{Log: h.log, Secrets: h.secrets, Fetcher: h.fetcher, MaxLines: maxLogLines, MaxHeld: maxLogHeld, MaxDepth: maxDepth},
		NewID:  pipeline.IDs(func() int { return 0 }, 0),
		Now:    time.Now,
		Random: rand.Float64,
		Watch:  &telemetry.Observer{Log: h.log, Metrics: h.metrics},
	}
	if err := h.open(ctx, &rooms); err != nil {
		h.Close(ctx)
		return nil, h.inData(err)
	}
	h.connect(&rooms)
	rooms.Steps = steps.New(h.runner, h.states(), h.secrets, runLimits())
	h.pipeline = pipeline.New(rooms)
	h.ingress = ingress.New(h.pipeline, requestLimits(&options.Config), options.Config.PublicURL)
	h.hooks = h.withConnections(h.ingress)
	err := h.Reload(ctx)
	if err == nil {
		err = h.operate()
	}
	if err != nil {
		h.Close(ctx)
		return nil, err
	}
	return h, nil
}

// Reload reads the integrations again and serves them from now on; executions under way go on with what they began with.
// With an error, which is as New's, everything stays as it is.
func (h *Host) Reload(ctx context.Context) error {
	environment, err := h.environment(ctx)
	if err != nil {
		return err
	}
	integrations, err := integration.ReadAll(h.options.Dirs, environment)
	if err != nil {
		return err
	}
	catalog, err := pipeline.NewCatalog(integrations, executionTimes(&h.options.Config), h.BaseURL(), connected{h.connections})
	if err != nil {
		return err
	}
	if err := h.connections.Use(ctx, integrations); err != nil {
		return err
	}
	h.secrets.use(integrations)
	h.pipeline.Use(catalog)
	if h.store != nil {
		h.desk.Use(integrations)
		h.schedules.Use(integrations)
	}
	return nil
}

// ServeHTTP answers webhooks, below /hooks/, and browsers that come back from services, below /oauth2/.
func (h *Host) ServeHTTP(writer http.ResponseWriter, request *http.Request) {
	h.hooks.ServeHTTP(writer, request)
}

// Trace answers one request without HTTP and tells what happened on the way.
func (h *Host) Trace(ctx context.Context, request *integration.Request) *pipeline.Report {
	return h.pipeline.Trace(ctx, request)
}

// Targets lists every flow of every instance.
func (h *Host) Targets() []*integration.Target { return h.pipeline.Catalog().Targets() }

// Integrations that are served.
func (h *Host) Integrations() []*integration.Integration { return h.pipeline.Catalog().Integrations() }

// Run listens where the configuration says and serves until ctx ends, see Serve.
func (h *Host) Run(ctx context.Context) error {
	var listening net.ListenConfig
	hooks, err := listening.Listen(ctx, "tcp", h.options.Config.Listen)
	if err != nil {
		return err
	}
	operators, err := listening.Listen(ctx, "tcp", h.options.Config.Admin)
	if err != nil {
		_ = hooks.Close()
		return err
	}
	return h.Serve(ctx, hooks, operators)
}

// Serve serves webhooks and operators on two listeners and works, see Work, until ctx ends; then it lets what runs end within
// the configured time. It closes the listeners; the host can still be used, and must be closed.
func (h *Host) Serve(ctx context.Context, hooks, operators net.Listener) error {
	h.serving.Store(true)
	context.AfterFunc(ctx, func() { h.serving.Store(false) })
	places := []ingress.Place{{Listener: hooks, Handler: h}, {Listener: operators, Handler: h.Operators(), Ending: h.operating.end}}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	worked := make(chan error, 1)
	go func() {
		defer stop() // without workers, what is accepted would wait
		worked <- h.Work(ctx)
	}()
	err := ingress.Serve(ctx, places, connectionTimeouts(&h.options.Config), h.options.Config.Limits.HeaderBytes, h.log)
	stop()
	return errors.Join(err, <-worked)
}

// Close lets executions end until ctx does, then stops all engine processes and closes the database. No process and no
// goroutine is left.
func (h *Host) Close(ctx context.Context) {
	h.shift.end(ctx)
	if h.connections != nil {
		h.connections.Close(ctx)
	}
	if err := h.supervisor.Close(ctx); err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "executions were cut off", slog.Any("error", err))
	}
	h.fetcher.Close()
	h.operating.close()
	h.close(ctx)
}
