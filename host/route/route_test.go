package route_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/route"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// served makes an integration of flows for instances; a flow whose name begins with # has its name as token.
func served(name string, flows []string, instances ...string) *integration.Integration {
	made := &integration.Integration{Name: name, File: name + "/integration.yaml"}
	for _, flow := range flows {
		made.Flows = append(made.Flows, integration.Flow{Name: integration.FlowName(flow), Slug: integration.Slug(flow)})
	}
	for _, instance := range instances {
		endpoints := map[integration.FlowName]integration.Endpoint{}
		for _, flow := range flows {
			at := integration.Endpoint{Instance: integration.InstanceName(instance), Flow: integration.Slug(flow)}
			if token, ok := strings.CutPrefix(flow, "#"); ok {
				at.Token = token + "-of-" + instance
			}
			endpoints[integration.FlowName(flow)] = at
		}
		made.Instances = append(made.Instances, integration.Instance{Name: integration.InstanceName(instance), Endpoints: endpoints})
	}
	return made
}

func TestFind(t *testing.T) {
	t.Parallel()
	table, err := route.New([]*integration.Integration{
		served("orders", []string{"receive", "#secret"}, "acme", "globex"),
		served("alert", []string{"receive"}, "alerts"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/hooks/acme/receive":            "orders acme receive ",
		"/hooks/globex/receive":          "orders globex receive ",
		"/hooks/alerts/receive":          "alert alerts receive ",
		"/hooks/acme/receive/":           "orders acme receive ",
		"/hooks/acme/receive/a/b":        "orders acme receive a/b",
		"/hooks/acme/receive//a//":       "orders acme receive /a//",
		"/hooks/secret-of-acme":          "orders acme #secret ",
		"/hooks/secret-of-globex/x/y":    "orders globex #secret x/y",
		"/hooks/acme":                    "",
		"/hooks/":                        "",
		"/hooks":                         "",
		"/":                              "",
		"":                               "",
		"/hooks/acme/other":              "",
		"/hooks/Acme/receive":            "",
		"/hooks/nobody/receive":          "",
		"/hooks/acme/%23secret":          "",
		"/hooks/acme/#secret":            "",
		"/hooks/acme/receiver":           "",
		"/hooks/../hooks/acme/receive/x": "",
	} {
		target, err := table.Find(path)
		if want == "" {
			if !fault.Is(err, fault.NotFound) || path != "" && !strings.Contains(err.Error(), path) {
				t.Errorf("%s: got %v, want not_found that says the path", path, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got := fmt.Sprintf("%s %s %s %s", target.Integration.Name, target.Instance.Name, target.Flow.Name, target.PathFragment)
		if got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
	if got := len(table.Targets()); got != 5 {
		t.Errorf("%d targets, want 5", got)
	}
}

func TestClashesAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := route.New([]*integration.Integration{
		served("first", []string{"a", "b"}, "acme"),
		served("second", []string{"a", "b"}, "acme"),
	})
	if err == nil || strings.Count(err.Error(), "second/integration.yaml") != 2 || !strings.Contains(err.Error(), "first/integration.yaml") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkFind(b *testing.B) {
	for _, size := range []int{1, 10_000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			var all []*integration.Integration
			for i := range max(size/10, 1) {
				flows := make([]string, min(size, 10))
				for j := range flows {
					flows[j] = fmt.Sprintf("flow-%d", j)
				}
				name := fmt.Sprintf("integration-%d", i)
				all = append(all, served(name, flows, name))
			}
			table, err := route.New(all)
			if err != nil {
				b.Fatal(err)
			}
			targets := table.Targets()
			at := targets[len(targets)/2]
			path := fmt.Sprintf("/hooks/%s/%s/rest", at.Instance.Name, at.Flow.Slug)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := table.Find(path); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
