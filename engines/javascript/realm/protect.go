package realm

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// protect runs work that touches the runtime from outside of it. Whatever is thrown or panics comes back as an error;
// after a panic the realm is not used any more.
func (r *Realm) protect(work func() error) (err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = recovered(thrown)
		}
	}()
	if exception := r.runtime.Try(func() { err = work() }); exception != nil {
		return exception
	}
	return err
}

func recovered(thrown any) error {
	switch thrown := thrown.(type) {
	case runtime.Error:
		if strings.Contains(thrown.Error(), "out of range") {
			return fault.New(fault.Limit, fault.Memory, "the code asked for more memory than there is (%v)", thrown)
		}
		return fault.New(fault.Engine, fault.Internal, "the interpreter failed: %v", thrown)
	case error:
		return thrown
	case goja.Value:
		return rejection{thrown}
	}
	return errors.New(fmt.Sprint(thrown))
}

// throw ends the native function that calls it with err as a JavaScript error. It must be called from code that the
// runtime called.
func (r *Realm) throw(err error) {
	var exception *goja.Exception
	switch {
	case errors.As(err, &exception):
		panic(exception)
	case isUncatchable(err):
		panic(err)
	}
	panic(r.newError(err))
}

func isUncatchable(err error) bool {
	var interrupted *goja.InterruptedError
	var overflow *goja.StackOverflowError
	return errors.As(err, &interrupted) || errors.As(err, &overflow)
}
