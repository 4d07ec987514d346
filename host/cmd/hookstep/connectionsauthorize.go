package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// walk is what `connections authorize` was asked for.
type walk struct {
	*chosen

	linkOnly bool
}

func newConnectionsAuthorize(self *app) *cobra.Command {
	asked := &walk{}
	cmd := &cobra.Command{
		Use:   "authorize NAME",
		Short: "Let somebody authorize a connection in a browser",
		Long: "authorize opens the authorization page of the service in a browser, prints its link, and waits until it is done. The link can be\n" +
			"given to the person whose account it is; it is good once, for whoever authorizes first.",
		Args: needs("NAME"),
	}
	asked.chosen = choosing(cmd, self.listing(cmd))
	cmd.Flags().BoolVar(&asked.linkOnly, "link", false, "print the link only, and do not wait")
	cmd.RunE = asked.asking(asked.authorize)
	return cmd
}

func (w *walk) authorize(ctx context.Context, host *client.Client, args []string) error {
	key, err := w.find(ctx, host, args[0])
	if err != nil {
		return err
	}
	begun, err := host.AuthorizeConnection(ctx, key, wire.Authorize{})
	switch {
	case err != nil:
		return w.unfit(err, "first set what is missing: hookstep connections set "+slug(key.Name)+" "+flagsOf(key))
	case w.asJSON:
		return writeJSON(w.stdout, begun)
	case w.linkOnly:
		_, err := fmt.Fprintln(w.stdout, begun.Link)
		return err
	}
	before, err := host.Connection(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stderr, "To authorize %s, open this link (it is good until %s):\n", titleOf(key), begun.ExpiresAt.Local().Format("15:04"))
	fmt.Fprintln(w.stdout, begun.Link)
	if w.interactive() {
		openBrowser(ctx, begun.Link, w.env)
	}
	return w.await(ctx, host, key, before, begun.ExpiresAt)
}

// await looks until the connection has come to something new, or the link has run out.
func (w *walk) await(ctx context.Context, host *client.Client, key client.ConnectionKey, before *wire.ConnectionDetail, until time.Time) error {
	const pause = time.Second
	fmt.Fprintln(w.stderr, "waiting; to stop waiting, interrupt")
	again := time.NewTicker(pause)
	defer again.Stop()
	for time.Now().Before(until) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-again.C:
		}
		now, err := host.Connection(ctx, key)
		if err != nil {
			return err
		}
		if event := newEvent(before, now); event != nil {
			return w.tell(key, now, event)
		}
	}
	return errors.New("nobody has authorized in time: run it again for a new link")
}

// newEvent is the newest event of an authorization that was not there before.
func newEvent(before, now *wire.ConnectionDetail) *wire.ConnectionEvent {
	if len(now.Events) == 0 {
		return nil
	}
	newest := &now.Events[0]
	if len(before.Events) > 0 && !newest.At.After(before.Events[0].At) {
		return nil
	}
	return newest
}

func (w *walk) tell(key client.ConnectionKey, now *wire.ConnectionDetail, event *wire.ConnectionEvent) error {
	if now.Status != "active" {
		return fmt.Errorf("%s: %s; its status is %q", titleOf(key), event.Text, now.Status)
	}
	fmt.Fprintf(w.stderr, "%s %s is %s\n", w.err.green("✓"), titleOf(key), w.err.green(now.Status))
	return nil
}
