package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

func newKeysRotate(self *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rotate",
		Short: "Seal everything with a new key, while hosts serve",
		Long: "rotate adds a new key and seals all connections again with it. When none needs the old one any more, that is\n" +
			"forgotten an hour later. An interrupted rotation goes on by itself within a minute, or with rotate at once.",
		Args: cobra.NoArgs,
	}
	asked := self.listing(cmd)
	cmd.RunE = asked.asking(asked.rotateKeys)
	return cmd
}

// rotateKeys begins a rotation, or goes on with one, to its end.
func (r *remote) rotateKeys(ctx context.Context, host *client.Client, _ []string) error {
	begun, err := host.RotateKeys(ctx)
	if err != nil {
		return err
	}
	if err := r.reseal(ctx, host, toSeal(begun)); err != nil {
		return err
	}
	told, err := host.Keys(ctx)
	switch {
	case err != nil:
		return err
	case r.asJSON:
		return writeJSON(r.stdout, told)
	}
	fmt.Fprintf(r.stdout, "%s everything is sealed with the key %s\n", r.out.green("✓"), told.Keys[0].ID)
	return nil
}

// toSeal counts the connections that an older key seals.
func toSeal(told *wire.Keys) int {
	var count int
	for i := range told.Keys {
		if !told.Keys[i].Primary {
			count += told.Keys[i].Sealed
		}
	}
	return count
}

// Between two tries with connections that others were changing.
const (
	resealPause = 500 * time.Millisecond
	resealTries = 60
)

// reseal has the host go on until all connections are sealed again, and tells how far it is.
func (r *remote) reseal(ctx context.Context, host *client.Client, of int) error {
	shown := progress{app: r.app, begun: time.Now()}
	defer shown.clear()
	var sum int
	for idle := 0; ; {
		did, err := host.ResealKeys(ctx)
		if err != nil || did.Done {
			return err
		}
		sum += did.Resealed
		shown.tell(fmt.Sprintf("sealed again %d of %s", sum, counted(max(of, sum), "connection")))
		if idle++; did.Resealed > 0 || did.Left == 0 {
			idle = 0
			continue
		}
		if idle == resealTries {
			return fmt.Errorf("%s cannot be sealed again: what they hold does not open; the log of the host says more", counted(did.Left, "connection"))
		}
		if err := pause(ctx, resealPause); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, length time.Duration) error {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
