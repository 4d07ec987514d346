package launch_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// slow is a provider whose Refresh says that it has begun, on its standard error, and takes as long as its input says.
type slow struct{ connection.Provider }

func (slow) Describe(context.Context) (connection.Description, error) {
	return connection.Description{Types: []connection.Type{{Key: "slow", Label: "Slow", Token: connection.Obtains}}}, nil
}

func (slow) Refresh(ctx context.Context, settings connection.Settings, _ connection.Token) (connection.Token, error) {
	fmt.Fprintln(os.Stderr, "refreshing")
	takes, err := time.ParseDuration(settings.Fields["takes"])
	if err != nil {
		return connection.Token{}, err
	}
	select {
	case <-time.After(takes):
		return connection.Token{Response: []byte(`{"access_token":"new"}`)}, nil
	case <-ctx.Done():
		return connection.Token{}, context.Cause(ctx)
	}
}

// refreshed is what came of a Refresh in another goroutine.
type refreshed struct {
	token connection.Token
	err   error
}

// refresh begins a Refresh that takes so long, and returns when the provider has begun it.
func refresh(t *testing.T, takes string) (*launch.Process, <-chan refreshed) {
	t.Helper()
	begun := make(chan string, 100)
	program := command(t, "provider")
	program.Stderr = func(line string) { begun <- line }
	process := start(t, program)
	done := make(chan refreshed, 1)
	go func() {
		settings := connection.Settings{Type: "slow", Fields: connection.Values{"takes": takes}}
		token, err := process.Provider().Refresh(t.Context(), settings, connection.Token{})
		done <- refreshed{token, err}
	}()
	for line := range begun {
		if line == "refreshing" {
			break
		}
	}
	return process, done
}

func TestProviderDescribes(t *testing.T) {
	t.Parallel()
	process := start(t, command(t, "provider"))
	want := launch.Description{Name: "slow", Version: "1.0.0", Protocol: 2, Provider: true}
	if diff := cmp.Diff(want, process.Plugin()); diff != "" {
		t.Errorf("plugin (-want +got):\n%s", diff)
	}
	offered, err := process.Provider().Describe(t.Context())
	if err != nil || len(offered.Types) != 1 || offered.Types[0].Key != "slow" {
		t.Errorf("got %+v, %v", offered, err)
	}
	if process.Engine() != nil {
		t.Error("there is an engine")
	}
}

// Whoever waits for a process that dies is told at once, and knows whose it was.
func TestProviderProcessDies(t *testing.T) {
	t.Parallel()
	process, done := refresh(t, "10m")
	own, err := os.FindProcess(process.PID())
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Kill(); err != nil {
		t.Fatal(err)
	}
	got := <-done
	if found := fault.As(got.err, fault.Host); found.Code != fault.WorkerLost || found.Source != fault.Engine {
		t.Errorf("got %+v", found)
	}
	<-process.Exited()
	if _, err := process.Provider().Describe(t.Context()); !fault.Is(err, fault.WorkerLost) {
		t.Errorf("afterwards: %v", err)
	}
}

// A token that is being made when the process is asked to stop is still handed out: it may be the only one.
func TestProviderFinishesBeforeItStops(t *testing.T) {
	t.Parallel()
	process, done := refresh(t, "300ms")
	if err := process.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	got := <-done
	if got.err != nil || string(got.token.Response) != `{"access_token":"new"}` {
		t.Errorf("got %+v", got)
	}
}
