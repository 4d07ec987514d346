package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/bench/operator"
	"github.com/hookstep-dev/hookstep/host/bench/process"
)

//go:embed durable
var durableCode embed.FS

// deployment is hosts on one database, each with its engines, that serve the integration in durable.
type deployment struct {
	name    string
	hosts   []*process.Server
	api     *client.Client
	targets []load.Target // of each host, its flow Steps
}

// pollEvery is how often a host is asked whether it has caught up.
const pollEvery = 5 * time.Millisecond

// engines measures asynchronous executions through HTTP, database and real engines: how quickly they are accepted, and how
// many come to their end.
func engines(ctx context.Context, given *settings) (err error) {
	told, err := listenForEnds(ctx)
	if err != nil {
		return err
	}
	places, remove, err := databases(ctx, given)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	var all []*deployment
	defer func() {
		for _, each := range all {
			err = errors.Join(err, each.stop())
		}
	}()
	for _, each := range places {
		made, err := deploy(ctx, given, &each, told.url)
		all = append(all, made)
		if err != nil {
			return err
		}
	}
	if err := accepted(ctx, given, all); err != nil {
		return err
	}
	return finished(ctx, given, all, told)
}

// accepted compares how quickly webhooks are taken in with what the disk commits.
func accepted(ctx context.Context, given *settings, all []*deployment) error {
	rows := []*measured{{name: "append and fsync of 1 KiB", callers: 1}}
	of := map[*measured]*deployment{}
	for _, each := range all {
		for _, connections := range given.connections {
			row := &measured{name: each.name, callers: connections}
			rows, of[row] = append(rows, row), each
		}
	}
	err := given.inTurn(rows, func(row *measured) (load.Sample, error) {
		if of[row] == nil {
			return commits(given)
		}
		sample, err := of[row].flood(ctx, load.Plan{Connections: row.callers, For: given.length})
		return sample, errors.Join(err, of[row].drain(ctx))
	})
	if err != nil {
		return err
	}
	given.titlef("Durable acceptance over HTTP, %d bytes each, while the flow's three JavaScript steps run", rowSize)
	durations(rows).write(given.out)
	return nil
}

// finished measures whole executions: alone, until the effect of the third step, and as many as can be.
func finished(ctx context.Context, given *settings, all []*deployment, told *ends) error {
	var rows []*measured
	of := map[*measured]*deployment{}
	for _, each := range all {
		for _, callers := range inFlight() {
			row := &measured{name: each.name, callers: callers}
			rows, of[row] = append(rows, row), each
		}
	}
	err := given.inTurn(rows, func(row *measured) (load.Sample, error) {
		if row.callers == 1 {
			return of[row].alone(ctx, given, told)
		}
		began := time.Now()
		sample, err := of[row].flood(ctx, load.Plan{Connections: row.callers, For: given.length})
		err = errors.Join(err, of[row].drain(ctx))
		return load.Sample{Requests: sample.Requests, Elapsed: time.Since(began)}, err
	})
	if err != nil {
		return err
	}
	given.titlef("Executions of three JavaScript steps: 1 alone, from the request until the third step's own call arrives; else until all that was sent has ended")
	durations(rows).write(given.out)
	return nil
}

// deploy starts the hosts of a database.
func deploy(ctx context.Context, given *settings, on *database, listener string) (*deployment, error) {
	made := &deployment{name: on.name}
	code, err := os.MkdirTemp(given.folder, "durable-")
	if err != nil {
		return made, err
	}
	inside, err := fs.Sub(durableCode, "durable")
	if err != nil {
		return made, err
	}
	if err := os.CopyFS(filepath.Join(code, "durable"), inside); err != nil {
		return made, err
	}
	for range on.hosts {
		if err := made.add(ctx, given, code, listener, on.flags()); err != nil {
			return made, err
		}
	}
	return made, nil
}

func (d *deployment) add(ctx context.Context, given *settings, code, listener string, flags []string) error {
	data, err := os.MkdirTemp(given.folder, "data-")
	if err != nil {
		return err
	}
	args := []string{
		"serve", code, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error", "--data", data, "--fetch-allow", "127.0.0.1",
	}
	host, err := process.Launch(ctx, &process.Program{
		Name: d.name, Path: given.hookstep, Args: append(args, flags...), Env: []string{"BENCH_LISTENER=" + listener}, Ready: ready(),
	})
	if err != nil {
		return err
	}
	d.hosts = append(d.hosts, host)
	if err := host.Await(ctx); err != nil {
		return err
	}
	found := ready().FindStringSubmatch(host.Lines()[len(host.Lines())-1])
	body := given.drive(1).Payload
	d.targets = append(d.targets, load.Target{
		Address: found[1], Path: "/hooks/durable/steps", Headers: []string{"Content-Type: application/json"}, Body: body, Status: http.StatusOK,
	})
	d.api, err = operator.Connect(found[2], data)
	return err
}

func (d *deployment) stop() error {
	var problems []error
	for _, host := range d.hosts {
		problems = append(problems, host.Stop())
	}
	return errors.Join(problems...)
}

// flood sends by a plan whose connections are spread over the hosts.
func (d *deployment) flood(ctx context.Context, plan load.Plan) (load.Sample, error) {
	samples, problems := make([]load.Sample, len(d.targets)), make([]error, len(d.targets))
	var group sync.WaitGroup
	for i, target := range d.targets {
		share := plan
		share.Connections = (plan.Connections + len(d.targets) - 1 - i) / len(d.targets)
		group.Go(func() { samples[i], problems[i] = load.Run(ctx, target, share) })
	}
	group.Wait()
	return load.Join(samples...), errors.Join(problems...)
}

// drain waits until all executions have ended.
func (d *deployment) drain(ctx context.Context) error {
	turn := time.NewTicker(pollEvery)
	defer turn.Stop()
	for {
		if idle, err := operator.Idle(ctx, d.api); idle || err != nil {
			return err
		}
		select {
		case <-turn.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// alone sends one execution after the other, each when the third step of the one before has called.
func (d *deployment) alone(ctx context.Context, given *settings, told *ends) (load.Sample, error) {
	var latencies []time.Duration
	began := time.Now()
	for i := 0; time.Since(began) < given.length; i++ {
		target := d.targets[i%len(d.targets)]
		before := time.Now()
		id, err := send(ctx, target.Address, target.Body)
		if err != nil {
			return load.Sample{}, err
		}
		at, err := told.await(ctx, id)
		if err != nil {
			return load.Sample{}, err
		}
		latencies = append(latencies, at.Sub(before))
	}
	return load.Summarize(latencies, time.Since(began)), nil
}

// send starts the flow whose third step calls, and gives its execution.
func send(ctx context.Context, address string, body []byte) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/hooks/durable/told", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	var answer struct {
		ExecutionID string `json:"executionId"`
	}
	if err = errors.Join(err, json.Unmarshal(text, &answer)); err != nil || answer.ExecutionID == "" {
		return "", fmt.Errorf("unexpected answer: status %d, body %.300q", response.StatusCode, text)
	}
	return answer.ExecutionID, nil
}

// ends takes the calls of third steps.
type ends struct {
	url   string
	calls sync.Map // of execution: chan time.Time
}

func listenForEnds(ctx context.Context) (*ends, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	made := &ends{url: "http://" + listener.Addr().String()}
	server := &http.Server{Handler: made, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return made, nil
}

// ServeHTTP implements http.Handler.
func (e *ends) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	select {
	case e.of(request.URL.Path[1:]) <- time.Now():
	default: // a repeat
	}
}

func (e *ends) of(execution string) chan time.Time {
	made, _ := e.calls.LoadOrStore(execution, make(chan time.Time, 1))
	return made.(chan time.Time) //nolint:forcetypeassert // nothing else is stored
}

func (e *ends) await(ctx context.Context, execution string) (time.Time, error) {
	select {
	case at := <-e.of(execution):
		e.calls.Delete(execution)
		return at, nil
	case <-ctx.Done():
		return time.Time{}, context.Cause(ctx)
	}
}
