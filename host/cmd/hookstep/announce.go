package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"path/filepath"
	"strings"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
	"github.com/hookstep-dev/hookstep/host/integration"
)

// announce prints what is served: engines, every route, a line to try, and last the addresses. A program that waits for
// the line that begins with "ready:" may send requests from then on.
func (a *app) announce(ctx context.Context, made *host.Host, set config.Config) error {
	engines, err := made.Engines(ctx)
	if err != nil {
		return ended(exitCannotStart, err)
	}
	out := bufio.NewWriter(a.stdout)
	fmt.Fprintf(out, "%s\n\n", thisBuild())
	for _, each := range engines {
		if each.Problem != "" {
			fmt.Fprintf(out, "%s %s: %s\n", a.out.yellow("engine"), each.Plugin.Name, each.Problem)
			continue
		}
		fmt.Fprintf(out, "engine %s: %s\n", a.out.bold(each.Description.Name), each.Description.Language)
	}
	base := made.BaseURL()
	printRoutes(out, a.out, made.Targets(), base)
	if line := tryLine(made.Targets(), base); line != "" {
		fmt.Fprintf(out, "\ntry it:\n  %s\n", line)
	}
	for _, key := range set.Insecure() {
		fmt.Fprintf(out, "\n%s %s is on\n", a.out.red("insecure:"), key)
	}
	fmt.Fprintf(out, "\nready: hooks on %s, operators on %s\n", addressURL(set.Listen), addressURL(set.Admin))
	return out.Flush()
}

// addressURL is the URL of a listener's address; one that listens everywhere is best called localhost.
func addressURL(address string) string {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(name); ip != nil && ip.IsUnspecified() {
		name = "localhost"
	}
	return "http://" + net.JoinHostPort(name, port)
}

// printRoutes prints the URL of every flow of every instance, by integration.
func printRoutes(out io.Writer, look paint, targets []*integration.Target, base string) {
	var last *integration.Integration
	for _, each := range targets {
		if each.Integration != last {
			fmt.Fprintf(out, "\n%s\n", look.bold(each.Integration.Name))
			last = each.Integration
		}
		line := "  " + base + each.Instance.Endpoints[each.Flow.Name].Path()
		if remarks := remarksOn(each); len(remarks) > 0 {
			line += look.faint("  (" + strings.Join(remarks, ", ") + ")")
		}
		fmt.Fprintln(out, line)
	}
}

// remarksOn a flow tell what its URL does not.
func remarksOn(target *integration.Target) []string {
	var remarks []string
	trigger := &target.Flow.Trigger
	switch {
	case trigger.Schedule != nil:
		remarks = append(remarks, cmp.Or(target.Instance.Timetables[target.Flow.Name].String(), "no schedule is set"))
	case trigger.On != integration.OnWebhook:
		remarks = append(remarks, "on "+string(trigger.On))
	case !target.Flow.Synchronous:
		remarks = append(remarks, "asynchronous")
	}
	if trigger.APIKey {
		remarks = append(remarks, "needs an API key")
	}
	return remarks
}

// examplesFolder is where an integration keeps a body to try for each flow, named after the flow's URL form.
const examplesFolder = "examples"

// tryLine gives a curl command that answers at once: for the first open synchronous flow with an example, else for the
// first open synchronous flow. It is empty if there is none.
func tryLine(targets []*integration.Target, base string) string {
	plain := ""
	for _, each := range targets {
		if !each.Flow.Synchronous || each.Flow.Trigger.APIKey {
			continue
		}
		url := base + each.Instance.Endpoints[each.Flow.Name].Path()
		if path, kind := exampleOf(each); path != "" {
			return fmt.Sprintf("curl -H 'Content-Type: %s' --data-binary @%s %s", kind, path, url)
		}
		if plain == "" {
			plain = "curl -d '{}' -H 'Content-Type: application/json' " + url
		}
	}
	return plain
}

// exampleOf finds the example body of a flow, and its content type.
func exampleOf(target *integration.Target) (path, kind string) {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(target.Integration.File), examplesFolder, string(target.Flow.Slug)+".*"))
	if err != nil || len(found) == 0 {
		return "", ""
	}
	return found[0], contentType(found[0])
}

// contentType goes by a file's ending.
func contentType(path string) string {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".csv":
		return "text/csv"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		if kind := mime.TypeByExtension(ending); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}
