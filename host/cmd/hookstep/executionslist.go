package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/client"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
)

// page is what `executions list` was asked for.
type page struct {
	*remote
	selection

	unreplayed bool
	limit      int
	cursor     string
}

func newExecutionsList(self *app) *cobra.Command {
	asked := &page{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List executions, the newest first",
		Example: "  hookstep executions list --status dead-letter --flow \"Receive order\"\n" +
			"  hookstep executions list --since 2h --text 4711 --json",
		Args: cobra.NoArgs,
	}
	asked.remote = self.listing(cmd)
	asked.bind(cmd)
	cmd.Flags().BoolVar(&asked.unreplayed, "unreplayed", false, "only those that nobody has replayed")
	cmd.Flags().IntVarP(&asked.limit, "limit", "n", 20, "most that are listed")
	cmd.Flags().StringVar(&asked.cursor, "cursor", "", "go on where an earlier list ended")
	cmd.RunE = asked.asking(asked.list)
	return cmd
}

func (p *page) list(ctx context.Context, host *client.Client, _ []string) error {
	if p.limit < 1 {
		return usagef("--limit %d: write a number from 1 on", p.limit)
	}
	filter, _, err := p.read(time.Now())
	if err != nil {
		return err
	}
	listed, err := gather(ctx, host, client.Asked{Filter: filter, Unreplayed: p.unreplayed, Cursor: p.cursor}, p.limit)
	switch {
	case err != nil:
		return err
	case p.asJSON:
		return writeJSON(p.stdout, listed)
	}
	return p.print(listed)
}

// gather takes page after page until there are enough.
func gather(ctx context.Context, host *client.Client, asked client.Asked, most int) (*wire.Page, error) {
	const perPage = 200
	all := &wire.Page{Executions: []wire.Execution{}}
	for {
		asked.Limit = min(perPage, most-len(all.Executions))
		one, err := host.Executions(ctx, asked)
		if err != nil {
			return nil, err
		}
		all.Executions = append(all.Executions, one.Executions...)
		all.Next = one.Next
		if one.Next == "" || len(all.Executions) >= most {
			return all, nil
		}
		asked.Cursor = one.Next
	}
}

func (p *page) print(listed *wire.Page) error {
	if len(listed.Executions) == 0 {
		fmt.Fprintln(p.stderr, "no executions")
		return nil
	}
	now := time.Now()
	rows := table{heads: []string{"ID", "STATUS", "FLOW", "STARTED", "TOOK", "BY", blank}}
	for _, one := range listed.Executions {
		rows.add(
			cell{one.ID, p.out.bold}, cell{one.Status, p.out.status(one.Status)}, plain(placeOf(one.Instance, one.Flow)),
			plain(relative(one.StartedAt, now)), plain(tookSoFar(&one)), plain(one.Source), cell{p.out.clean(remark(&one, now)), p.out.faint},
		)
	}
	if err := rows.print(p.stdout, p.out); err != nil {
		return err
	}
	if listed.Next != "" {
		fmt.Fprintf(p.stderr, "%s\n", p.err.faint("there are more: --cursor "+listed.Next))
	}
	return nil
}

// tookSoFar is empty while nothing has been measured.
func tookSoFar(of *wire.Execution) string {
	if of.Millis == 0 && of.EndedAt.IsZero() {
		return ""
	}
	return took(of.Millis)
}

// remark is the last column: what is most worth knowing.
func remark(of *wire.Execution, now time.Time) string {
	text := ""
	switch {
	case of.ReplayedAs != "":
		text = "replayed as " + of.ReplayedAs
	case !of.Due.IsZero():
		text = "next try " + relative(of.Due, now)
	case of.ReplayOf != "" && of.Fault == nil:
		text = "replay of " + of.ReplayOf
	}
	if of.Fault != nil {
		if text != "" {
			text += ": "
		}
		text += short(of.Fault.Message, 60)
	}
	if text == "" {
		return blank
	}
	return text
}
