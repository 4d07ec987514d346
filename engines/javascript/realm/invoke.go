package realm

import (
	"context"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// invokeFlow(flowName, data, options, done(error, status, headers, data)) asks the host for a sibling flow. headers are
// names and values in turn.
func (r *Realm) invokeFlow(call goja.FunctionCall) goja.Value {
	request := hostapi.InvokeRequest{Step: r.step.Key, Flow: call.Argument(0).String()}
	data, err := codec.Encode(r.runtime, call.Argument(1), "data", r.budget())
	if err != nil {
		r.throw(err)
	}
	request.Data = data
	if options := call.Argument(2); !goja.IsUndefined(options) {
		encoded, err := codec.Encode(r.runtime, options, "options", r.budget())
		if err != nil {
			r.throw(err)
		}
		request.Options = encoded.JSON
	}
	done, _ := goja.AssertFunction(call.Argument(3))
	r.ask(func(ctx context.Context) task {
		response, err := r.host.InvokeFlow(ctx, request)
		return func() error { return r.invoked(done, response, err) }
	})
	return goja.Undefined()
}

func (r *Realm) invoked(done goja.Callable, response hostapi.InvokeResponse, err error) error {
	if err != nil {
		_, err := done(goja.Undefined(), r.newError(err))
		return err
	}
	data, err := codec.DecodeValue(r.runtime, response.Data, r.newBuffer)
	if err != nil {
		_, err := done(goja.Undefined(), r.newError(err))
		return err
	}
	_, err = done(goja.Undefined(), goja.Null(), r.runtime.ToValue(response.Status), r.headerList(response.Headers), data)
	return err
}

// headerList makes an array of names and values in turn.
func (r *Realm) headerList(headers []hostapi.Header) goja.Value {
	list := make([]any, 0, 2*len(headers))
	for _, header := range headers {
		list = append(list, header.Name, header.Value)
	}
	return r.runtime.NewArray(list...)
}
