package realm

import (
	"fmt"
	"strings"
	"time"

	"github.com/dop251/goja"

	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

var (
	loggerNames  = []string{"trace", "debug", "info", "log", "warn", "error", "metric"}
	consoleNames = []string{
		"log", "info", "debug", "warn", "error", "trace", "dir", "table", "group", "groupCollapsed", "groupEnd", "time",
		"timeEnd", "timeLog", "count", "countReset", "assert",
	}
)

func (r *Realm) newLogger() goja.Value {
	return r.newLazy(loggerNames, func(name string) goja.Value { return r.logFunction(hostapi.Level(name)) })
}

func (r *Realm) newConsole() goja.Value {
	return r.newLazy(consoleNames, func(name string) goja.Value {
		switch name {
		case "log", "info", "debug", "warn", "error", "trace":
			return r.logFunction(hostapi.Level(name))
		}
		return r.fromPrelude("console", name)
	})
}

func (r *Realm) logFunction(level hostapi.Level) goja.Value {
	return r.runtime.ToValue(func(call goja.FunctionCall) goja.Value {
		if r.countLine() {
			r.write(level, r.format(call.Arguments))
		}
		return goja.Undefined()
	})
}

// log writes one line that is text already.
func (r *Realm) log(level hostapi.Level, text string) {
	if r.countLine() {
		r.write(level, text)
	}
}

// countLine tells whether one more line is kept.
func (r *Realm) countLine() bool {
	limit := r.run.Limits.LogLines
	if limit <= 0 {
		limit = DefaultLogLines
	}
	if r.lines >= limit {
		r.dropped++
		return false
	}
	r.lines++
	return true
}

func (r *Realm) write(level hostapi.Level, text string) {
	r.host.Log(hostapi.Line{Step: r.step.Key, Level: level, Text: hostapi.Cut(text), At: time.Now()})
}

// reportDropped says once how many lines went beyond the limit. The line is beyond the limit itself, so whoever keeps
// the limit counts it as one of them and adds the others.
func (r *Realm) reportDropped() {
	if r.dropped == 0 {
		return
	}
	r.host.Log(hostapi.Line{
		Step: r.step.Key, Level: hostapi.Warn, At: time.Now(), Dropped: r.dropped - 1,
		Text: fmt.Sprintf("%d more log lines were dropped: an execution keeps %d", r.dropped, r.lines),
	})
}

// format renders arguments as Node's util.format does. Plain texts and numbers need no prelude.
func (r *Realm) format(arguments []goja.Value) string {
	if !isPlain(arguments) {
		return r.formatWith("format", arguments...)
	}
	if len(arguments) == 1 {
		return text(arguments[0])
	}
	words := make([]string, len(arguments))
	for i, argument := range arguments {
		words[i] = argument.String()
	}
	return strings.Join(words, " ")
}

func isPlain(arguments []goja.Value) bool {
	for i, argument := range arguments {
		text, ok := argument.(goja.String)
		if !ok && !(goja.IsNumber(argument) && argument.ToFloat() != 0) {
			return false
		}
		if i == 0 && ok && len(arguments) > 1 && strings.Contains(text.String(), "%") {
			return false
		}
	}
	return true
}

func (r *Realm) formatWith(name string, arguments ...goja.Value) string {
	function, _ := goja.AssertFunction(r.fromPrelude("util", name))
	rendered, err := function(goja.Undefined(), arguments...)
	if err != nil {
		r.throw(err)
	}
	return rendered.String()
}

func (r *Realm) inspect(v goja.Value) string { return r.formatWith("inspect", v) }
