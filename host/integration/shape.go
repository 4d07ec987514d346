package integration

import (
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

type (
	shape = document.Shape
	key   = document.Key
)

func text() *shape             { return &shape{Form: document.TextForm} }
func anyText() *shape          { return &shape{Form: document.TextForm, Empty: true} }
func flag() *shape             { return &shape{Form: document.FlagForm} }
func words(w ...string) *shape { return &shape{Form: document.TextForm, Words: w} }
func listOf(s *shape) *shape   { return &shape{Form: document.ListForm, Each: s} }
func eachOf(s *shape) *shape   { return &shape{Form: document.EachForm, Each: s} }
func keys(k ...key) *shape     { return &shape{Form: document.KeysForm, Keys: k} }
func oneOf(s ...*shape) *shape { return &shape{Form: document.OneOfForm, OneOf: s} }

func duration(longest time.Duration) *shape {
	return &shape{Form: document.DurationForm, Longest: longest}
}

func integer(least, most int64) *shape {
	return &shape{Form: document.IntegerForm, Min: least, Max: most}
}

// FileShape describes integration.yaml.
func FileShape() *document.Shape {
	return keys(
		key{Name: "name", Shape: text(), Required: true, Doc: "Display name of the integration."},
		key{Name: "description", Shape: anyText(), Doc: "What it does, for people."},
		key{Name: "version", Shape: text(), Doc: "Version of the integration, as code sees it in integration.externalVersion."},
		key{Name: "memory", Shape: &shape{Form: document.SizeForm}, Doc: "Memory limit of each of its engine processes, as in 256MB."},
		key{
			Name: "secrets", Shape: words(secretsVisible, secretsHidden),
			Doc: "hidden: code gets handles in place of the secrets of its connections, and uses these through fetch.",
		},
		key{Name: "configVars", Shape: eachOf(configVarShape()), Doc: "Config variables by display name."},
		key{Name: "queue", Shape: instanceQueueShape(), Doc: "Limit of asynchronous executions of one instance."},
		key{Name: "flows", Shape: listOf(flowShape()), Required: true, Doc: "The flows."},
	)
}

// What the key secrets may say.
const (
	secretsVisible = "visible"
	secretsHidden  = "hidden"
)

func configVarShape() *shape {
	return keys(append([]key{
		{Name: "type", Shape: words(varTypes()...), Required: true, Doc: "Type of its values."},
		{Name: "description", Shape: anyText(), Doc: "What it is for, for people."},
		{Name: "default", Shape: &shape{Form: document.AnyForm}, Doc: "Value of instances that set none."},
		{Name: "required", Shape: flag(), Doc: "Every instance must have a value."},
		{
			Name: "options", Shape: oneOf(listOf(text()), eachOf(anyText())),
			Doc: "Of a picklist: what it allows. Of a connection: options of its type by their keys.",
		},
	}, connectionKeys()...)...)
}

// connectionKeys are those of a config variable that is a connection, and of no other.
func connectionKeys() []key {
	return []key{
		{Name: "connection", Shape: text(), Doc: "Type of the connection, as in apiKey or authorizationCode: `hookstep plugins list` names those that there are."},
		{Name: "preset", Shape: text(), Doc: "Well-known service that fills in what is equal for all, as in github; short for options.preset."},
		{Name: "discover", Shape: text(), Doc: "Issuer whose published metadata fills in the endpoints; short for options.discover."},
		{
			Name: "fields", Shape: eachOf(oneOf(anyText(), listOf(pairShape()), eachOf(anyText()))),
			Doc: "Inputs for all instances that give none of their own. Never secrets.",
		},
		{Name: "shared", Shape: flag(), Doc: "All instances have this one connection; by default each has its own."},
		{Name: "hosts", Shape: listOf(text()), Doc: "Where fetch may send the credential, as in api.shop.example or \"*.shop.example\"; https unless written."},
		{Name: "send", Shape: sendShape(), Doc: "Where the credential stands in a request; by default where its type says."},
		{Name: "test", Shape: text(), Doc: "URL whose GET succeeds with the credential, for `hookstep connections test`."},
	}
}

func sendShape() *shape {
	const places = "{apiKey} is an input, {token.access_token} a member of the token, {basic username password} the form of HTTP's Basic scheme."
	return keys(
		key{Name: "headers", Shape: eachOf(text()), Doc: "Values of headers by name: " + places},
		key{Name: "query", Shape: eachOf(text()), Doc: "Values of query parameters by name: " + places},
	)
}

func flowShape() *shape {
	return keys(
		key{Name: "name", Shape: text(), Required: true, Doc: "Display name; its URL form is receive-order for Receive order."},
		key{Name: "description", Shape: anyText(), Doc: "What it does, for people."},
		key{Name: "synchronous", Shape: flag(), Doc: "The caller waits for the last step's result."},
		key{Name: "timeout", Shape: duration(0), Doc: "Limit of an execution, as in 30s."},
		key{Name: "retry", Shape: flowRetryShape(), Doc: "Repeats failed executions of an asynchronous flow."},
		key{Name: "queue", Shape: queueShape(), Doc: "How many executions of an asynchronous flow run at once: parallel, sequential, or a mapping."},
		key{Name: "dedupe", Shape: dedupeShape(), Doc: "Only one execution for all calls with an equal value; the others get its answer."},
		key{Name: "trigger", Shape: triggerShape(), Doc: "How the flow starts; without code, the webhook's payload goes on as it came."},
		key{Name: "steps", Shape: listOf(stepShape()), Doc: "Code steps in the order in which they run."},
	)
}

func flowRetryShape() *shape {
	return keys(
		key{Name: "attempts", Shape: integer(1, 10), Required: true, Doc: "Repeats after the first try."},
		key{Name: "delay", Shape: duration(24 * time.Hour), Doc: "Wait before the first repeat."},
		key{Name: "exponential", Shape: flag(), Doc: "Each wait is twice the one before, at most 24h."},
		key{Name: "cancelKey", Shape: text(), Doc: "Reference into the trigger's results, as in body.data.order.id: a newer execution with an equal value ends the repeats."},
	)
}

func instanceQueueShape() *shape {
	return keys(key{
		Name: "limit", Shape: integer(1, mostAtOnce), Required: true, Doc: "Asynchronous executions of one instance at once, over all its flows.",
	})
}

// mostAtOnce is the greatest limit of a queue.
const mostAtOnce = 100_000

func queueShape() *shape {
	modes := words("parallel", "throttled", "sequential")
	return oneOf(modes, keys(
		key{Name: "mode", Shape: modes, Doc: "parallel: any number; throttled: up to limit; sequential: one after the other, in the order of acceptance."},
		key{Name: "limit", Shape: integer(1, mostAtOnce), Doc: "Of throttled: executions at once."},
		key{Name: "key", Shape: text(), Doc: "Reference into the trigger's results, as in body.data.customer.id: executions with another value do not wait for each other."},
	))
}

// longestDedupe is how long a dedupe key may be kept.
const longestDedupe = 90 * 24 * time.Hour

func dedupeShape() *shape {
	return keys(
		key{
			Name: "key", Shape: text(), Required: true,
			Doc: "Reference into the trigger's results, as in headers.x-github-delivery; a call without a value there has no duplicates.",
		},
		key{Name: "for", Shape: duration(longestDedupe), Doc: "How long after the first call, 24h by default, at most 2160h."},
	)
}

func scheduleShape() *shape {
	return keys(
		key{Name: "cron", Shape: text(), Doc: "Minute, hour, day, month and weekday, as in 0 9 * * 1-5; or @hourly, @daily, @weekly, @monthly, @yearly."},
		key{Name: "every", Shape: duration(0), Doc: "A period, as in 5m, counted from 1970-01-01T00:00:00Z."},
		key{Name: "at", Shape: text(), Doc: "A single time, as in 2026-12-24T18:00:00."},
		key{Name: "configVar", Shape: text(), Doc: "Name of a config variable of type schedule: each instance says when."},
		key{Name: "timeZone", Shape: text(), Doc: "Of cron and at, as in Europe/Berlin; UTC by default."},
		key{
			Name: "missed", Shape: words(string(SkipMissed), string(CatchUpOnce)),
			Doc: "What becomes of times at which no host was there: skip (default), or once for one execution afterwards.",
		},
		key{Name: "singleton", Shape: flag(), Doc: "It does not start while an execution that it started before has not ended."},
	)
}

func codeKeys() []key {
	return []key{
		{Name: "file", Shape: text(), Doc: "Code file, relative to the integration's folder."},
		{Name: "code", Shape: text(), Doc: "The code itself, best as a literal block (|)."},
		{Name: "engine", Shape: text(), Doc: "Engine that runs it; by default the one of the file's ending, JavaScript for inline code."},
		{Name: "timeout", Shape: duration(0), Doc: "Limit of this code alone, as in 2s."},
	}
}

func triggerShape() *shape {
	return keys(append(codeKeys(),
		key{Name: "name", Shape: text(), Doc: "Display name, Trigger by default."},
		key{Name: "apiKey", Shape: words("required", "none"), Doc: "Whether callers need one of the instance's API keys."},
		key{Name: "schedule", Shape: scheduleShape(), Doc: "When the flow starts by itself; its webhook starts it too."},
		key{
			Name: "on", Shape: words(string(OnWebhook), string(OnDeploy), string(OnRemove)),
			Doc: "What else than its webhook starts the flow: that the instance is deployed, or removed.",
		},
		key{Name: "endpoint", Shape: words("named", "unguessable"), Doc: "URL by instance and flow name, or by an unguessable token."},
	)...)
}

func stepShape() *shape {
	return keys(append(codeKeys(),
		key{Name: "name", Shape: text(), Required: true, Doc: "Display name; its key in stepResults is computeTotals for Compute totals."},
		key{Name: "onError", Shape: onErrorShape(), Doc: "What happens when the step fails."},
	)...)
}

func onErrorShape() *shape {
	return oneOf(words(string(Fail), string(Ignore)), keys(
		key{Name: "do", Shape: words(string(Fail), string(Ignore), string(Retry)), Required: true, Doc: "fail, ignore or retry."},
		key{Name: "attempts", Shape: integer(0, 5), Doc: "Of retry: repeats after the first try."},
		key{Name: "delay", Shape: duration(time.Minute), Doc: "Of retry: wait before the first repeat."},
		key{Name: "exponential", Shape: flag(), Doc: "Of retry: each wait is twice the one before, at most 60s."},
	))
}

// InstanceShape describes a file in instances/.
func InstanceShape() *document.Shape {
	return keys(
		key{Name: "name", Shape: text(), Doc: "Name for people; the file's name by default."},
		key{Name: "id", Shape: text(), Doc: "Id that code sees; the file's name by default."},
		key{Name: "customer", Shape: customerShape(), Doc: "Whose instance it is."},
		key{Name: "configVars", Shape: eachOf(&shape{Form: document.AnyForm}), Doc: "Values of the config variables by display name."},
		key{Name: "apiKeys", Shape: apiKeysShape(), Doc: "API keys of all flows (a list), or by flow name."},
		key{Name: "queue", Shape: instanceQueueShape(), Doc: "Limit of the instance's asynchronous executions, instead of the integration's."},
	)
}

func customerShape() *shape {
	return keys(
		key{Name: "id", Shape: text(), Doc: "Id that code sees."},
		key{Name: "externalId", Shape: text(), Doc: "The customer's id in your own systems."},
		key{Name: "name", Shape: text(), Doc: "The customer's name."},
	)
}

func apiKeysShape() *shape {
	return oneOf(text(), listOf(text()), eachOf(oneOf(text(), listOf(text()))))
}
