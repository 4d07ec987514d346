package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/store"
)

func newExecutions(self *app) *cobra.Command {
	group := &cobra.Command{Use: "executions", Short: "See what became of executions, and run them again", Args: cobra.NoArgs}
	group.AddCommand(newExecutionsList(self), newExecutionsShow(self), newExecutionsLogs(self), newExecutionsReplay(self), newExecutionsCancel(self))
	return group
}

// selection is a filter of executions as it is written on the command line.
type selection struct {
	filter       wire.Filter
	since, until string
}

func (s *selection) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.filter.Integration, "integration", "", "of this integration")
	flags.StringVar(&s.filter.Instance, "instance", "", "of this instance")
	flags.StringVar(&s.filter.Flow, "flow", "", "of this flow: its name or its form in URLs")
	flags.StringSliceVar(&s.filter.Statuses, "status", nil, "with this status; may be repeated")
	flags.StringVar(&s.since, "since", "", "that started since: how long ago (2h, 7d), a day, or a time")
	flags.StringVar(&s.until, "until", "", "that started before")
	flags.StringVar(&s.filter.Text, "text", "", "whose id, fault, payload, results or log holds this text")
	var statuses []string
	for _, status := range store.Statuses() {
		statuses = append(statuses, string(status))
	}
	complete(cmd, "status", statuses)
}

// complete lets shells complete the words of a flag.
func complete(cmd *cobra.Command, flag string, words []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// read gives the filter, and whether it selects less than all.
func (s *selection) read(now time.Time) (asked wire.Filter, some bool, err error) {
	asked = s.filter
	if asked.From, err = parseMoment("since", s.since, now); err != nil {
		return asked, false, err
	}
	if asked.To, err = parseMoment("until", s.until, now); err != nil {
		return asked, false, err
	}
	some = asked.Integration+asked.Instance+asked.Flow+asked.Text+s.since+s.until != "" || len(asked.Statuses) > 0
	return asked, some, nil
}

// status colours a status by what it asks of people.
func (p paint) status(name string) func(string) string {
	switch store.Status(name) {
	case store.Succeeded:
		return p.green
	case store.Failed, store.DeadLetter:
		return p.red
	case store.Rejected, store.Canceled, store.Waiting:
		return p.yellow
	case store.Running:
		return p.bold
	default:
		return p.faint
	}
}

// placeOf names the flow of an instance as its URL does.
func placeOf(instance, flow string) string { return instance + "/" + flow }
