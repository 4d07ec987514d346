package realm

import (
	"context"
	"slices"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// fetch(method, url, headers, body, redirect, connection, done(error, status, statusText, headers, body, url, redirected))
// asks the host for an HTTP exchange; headers are names and values in turn, connection is null for none. It gives a
// function that gives the exchange up.
func (r *Realm) fetch(call goja.FunctionCall) goja.Value {
	request := hostapi.FetchRequest{
		Step: r.step.Key, Method: call.Argument(0).String(), URL: call.Argument(1).String(),
		Headers: pairs(call.Argument(2)), Redirect: hostapi.Redirect(call.Argument(4).String()),
	}
	if raw, ok := codec.Bytes(call.Argument(3)); ok {
		request.Body = slices.Clone(raw)
	}
	if connection := call.Argument(5); !goja.IsNull(connection) {
		request.Connection = connection.String()
	}
	done, _ := goja.AssertFunction(call.Argument(6))
	gaveUp := make(chan struct{})
	r.ask(func(ctx context.Context) task {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() {
			select {
			case <-gaveUp:
				cancel()
			case <-ctx.Done():
			}
		}()
		response, err := r.host.Fetch(ctx, request)
		return func() error { return r.fetched(done, response, err) }
	})
	open := true
	return r.runtime.ToValue(func(goja.FunctionCall) goja.Value {
		if open {
			open = false
			close(gaveUp)
		}
		return goja.Undefined()
	})
}

func (r *Realm) fetched(done goja.Callable, response hostapi.FetchResponse, err error) error {
	if err != nil {
		_, err := done(goja.Undefined(), r.newError(err))
		return err
	}
	_, err = done(goja.Undefined(), goja.Null(), r.runtime.ToValue(response.Status), r.runtime.ToValue(response.StatusText),
		r.headerList(response.Headers), r.runtime.ToValue(r.runtime.NewArrayBuffer(slices.Clone(response.Body))),
		r.runtime.ToValue(response.URL), r.runtime.ToValue(response.Redirected))
	return err
}

// pairs reads an array of names and values in turn.
func pairs(v goja.Value) []hostapi.Header {
	list, ok := v.(*goja.Object)
	if !ok {
		return nil
	}
	var headers []hostapi.Header
	keys := list.Keys()
	for i := 0; i+1 < len(keys); i += 2 {
		headers = append(headers, hostapi.Header{Name: list.Get(keys[i]).String(), Value: list.Get(keys[i+1]).String()})
	}
	return headers
}
