package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/dop251/goja"
)

const contextSource = `({
	configVars: JSON.parse(config),
	logger: { trace() {}, debug() {}, info() {}, log() {}, warn() {}, error() {}, metric() {} },
})`

// job is a list of compiled steps. It does not change after load.
type job struct {
	config  string // configVars as JSON text
	context *goja.Program
	steps   []step
}

type step struct {
	key     string
	program *goja.Program
}

// load compiles the steps, each given as KEY=FILE.
func load(config string, named []string) (*job, error) {
	about, err := goja.Compile("context", contextSource, false)
	if err != nil {
		return nil, err
	}
	made := &job{config: config, context: about}
	for _, each := range named {
		key, file, ok := strings.Cut(each, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not KEY=FILE", each)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		program, err := goja.Compile(file, "(function (module, exports) {"+string(text)+"\n})", false)
		if err != nil {
			return nil, err
		}
		made.steps = append(made.steps, step{key: key, program: program})
	}
	return made, nil
}

// run does the job for one request in a fresh runtime.
func (j *job) run(body string) (string, error) {
	vm := goja.New()
	if err := vm.Set("config", j.config); err != nil {
		return "", err
	}
	about, err := vm.RunProgram(j.context)
	if err != nil {
		return "", err
	}
	results, err := parse(vm, `{"trigger":{"results":{"body":{"data":`+body+`,"contentType":"application/json"}}}}`)
	if err != nil {
		return "", err
	}
	answer := ""
	for i, each := range j.steps {
		if answer, err = each.run(vm, about, results); err != nil {
			return "", fmt.Errorf("%s: %w", each.key, err)
		}
		if i == len(j.steps)-1 {
			break
		}
		earlier, err := parse(vm, `{"results":`+answer+`}`)
		if err != nil {
			return "", err
		}
		if err := results.ToObject(vm).Set(each.key, earlier); err != nil {
			return "", err
		}
	}
	return answer, nil
}

// run calls the step's function and gives its data as JSON text.
func (s step) run(vm *goja.Runtime, about, results goja.Value) (string, error) {
	wrapped, err := vm.RunProgram(s.program)
	if err != nil {
		return "", err
	}
	module := vm.NewObject()
	if _, err := call(wrapped, module, goja.Undefined()); err != nil {
		return "", err
	}
	returned, err := call(module.Get("exports"), about, results)
	if err != nil {
		return "", err
	}
	if promise, ok := returned.Export().(*goja.Promise); ok {
		if promise.State() != goja.PromiseStateFulfilled {
			return "", fmt.Errorf("the promise is not fulfilled: %v", promise.Result())
		}
		returned = promise.Result()
	}
	text, err := call(member(vm, "JSON", "stringify"), returned.ToObject(vm).Get("data"))
	if err != nil {
		return "", err
	}
	return text.String(), nil
}

func parse(vm *goja.Runtime, text string) (goja.Value, error) {
	return call(member(vm, "JSON", "parse"), vm.ToValue(text))
}

func member(vm *goja.Runtime, object, name string) goja.Value {
	return vm.Get(object).ToObject(vm).Get(name)
}

func call(function goja.Value, args ...goja.Value) (goja.Value, error) {
	callable, ok := goja.AssertFunction(function)
	if !ok {
		return nil, fmt.Errorf("not a function: %v", function)
	}
	return callable(goja.Undefined(), args...)
}
