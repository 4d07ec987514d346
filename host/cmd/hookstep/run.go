package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
)

// single is one execution as `run` was asked for it.
type single struct {
	*configured

	call     call
	dir      string
	flow     string
	instance string
	output   string
	asJSON   bool
}

func newRun(self *app) *cobra.Command {
	asked := &single{}
	cmd := &cobra.Command{
		Use:   "run DIR FLOW",
		Short: "Run a flow once, without a server",
		Long: "run makes one execution of a flow and shows what became of it: each step with its time and its log, then the HTTP\n" +
			"answer. FLOW is its name or its URL form. An asynchronous flow is run as a synchronous one. The exit code is 0\n" +
			"if the execution succeeded with a status below 400, and 1 if not.",
		Example: "  hookstep run orders \"Price order\" --data @order.json\n" +
			"  echo '{\"items\":[]}' | hookstep run orders price-order --data - --json",
		Args: needs("DIR", "FLOW"),
	}
	asked.configured = self.configure(cmd,
		"execution.synchronous", "engines.memory", "engines.startTimeout", "fetch.insecureAllowPrivateAddresses", "fetch.allow", "plugins")
	asked.call.bind(cmd.Flags())
	cmd.Flags().StringVar(&asked.instance, "instance", "", "instance to run as (the first one by default)")
	cmd.Flags().StringVarP(&asked.output, "output", "o", "", "write the answer's body to a file, as it is; - is standard output")
	cmd.Flags().BoolVar(&asked.asJSON, "json", false, "print JSON")
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		ctx, stop := interruptible(ctx)
		defer stop()
		asked.dir, asked.flow = args[0], args[1]
		return interrupted(ctx, asked.run(ctx))
	})
	return cmd
}

func (s *single) run(ctx context.Context) error {
	set, err := s.load()
	if err != nil {
		return err
	}
	made, err := s.host(ctx, host.Options{Config: set, Dirs: []string{s.dir}, Transient: true})
	if err != nil {
		return err
	}
	defer made.Close(ctx)
	endpoint, err := s.endpoint(made)
	if err != nil {
		return err
	}
	request, err := s.call.request(s.app, endpoint, made.BaseURL())
	if err != nil {
		return err
	}
	report := made.Trace(ctx, request)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	traced := traceOf(report)
	if err := s.show(traced, report.Response.Body); err != nil {
		return err
	}
	if traced.Fault != nil || traced.Response.Status >= 400 {
		return &exit{code: exitFailed}
	}
	return nil
}

func (s *single) show(of trace, body []byte) error {
	switch {
	case s.asJSON:
		return writeJSON(s.stdout, of)
	case s.output == "-":
		printTrace(s.stderr, s.err, of)
		return s.keepBody("-", body)
	}
	printTrace(s.stdout, s.out, of)
	if s.output != "" {
		return s.keepBody(s.output, body)
	}
	printAnswer(s.app, of, body)
	return nil
}

// endpoint finds the flow and the instance that were named.
func (s *single) endpoint(made *host.Host) (integration.Endpoint, error) {
	one := made.Integrations()[0]
	flow, err := s.flowOf(one)
	if err != nil {
		return integration.Endpoint{}, err
	}
	instance, err := s.instanceOf(one)
	if err != nil {
		return integration.Endpoint{}, err
	}
	return instance.Endpoints[flow.Name], nil
}

func (s *single) flowOf(one *integration.Integration) (*integration.Flow, error) {
	var names []string
	for i := range one.Flows {
		flow := &one.Flows[i]
		if string(flow.Name) == s.flow || string(flow.Slug) == s.flow {
			return flow, nil
		}
		names = append(names, string(flow.Name))
	}
	return nil, notAmong("flow", s.flow, names)
}

func (s *single) instanceOf(one *integration.Integration) (*integration.Instance, error) {
	var names []string
	for i := range one.Instances {
		instance := &one.Instances[i]
		if s.instance == "" || string(instance.Name) == s.instance {
			return instance, nil
		}
		names = append(names, string(instance.Name))
	}
	return nil, notAmong("instance", s.instance, names)
}

// notAmong says that there is no such thing, which one was probably meant, and which ones there are.
func notAmong(noun, name string, names []string) error {
	slices.Sort(names)
	hint := ""
	if near := document.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return usagef("there is no %s %q%s\n%ss: %s", noun, name, hint, noun, strings.Join(names, ", "))
}
