package lua_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/engines/lua"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// data runs one step and gives its results as JSON text.
func data(t *testing.T, host hostapi.Host, body string) string {
	t.Helper()
	results, err := run(t.Context(), t, host, engine.Run{}, script("return function(ctx, steps)\n"+body+"\nend"))
	if err != nil {
		t.Fatal(err)
	}
	return string(results[0].Results.JSON)
}

func TestFetch(t *testing.T) {
	t.Parallel()
	var asked []hostapi.FetchRequest
	host := &recorder{fetch: func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		asked = append(asked, request)
		return hostapi.FetchResponse{
			Status: 201, StatusText: "Created", URL: "https://x.example/2", Redirected: true, Body: []byte(`{"id": 7}`),
			Headers: []hostapi.Header{{Name: "x-a", Value: "1"}, {Name: "x-a", Value: "2"}},
		}, nil
	}}
	got := data(t, host, `
		local r = fetch("https://x.example/1", { method = "post", headers = { Accept = { "a/b", "c/d" }, N = 1 }, body = bytes("\255"), redirect = "error" })
		return { data = { r.status, r.statusText, r.ok, r.url, r.redirected, r.headers["X-A"], r.body, r.json().id, r:json().id } }`)
	if want := `[201,"Created",true,"https://x.example/2",true,"1, 2","{\"id\": 7}",7,7]`; got != want {
		t.Errorf("got %s", got)
	}
	want := []hostapi.FetchRequest{{
		Step: "step", Method: "POST", URL: "https://x.example/1", Body: []byte{255}, Redirect: hostapi.Reject,
		Headers: []hostapi.Header{{Name: "Accept", Value: "a/b"}, {Name: "Accept", Value: "c/d"}, {Name: "N", Value: "1"}},
	}}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFetchNamesAConnection(t *testing.T) {
	t.Parallel()
	var asked []string
	host := &recorder{fetch: func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		asked = append(asked, request.Connection)
		return hostapi.FetchResponse{Status: 200}, nil
	}}
	data(t, host, `
		fetch("https://x.example", { connection = "Shop API" })
		fetch("https://x.example", { method = "POST" })`)
	if diff := cmp.Diff([]string{"Shop API", ""}, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFetchRefusesWhatItCannotSend(t *testing.T) {
	t.Parallel()
	got := data(t, &recorder{}, `
		local out = {}
		for _, options in ipairs { { body = {} }, { headers = { A = {{}} } }, { headers = { "x" } },
			{ connection = {} }, { connection = { configVarKey = "Bank" } }, { connection = 7 }, { connection = "" } } do
			out[#out + 1] = tostring(select(2, pcall(fetch, "https://x.example", options)))
		end
		return { data = out }`)
	want := `["step.lua:6: fetch: body is a table; give a string, as json.encode(…) makes one",` +
		`"headers[\"A\"] is a table; a header is a string","headers must be a table of names, but has the key 1",` +
		`"step.lua:6: fetch: connection is a table; give the name of a connection, as in connection = \"Shop API\"",` +
		`"step.lua:6: fetch: connection is a table; give the name of a connection, as in connection = \"Bank\"",` +
		`"step.lua:6: fetch: connection is a number; give the name of a connection, as in connection = \"Shop API\"",` +
		`"step.lua:6: fetch: connection is an empty string; give the name of a connection, as in connection = \"Shop API\""]`
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestInvokeFlow(t *testing.T) {
	t.Parallel()
	var asked []hostapi.InvokeRequest
	host := &recorder{invoke: func(_ context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
		asked = append(asked, request)
		return hostapi.InvokeResponse{Status: 200, Headers: []hostapi.Header{{Name: "X-Id", Value: "1"}}, Data: value.Bytes([]byte("raw"), "")}, nil
	}}
	got := data(t, host, `
		local a = ctx.invokeFlow("Bill", { order = 1, file = bytes("f") }, { async = false })
		local b = ctx:invokeFlow("Bill")
		return { data = { a.status, a.headers["x-id"], a.data .. "!", b.status } }`)
	if want := `[200,"1","raw!",200]`; got != want {
		t.Errorf("got %s", got)
	}
	want := []hostapi.InvokeRequest{
		{
			Step: "step", Flow: "Bill", Options: []byte(`{"async":false}`),
			Data: value.Value{JSON: []byte(`{"order":1,"file":null}`), Blobs: []value.Blob{{Pointer: "/file", Bytes: []byte("f")}}},
		},
		{Step: "step", Flow: "Bill", Data: value.Null()},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestRunOfUnknownProgram(t *testing.T) {
	t.Parallel()
	lane, err := lua.New().Lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	err = lane.Run(t.Context(), engine.Run{Program: "lua-x"}, &recorder{}, nil)
	if !fault.Is(err, fault.NotLoaded) {
		t.Errorf("got %v", err)
	}
}

// TestProgramsAreForgotten: an engine keeps the programs that were used last.
func TestProgramsAreForgotten(t *testing.T) {
	t.Parallel()
	e := lua.New()
	const kept = 32
	var ids []string
	for i := range kept + 1 {
		ids = append(ids, load(t, e, script(fmt.Sprintf("return function() return { data = %d } end", i))).ID)
	}
	lane, err := e.Lane(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	for i, id := range ids {
		err := lane.Run(t.Context(), engine.Run{Program: id}, &recorder{}, nil)
		if forgotten := fault.Is(err, fault.NotLoaded); forgotten != (i == 0) {
			t.Errorf("program %d: %v", i, err)
		}
	}
}

// TestLanesSideBySide: many lanes run one program at once; none sees another's globals.
func TestLanesSideBySide(t *testing.T) {
	t.Parallel()
	e := lua.New()
	program := load(t, e, script(`
		return function(ctx)
			total = 0
			for i = 1, 100 do total = total + i end
			ctx.logger.info(math.random(), os.time(), string.format("%d", total))
			ctx.instanceState.n = total
			return { data = { total, ctx.executionId } }
		end`))
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			lane, err := e.Lane(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer lane.Close()
			for i := range 20 {
				id := fmt.Sprintf("e%d-%d", n, i)
				r := engine.Run{Program: program.ID, Execution: id, Steps: []engine.Step{{Key: "step", Entry: "step.lua"}}}
				err := lane.Run(t.Context(), r, &recorder{}, func(_ context.Context, result engine.StepResult) error {
					if got, want := string(result.Results.JSON), `[5050,"`+id+`"]`; got != want {
						t.Errorf("got %s", got)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

// TestEndOfContext: Run returns the very cause of its context's end, while code computes and while it waits.
func TestEndOfContext(t *testing.T) {
	t.Parallel()
	cause := errors.New("the host is going down")
	for name, body := range map[string]string{
		"computing": `ctx.logger.info("ready") while true do end`,
		"waiting":   `ctx.logger.info("ready") fetch("https://x.example")`,
		"catching":  `ctx.logger.info("ready") pcall(fetch, "https://x.example") return { data = 1 }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			host := &canceling{cancel: func() { cancel(cause) }}
			started := time.Now()
			results, err := run(ctx, t, host, engine.Run{}, script("return function(ctx)\n"+body+"\nend"))
			if !errors.Is(err, cause) {
				t.Errorf("got %v", err)
			}
			if len(results) != 1 || results[0].Fault == nil {
				t.Errorf("got %+v", results)
			}
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// canceling is a host that cancels the run with its first log line and never answers.
type canceling struct {
	recorder

	cancel func()
}

func (c *canceling) Log(hostapi.Line) { c.cancel() }

func (c *canceling) Fetch(ctx context.Context, _ hostapi.FetchRequest) (hostapi.FetchResponse, error) {
	<-ctx.Done()
	return hostapi.FetchResponse{}, context.Cause(ctx)
}
