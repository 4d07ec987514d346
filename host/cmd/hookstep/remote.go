package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/config"
)

// remote is what subcommands that ask a running host have in common.
type remote struct {
	*configured

	address string
	token   string
	asJSON  bool
}

// remote adds the flags that find a host, and the token for it.
func (a *app) remote(cmd *cobra.Command) *remote {
	made := &remote{configured: a.configure(cmd, "data")}
	cmd.Flags().StringVar(&made.address, "admin", "", "address or URL of the host's operators' listener (by default what the configuration says)")
	cmd.Flags().StringVar(&made.token, "token", "", "token (by default "+config.TokenVariable+", else that which a host on this machine keeps in its data folder)")
	return made
}

// listing is remote for a command that prints a list, or one thing whole.
func (a *app) listing(cmd *cobra.Command) *remote {
	made := a.remote(cmd)
	cmd.Flags().BoolVar(&made.asJSON, "json", false, "print JSON")
	return made
}

// asking makes a run function of one that asks a host. It ends with an interrupt.
func (r *remote) asking(do func(ctx context.Context, host *client.Client, args []string) error) func(*cobra.Command, []string) error {
	return action(func(ctx context.Context, args []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		host, err := r.connect()
		if err != nil {
			return err
		}
		defer host.Close()
		return interrupted(ctx, r.told(do(ctx, host, args)))
	})
}

func (r *remote) connect() (*client.Client, error) {
	set, err := r.load()
	if err != nil {
		return nil, err
	}
	if r.address == "" {
		r.address = addressURL(set.Admin)
	}
	if r.token == "" {
		r.token, _ = r.lookupEnv(config.TokenVariable)
	}
	if r.token == "" && isHere(r.address) {
		if r.token, err = admin.ReadLocal(set.Data); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, ended(exitNoHost, fmt.Errorf("reading the token of the host on this machine: %w", err))
		}
	}
	made, err := client.New(r.address, r.token)
	if err != nil {
		return nil, usagef("--admin: %w", err)
	}
	return made, nil
}

// isHere tells an address of this machine. The token of the data folder goes nowhere else.
func isHere(address string) bool {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	at, err := url.Parse("//" + address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(at.Hostname())
	return at.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// told gives the exit code to what a host said, or that none did.
func (r *remote) told(err error) error {
	if silent, ok := errors.AsType[*client.NoAnswer](err); ok {
		return ended(exitNoHost, fmt.Errorf("no Hookstep answers at %s (%w); start `hookstep serve`, or name another with --admin", silent.Address, silent.Err))
	}
	said, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	switch said.Status {
	case http.StatusUnauthorized:
		if r.token == "" {
			err = fmt.Errorf("the host wants a token, and there is none: set %s or --token, or name with --data the folder of a host on this machine", config.TokenVariable)
		}
		return ended(exitNoHost, err)
	case http.StatusForbidden, http.StatusServiceUnavailable:
		return ended(exitNoHost, err)
	case http.StatusBadRequest:
		return ended(exitUsage, err)
	}
	return err
}
