package supervisor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// probe is an engine without a language: the entry of a step is a verb of the table below. It runs in a process of its
// own, the test binary started again.
type probe struct {
	mu       sync.Mutex
	programs map[string]bool
	loads    atomic.Int64
}

func (*probe) Describe(context.Context) (engine.Description, error) {
	return engine.Description{Name: "probe", Version: "1.0.0", Language: "verbs", Extensions: []string{".probe"}}, nil
}

func (p *probe) Load(_ context.Context, source engine.Source) (engine.Program, error) {
	p.loads.Add(1)
	if source.Name == "bomb" {
		spin()
	}
	id := fmt.Sprintf("%s/%d", source.Name, len(source.Files))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.programs[id] = true
	return engine.Program{ID: id}, nil
}

func (p *probe) Lane(context.Context) (engine.Lane, error) { return probeLane{p}, nil }

func (p *probe) knows(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.programs[id]
}

type probeLane struct{ probe *probe }

func (probeLane) Close() error { return nil }

func (l probeLane) Run(ctx context.Context, run engine.Run, host hostapi.Host, done engine.StepDone) error {
	if !l.probe.knows(run.Program) {
		return fault.New(fault.Engine, fault.NotLoaded, "no program %s", run.Program)
	}
	for _, step := range run.Steps {
		results, err := verbs[step.Entry](ctx, l.probe, host)
		if err != nil {
			return err
		}
		text, err := json.Marshal(results)
		if err != nil {
			return err
		}
		if err := done(ctx, engine.StepResult{Key: step.Key, Results: value.JSON(text)}); err != nil {
			return err
		}
	}
	return nil
}

// spin is native code that no interrupt reaches.
func spin() {
	for range uint64(1 << 62) {
	}
}

type verb func(context.Context, *probe, hostapi.Host) (any, error)

var verbs = map[string]verb{
	"pid":   func(context.Context, *probe, hostapi.Host) (any, error) { return os.Getpid(), nil },
	"env":   func(context.Context, *probe, hostapi.Host) (any, error) { return os.Environ(), nil },
	"loads": func(_ context.Context, p *probe, _ hostapi.Host) (any, error) { return p.loads.Load(), nil },
	"throw": func(context.Context, *probe, hostapi.Host) (any, error) {
		return nil, fault.New(fault.User, fault.Thrown, "thrown on purpose")
	},
	"forget": func(_ context.Context, p *probe, _ hostapi.Host) (any, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		clear(p.programs)
		return true, nil
	},
	"spin": func(context.Context, *probe, hostapi.Host) (any, error) { spin(); return true, nil },
	"wait": func(ctx context.Context, _ *probe, _ hostapi.Host) (any, error) {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	},
	"meet": func(ctx context.Context, _ *probe, host hostapi.Host) (any, error) { // waits as long as the test likes
		answer, err := host.Fetch(ctx, hostapi.FetchRequest{Method: "GET", URL: "http://test.invalid/"})
		return answer.Status, err
	},
	"panic": func(context.Context, *probe, hostapi.Host) (any, error) { panic("on purpose") },
	"exit": func(context.Context, *probe, hostapi.Host) (any, error) {
		_, _ = syscall.Write(2, []byte("out of luck\n")) // as the runtime writes of its own end
		os.Exit(3)
		return true, nil
	},
}
