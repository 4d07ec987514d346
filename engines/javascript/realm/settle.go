package realm

import (
	"context"
	"errors"
	"reflect"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

var typePromise = reflect.TypeFor[*goja.Promise]()

// settle awaits what code returned: it turns the event loop until the promise is settled.
func (r *Realm) settle(ctx context.Context, returned goja.Value) (goja.Value, error) {
	promise, err := r.promiseOf(returned)
	if promise == nil {
		if err == nil {
			err = r.unhandled(nil)
		}
		return returned, err
	}
	for {
		if err := r.unhandled(promise); err != nil {
			return nil, err
		}
		switch promise.State() {
		case goja.PromiseStateFulfilled:
			return promise.Result(), nil
		case goja.PromiseStateRejected:
			return nil, rejection{promise.Result()}
		}
		task, err := r.loop.next(ctx)
		if errors.Is(err, errNothingPending) {
			return nil, fault.New(fault.User, fault.NeverSettled,
				"the promise can never settle: no timer and no host call is pending that could resolve it")
		}
		if err != nil {
			return nil, err
		}
		if err := task(); err != nil {
			return nil, err
		}
	}
}

// promiseOf finds the promise in what code returned, nil for a plain value. Another thenable is adopted.
func (r *Realm) promiseOf(returned goja.Value) (*goja.Promise, error) {
	object, ok := returned.(*goja.Object)
	if !ok {
		return nil, nil //nolint:nilnil // a plain value
	}
	if object.ExportType() == typePromise {
		promise, _ := object.Export().(*goja.Promise)
		return promise, nil
	}
	if _, ok := goja.AssertFunction(object.Get("then")); !ok {
		return nil, nil //nolint:nilnil // a plain value
	}
	promise, resolve, _ := r.runtime.NewPromise()
	err := resolve(object)
	return promise, err
}

// rejection is a promise's reason as an error.
type rejection struct{ reason goja.Value }

func (rejection) Error() string { return "rejected" }

// track keeps the list of rejected promises that nobody handles.
func (r *Realm) track(promise *goja.Promise, operation goja.PromiseRejectionOperation) {
	if operation == goja.PromiseRejectionReject {
		r.rejected = append(r.rejected, promise)
		return
	}
	for i, one := range r.rejected {
		if one == promise {
			r.rejected = append(r.rejected[:i], r.rejected[i+1:]...)
			return
		}
	}
}

// unhandled gives the first rejection that nobody handles, as Node ends a process for it. awaited is handled by us.
func (r *Realm) unhandled(awaited *goja.Promise) error {
	for _, promise := range r.rejected {
		if promise != awaited {
			r.rejected = nil
			return rejection{promise.Result()}
		}
	}
	return nil
}
