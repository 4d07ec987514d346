package main

import (
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/hookstep-dev/hookstep/host/bench/load"
	"github.com/hookstep-dev/hookstep/host/bench/process"
	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

// The order flow: where it is in testdata, its steps in order by key, its config values, its recorded webhook.
const (
	orderFolder  = "testdata/integrations/order-intake"
	orderConfig  = `{"Free Shipping From":10000,"Shipping Cents":590}`
	orderWebhook = "shop/order"
)

func orderSteps() []step {
	return []step{{"computeTotals", "totals.js"}, {"summarize", "summary.js"}}
}

type step struct{ key, file string }

// ready is the line with which both servers say that they listen.
func ready() *regexp.Regexp {
	return regexp.MustCompile(`^ready: hooks on http://([^\s,]+)(?:, operators on http://(\S+))?`)
}

// order is the recorded request of the order flow to a server, with the answer that this server gives: the first one, once
// it was found to be as recorded.
func order(ctx context.Context, given *settings, server *process.Server) (load.Target, error) {
	address, err := server.Match(ready())
	if err != nil {
		return load.Target{}, err
	}
	recorded, err := recording.Read(os.DirFS(filepath.Join(given.root, "testdata", "webhooks")), orderWebhook)
	if err != nil {
		return load.Target{}, err
	}
	request, err := recorded.Request(ctx, "http://"+address)
	if err != nil {
		return load.Target{}, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return load.Target{}, err
	}
	target := load.Target{Address: address, Path: request.URL.Path, Body: body}
	for _, name := range slices.Sorted(maps.Keys(request.Header)) {
		target.Headers = append(target.Headers, name+": "+request.Header.Get(name))
	}
	var answer load.Answer
	if answer, err = load.Once(ctx, target); err != nil {
		return load.Target{}, err
	}
	target.Status, target.Answer = answer.Status, answer.Body
	want := recorded.Want
	want.Header = http.Header{"Content-Type": want.Header["Content-Type"]} // of the headers it only says how to compare the body
	return target, want.Check(answer.Status, want.Header, answer.Body)
}

// serveHookstep starts the program under test with a folder of integrations, and with a data folder of its own.
func serveHookstep(ctx context.Context, given *settings, name, folder string, flags ...string) (*process.Server, error) {
	data, err := os.MkdirTemp(given.folder, "data-")
	if err != nil {
		return nil, err
	}
	args := []string{"serve", folder, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error", "--data", data}
	return process.Start(ctx, name, ready(), given.hookstep, append(args, flags...)...)
}

// serveReference starts what it is compared with.
func serveReference(ctx context.Context, given *settings) (*process.Server, error) {
	args := []string{"-config", orderConfig}
	for _, each := range orderSteps() {
		args = append(args, each.key+"="+filepath.Join(given.root, orderFolder, each.file))
	}
	return process.Start(ctx, "reference", ready(), given.reference, args...)
}
