package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/pipeline"
	"github.com/hookstep-dev/hookstep/host/steps"
)

// onlyOnce has the bench serve a flow whose caller waits, and that runs once for each body.
func onlyOnce(t *testing.T, of *bench) {
	t.Helper()
	key, err := integration.ParseReference("body.data", "trigger")
	if err != nil {
		t.Fatal(err)
	}
	served := []*integration.Integration{{
		ID: "orders", Digest: "0123456789abcdef", Instances: []integration.Instance{{Name: "acme", ConfigVars: []byte("{}")}},
		Flows: []integration.Flow{{
			Name: "Once", Slug: "once", Synchronous: true, Dedupe: integration.Dedupe{Key: key, For: time.Hour},
			Trigger: integration.Trigger{Name: "Trigger", Key: "trigger"},
			Steps:   []integration.Step{{Name: "a", Key: "a", Code: integration.Code{Entry: "a", Engine: "e"}}},
		}},
	}}
	catalog, err := pipeline.NewCatalog(served, steps.Times{Usual: time.Minute, Longest: time.Hour}, "http://localhost", nil)
	if err != nil {
		t.Fatal(err)
	}
	of.Use(catalog)
}

func TestOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer func(verb string, number int) error
		status int
		want   string
	}{
		{"the answer is kept", nil, 200, `reserve e1; states ; record succeeded key=e1 answer=true`},
		{"a key that may be kept is freed", down("reserve", 1), 503, `record failed key=e1 answer=false`},
		{"an answer that is not kept now is kept later", down("record", 2), 200, `reserve e1; states ; record succeeded key=e1 answer=true`},
		{
			"a key is freed when the store is back",
			func(verb string, number int) error {
				if err := down("reserve", 1)(verb, number); err != nil {
					return err
				}
				return down("record", 3)(verb, number)
			}, 503, `record failed key=e1 answer=false`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				bench := newBench(t, nil, integration.FlowRetry{})
				onlyOnce(t, bench)
				bench.book.answer = test.answer
				ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
				defer hangUp()
				response := bench.Answer(ctx, &integration.Request{
					Method: "POST", Path: "/hooks/acme/once", ReceivedAt: time.Now(), ContentType: "application/json", Body: []byte(`"e1"`),
				})
				if response.Status != test.status {
					t.Errorf("%d %s", response.Status, response.Body)
				}
				time.Sleep(time.Minute) //nolint:forbidigo // of the bubble's clock: whatever is to be recorded is
				if got := bench.book.String(); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			})
		})
	}
}
