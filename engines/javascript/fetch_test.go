package javascript_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestFetch(t *testing.T) {
	t.Parallel()
	var asked hostapi.FetchRequest
	host := &recorder{fetch: func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
		asked = request
		return hostapi.FetchResponse{
			Status: 201, StatusText: "Created", URL: "https://api.example.com/final", Redirected: true, Body: []byte(`{"id":7}`),
			Headers: []hostapi.Header{{Name: "content-type", Value: "application/json"}, {Name: "set-cookie", Value: "a=1"}, {Name: "set-cookie", Value: "b=2"}},
		}, nil
	}}
	code := `module.exports = async () => {
		const r = await fetch(new URL('https://api.example.com/items?q=é'), { method: 'post', headers: { 'X-Key': 'k' }, body: JSON.stringify({ a: 1 }), redirect: 'manual' });
		const copy = r.clone();
		const json = await r.json();
		let again; try { await r.text() } catch (e) { again = e.name }
		return { data: [r.status, r.ok, r.statusText, r.url, r.redirected, r.headers.get('Content-Type'), r.headers.getSetCookie(), json, again, r.bodyUsed, await copy.text()] };
	}`
	e := newEngine(t)
	results, err := execute(t, e, single(load(t, e, files(map[string]string{"step.js": code}, "step.js")), "{}"), host)
	if err != nil {
		t.Fatal(err)
	}
	want := `[201,true,"Created","https://api.example.com/final",true,"application/json",["a=1","b=2"],{"id":7},"TypeError",true,"{\"id\":7}"]`
	if diff := cmp.Diff(want, string(results[0].Results.JSON)); diff != "" {
		t.Error(diff)
	}
	wantAsked := hostapi.FetchRequest{
		Step: "step", Method: "POST", URL: "https://api.example.com/items?q=%C3%A9", Body: []byte(`{"a":1}`), Redirect: hostapi.Manual,
		Headers: []hostapi.Header{{Name: "x-key", Value: "k"}, {Name: "content-type", Value: "text/plain;charset=UTF-8"}},
	}
	if diff := cmp.Diff(wantAsked, asked); diff != "" {
		t.Error(diff)
	}
}

func TestFetchNamesAConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{"named", `fetch('https://x/', { connection: 'Shop API' })`, "Shop API"},
		{"none", `fetch('https://x/')`, ""},
		{"null", `fetch('https://x/', { connection: null })`, ""},
		{"request", `fetch(new Request('https://x/', { connection: 'Shop API' }))`, "Shop API"},
		{"request of a request", `fetch(new Request(new Request('https://x/', { connection: 'Shop API' }), { method: 'PUT' }).clone())`, "Shop API"},
		{"another one", `fetch(new Request('https://x/', { connection: 'Shop API' }), { connection: 'Bank' })`, "Bank"},
		{"taken away", `fetch(new Request('https://x/', { connection: 'Shop API' }), { connection: null })`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			host := &recorder{fetch: func(_ context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
				asked = append(asked, request.Connection)
				return hostapi.FetchResponse{Status: 200}, nil
			}}
			e := newEngine(t)
			id := load(t, e, files(map[string]string{"step.js": "module.exports = async () => { await " + c.code + " }"}, "step.js"))
			if _, err := execute(t, e, single(id, "{}"), host); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{c.want}, asked); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFetchTakesNamesOfConnectionsOnly(t *testing.T) {
	t.Parallel()
	code := `module.exports = async ({ configVars }) => {
		const said = [];
		for (const connection of [configVars['Bank'], {}, 7, '', true, () => 1]) {
			try { await fetch('https://x/', { connection }); said.push('asked') } catch (e) { said.push(e.name + ': ' + e.message) }
		}
		try { new Request('https://x/', { connection: ['Bank'] }) } catch (e) { said.push(e.name) }
		return { data: said };
	}`
	e := newEngine(t)
	id := load(t, e, files(map[string]string{"step.js": code}, "step.js"))
	run := single(id, "{}")
	run.Context = []byte(`{"configVars":{"Bank":{"key":"apiKey","configVarKey":"Bank","fields":{}}}}`)
	results, err := execute(t, e, run, &recorder{})
	if err != nil {
		t.Fatal(err)
	}
	say := func(what, name string) string {
		return `"TypeError: connection is ` + what + `; give the name of a connection, as in { connection: \"` + name + `\" }"`
	}
	want := "[" + say("an object", "Bank") + "," + say("an object", "Shop API") + "," + say("a number", "Shop API") + "," +
		say("an empty string", "Shop API") + "," + say("a boolean", "Shop API") + "," + say("a function", "Shop API") + `,"TypeError"]`
	if diff := cmp.Diff(want, string(results[0].Results.JSON)); diff != "" {
		t.Error(diff)
	}
}

func TestFetchFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, code, want string }{
		{
			"refused", `try { await fetch('http://127.0.0.1/') } catch (e) { return { data: [e.name, e.message, e.cause.message] } }`,
			`["TypeError","fetch failed","not that address"]`,
		},
		{"place", `try { await null; await fetch('http://127.0.0.1/') } catch (e) { return { data: /step\.js:\d+:\d+/.test(e.stack) } }`, `true`},
		{"aborted", `const c = new AbortController(); setTimeout(() => c.abort(), 2);
			try { await fetch('http://slow/', { signal: c.signal }) } catch (e) { return { data: e.name } }`, `"AbortError"`},
		{
			"together", `const all = await Promise.allSettled([fetch('http://x/'), fetch('nope'), fetch('http://x/')]); return { data: all.map((r) => r.reason.message) }`,
			`["fetch failed","Failed to parse URL from nope","fetch failed"]`,
		},
		{"left alone", `fetch('http://slow/').catch(() => {}); return { data: 1 }`, `1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			host := &recorder{fetch: func(ctx context.Context, request hostapi.FetchRequest) (hostapi.FetchResponse, error) {
				if request.URL == "http://slow/" {
					<-ctx.Done()
					return hostapi.FetchResponse{}, context.Cause(ctx)
				}
				return hostapi.FetchResponse{}, fault.New(fault.Host, fault.Refused, "not that address")
			}}
			e := newEngine(t)
			id := load(t, e, files(map[string]string{"step.js": "module.exports = async () => {" + c.code + "}"}, "step.js"))
			results, err := execute(t, e, single(id, "{}"), host)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(results[0].Results.JSON)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInvokeFlow(t *testing.T) {
	t.Parallel()
	var asked hostapi.InvokeRequest
	host := &recorder{invoke: func(_ context.Context, request hostapi.InvokeRequest) (hostapi.InvokeResponse, error) {
		asked = request
		return hostapi.InvokeResponse{Status: 200, Headers: []hostapi.Header{{Name: "X-A", Value: "1"}}, Data: value.JSON([]byte(`{"ok":[1]}`))}, nil
	}}
	e := newEngine(t)
	code := `module.exports = async ({ invokeFlow }) => ({ data: await invokeFlow('Other', { n: 1 }, { contentType: 'x' }) })`
	results, err := execute(t, e, single(load(t, e, files(map[string]string{"step.js": code}, "step.js")), "{}"), host)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"status":200,"headers":{"x-a":"1"},"data":{"ok":[1]}}`, string(results[0].Results.JSON)); diff != "" {
		t.Error(diff)
	}
	want := hostapi.InvokeRequest{Step: "step", Flow: "Other", Data: value.JSON([]byte(`{"n":1}`)), Options: []byte(`{"contentType":"x"}`)}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{
		"loop":                     `for (;;) {}`,
		"try and finally":          `for (;;) { try { for (;;) {} } catch (e) {} finally { for (;;) {} } }`,
		"microtasks":               `await (function f() { return Promise.resolve().then(f) })()`,
		"timer":                    `await new Promise((resolve) => setTimeout(resolve, 60000))`,
		"host call":                `await fetch('http://slow/')`,
		"toJSON":                   `return { data: { toJSON() { for (;;) {} } } }`,
		"getter of a thrown value": `throw new Proxy({}, { get() { for (;;) {} } })`,
		"result without end":       `let a = ['x']; for (let i = 0; i < 40; i++) a = [a, a]; return { data: a }`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := &recorder{fetch: func(ctx context.Context, _ hostapi.FetchRequest) (hostapi.FetchResponse, error) {
				<-ctx.Done()
				return hostapi.FetchResponse{}, context.Cause(ctx)
			}}
			e := newEngine(t)
			run := single(load(t, e, files(map[string]string{"step.js": "module.exports = async () => {" + code + "}"}, "step.js")), "{}")
			run.Steps[0].Timeout = 100 * time.Millisecond
			run.Limits.ResultBytes = 1 << 40
			results, err := execute(t, e, run, host)
			found := fault.As(err, fault.Host)
			if found == nil || found.Code != fault.Deadline || found.Step != "step" || len(results) != 1 || results[0].Fault == nil {
				t.Errorf("%v, %+v", err, results)
			}
		})
	}
}
