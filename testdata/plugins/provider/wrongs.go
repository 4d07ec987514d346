package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// wrong is the good provider but for the functions that are set.
type wrong struct {
	good

	describe func(*connection.Description)
	schema   func(connection.Declared, *connection.Schema)
	validate func(connection.Settings, []connection.Finding, error) ([]connection.Finding, error)
	begin    func(connection.Begin, string) string
	exchange func(context.Context, connection.Exchange) (connection.Token, error)
	refresh  func(context.Context, connection.Settings, connection.Token) (connection.Token, error)
	revoke   func(error) error
	apply    func(connection.Settings, *connection.Additions)
}

func (w wrong) Describe(ctx context.Context) (connection.Description, error) {
	description, err := w.good.Describe(ctx)
	if w.describe != nil {
		w.describe(&description)
	}
	return description, err
}

func (w wrong) Schema(ctx context.Context, declared connection.Declared) (connection.Schema, error) {
	schema, err := w.good.Schema(ctx, declared)
	if w.schema != nil {
		w.schema(declared, &schema)
	}
	return schema, err
}

func (w wrong) Validate(ctx context.Context, settings connection.Settings) ([]connection.Finding, error) {
	findings, err := w.good.Validate(ctx, settings)
	if w.validate != nil {
		return w.validate(settings, findings, err)
	}
	return findings, err
}

func (w wrong) BeginAuthorize(ctx context.Context, begin connection.Begin) (string, error) {
	link, err := w.good.BeginAuthorize(ctx, begin)
	if w.begin != nil && err == nil {
		link = w.begin(begin, link)
	}
	return link, err
}

func (w wrong) Exchange(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
	if w.exchange != nil {
		return w.exchange(ctx, exchange)
	}
	return w.good.Exchange(ctx, exchange)
}

func (w wrong) Refresh(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	if w.refresh != nil {
		return w.refresh(ctx, settings, token)
	}
	return w.good.Refresh(ctx, settings, token)
}

func (w wrong) Revoke(ctx context.Context, settings connection.Settings, token connection.Token) error {
	err := w.good.Revoke(ctx, settings, token)
	if w.revoke != nil {
		return w.revoke(err)
	}
	return err
}

func (w wrong) Apply(ctx context.Context, settings connection.Settings, token connection.Token, request connection.Request) (connection.Additions, error) {
	additions, err := w.good.Apply(ctx, settings, token, request)
	if w.apply != nil && err == nil {
		w.apply(settings, &additions)
	}
	return additions, err
}

// tells is a Refresh that fails with a fault whose words are made of the connection's secret.
func tells(words func(secret string) string) connection.Provider {
	return wrong{refresh: func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
		next, err := good{}.Refresh(ctx, settings, token)
		if found := fault.As(err, fault.Downstream); found != nil {
			found.Cause = fault.New(fault.Downstream, fault.Unreachable, "it said %s", words(settings.Fields["clientSecret"]))
			return next, found
		}
		return next, err
	}}
}

func described(change func(*connection.Type)) connection.Provider {
	return wrong{describe: func(d *connection.Description) { change(&d.Types[0]) }}
}

// answered changes every token that is made.
func answered(change func(members map[string]any, token *connection.Token)) connection.Provider {
	changed := func(token connection.Token, err error) (connection.Token, error) {
		var found map[string]any
		if err != nil || json.Unmarshal(token.Response, &found) != nil {
			return token, err
		}
		change(found, &token)
		token.Response, err = json.Marshal(found)
		return token, err
	}
	return wrong{
		exchange: func(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
			return changed(good{}.Exchange(ctx, exchange))
		},
		refresh: func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
			return changed(good{}.Refresh(ctx, settings, token))
		},
	}
}

// renewing changes how a Refresh is made.
func renewing(refresh func(context.Context, connection.Settings, connection.Token) (connection.Token, error)) connection.Provider {
	return wrong{refresh: refresh}
}

// faulted changes the faults of a Refresh.
func faulted(change func(*fault.Fault)) connection.Provider {
	return renewing(func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
		next, err := good{}.Refresh(ctx, settings, token)
		if found := fault.As(err, fault.Downstream); found != nil {
			change(found)
			return next, found
		}
		return next, err
	})
}

// wrongs are the providers that do one thing wrong.
func wrongs() map[string]connection.Provider {
	var describes int
	return map[string]connection.Provider{
		"two-of-a-name":     wrong{describe: func(d *connection.Description) { d.Types[1].Aliases = []string{"plain"} }},
		"no-label":          described(func(of *connection.Type) { of.Label = " " }),
		"bad-key":           described(func(of *connection.Type) { of.Key = "Plain Type" }),
		"two-inputs":        described(func(of *connection.Type) { of.Inputs[1].Key = "username" }),
		"secret-default":    described(func(of *connection.Type) { of.Inputs[1].Default = "swordfish" }),
		"secret-option":     described(func(of *connection.Type) { of.Options[0].Secret = true }),
		"default-no-choice": described(func(of *connection.Type) { of.Inputs[2].Default = "mars" }),
		"send-unknown":      described(func(of *connection.Type) { of.Send.Headers[0].Value = "Bearer {apiKey}" }),
		"send-token":        described(func(of *connection.Type) { of.Send.Headers[0].Value = "Bearer {token.access_token}" }),
		"send-open":         described(func(of *connection.Type) { of.Send.Headers[0].Value = "Bearer {username" }),
		"other-each-time": wrong{describe: func(d *connection.Description) {
			describes++
			d.Types[0].Comments += strings.Repeat("!", describes)
		}},

		"takes-any-option": wrong{schema: func(_ connection.Declared, schema *connection.Schema) { schema.Findings = nil }},
		"forgets-fields": wrong{schema: func(_ connection.Declared, schema *connection.Schema) {
			for i := range schema.Inputs {
				schema.Inputs[i].Default = ""
			}
		}},
		"not-secret": wrong{schema: func(_ connection.Declared, schema *connection.Schema) {
			for i := range schema.Inputs {
				schema.Inputs[i].Secret = false
			}
		}},
		"asks-less": wrong{schema: func(_ connection.Declared, schema *connection.Schema) { schema.Inputs = schema.Inputs[1:] }},
		"finds-nothing": wrong{validate: func(connection.Settings, []connection.Finding, error) ([]connection.Finding, error) {
			return nil, nil
		}},
		"finds-together": wrong{validate: func(_ connection.Settings, findings []connection.Finding, err error) ([]connection.Finding, error) {
			for i := range findings {
				findings[i].Key = ""
			}
			return findings, err
		}},
		"repeats-secret": wrong{validate: func(settings connection.Settings, findings []connection.Finding, err error) ([]connection.Finding, error) {
			for i := range findings {
				findings[i].Message += ": " + url.QueryEscape(settings.Fields["password"])
			}
			return findings, err
		}},
		"internal": wrong{revoke: func(err error) error {
			if err != nil {
				return errors.New("cannot")
			}
			return nil
		}},
		"revokes-nothing": wrong{revoke: func(error) error { return nil }},

		"plain-challenge": wrong{begin: func(_ connection.Begin, link string) string { return strings.Replace(link, "S256", "plain", 1) }},
		"secret-in-url": wrong{begin: func(begin connection.Begin, link string) string {
			return link + "&" + url.Values{"client_secret": {begin.Settings.Fields["clientSecret"]}}.Encode()
		}},
		"time-in-url":    wrong{begin: func(_ connection.Begin, link string) string { return link + "&t=" + fmt.Sprint(time.Now().UnixNano()) }},
		"rounds-numbers": answered(func(map[string]any, *connection.Token) {}),
		"no-expiry":      answered(func(_ map[string]any, token *connection.Token) { token.ExpiresAt = time.Time{} }),
		"loses-context": answered(func(members map[string]any, token *connection.Token) {
			members["account_id"], token.Context = json.Number("9007199254740993"), nil
		}),
		"loses-refresh-token": renewing(func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
			next, err := good{}.Refresh(ctx, settings, token)
			if err == nil {
				left := members(next)
				delete(left, "refresh_token")
				next.Response, err = json.Marshal(left)
			}
			return next, err
		}),
		"same-token": renewing(func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
			next, err := good{}.Refresh(ctx, settings, token)
			if err == nil && !token.IsZero() {
				return token, nil
			}
			return next, err
		}),
		"remembers": remembers(),
		"mixes-up":  mixesUp(),

		"tells":           tells(func(secret string) string { return secret }),
		"tells-in-base64": tells(func(secret string) string { return base64.StdEncoding.EncodeToString([]byte("client:" + secret)) }),
		"tells-in-query":  tells(url.QueryEscape),
		"tells-in-hex":    tells(func(secret string) string { return strings.ToUpper(hex.EncodeToString([]byte(secret))) }),
		"tells-in-json": tells(func(secret string) string {
			quoted, _ := json.Marshal(map[string]string{"a": secret})
			return string(quoted)
		}),
		"always-later": faulted(func(found *fault.Fault) { found.Code = fault.Unreachable }),
		"always-wrong": faulted(func(found *fault.Fault) { found.Code = fault.Misconfigured }),
		"forgets-when": faulted(func(found *fault.Fault) { found.RetryAfter = 0 }),
		"whose-fault":  faulted(func(found *fault.Fault) { found.Source = fault.Engine }),
		"long-winded":  faulted(func(found *fault.Fault) { found.Message += strings.Repeat(" sorry", 1000) }),
		"follows":      renewing(follows),
		"logs":         renewing(logs),
		"crashes": renewing(func(context.Context, connection.Settings, connection.Token) (connection.Token, error) {
			os.Exit(7)
			panic("unreachable")
		}),
		"panics": renewing(func(_ context.Context, settings connection.Settings, _ connection.Token) (connection.Token, error) {
			panic(settings)
		}),
		"deaf":            renewing(deaf),
		"one-after-other": oneAfterOther(),
		"signs-by-chance": wrong{apply: func(_ connection.Settings, a *connection.Additions) {
			a.Headers[0].Value += fmt.Sprint(time.Now().UnixNano())
		}},
		"signs-nothing":   wrong{apply: func(_ connection.Settings, a *connection.Additions) { a.Headers = nil }},
		"signs-two-lines": wrong{apply: func(_ connection.Settings, a *connection.Additions) { a.Headers[0].Value += "\r\nX-More: 1" }},
		"signs-the-length": wrong{apply: func(_ connection.Settings, a *connection.Additions) {
			a.Headers = append(a.Headers, hostapi.Header{Name: "Content-Length", Value: "1"})
		}},
	}
}

// remembers keeps in its process what the host hands in with each call.
func remembers() connection.Provider {
	var known sync.Map
	return wrong{
		begin: func(begin connection.Begin, link string) string {
			known.Store(begin.Settings.Fields["tokenUrl"], true)
			return link
		},
		exchange: func(ctx context.Context, exchange connection.Exchange) (connection.Token, error) {
			if _, found := known.Load(exchange.Settings.Fields["tokenUrl"]); !found {
				return connection.Token{}, fault.New(fault.Downstream, fault.Reauthorize, "nobody began this")
			}
			return good{}.Exchange(ctx, exchange)
		},
	}
}

// mixesUp uses the settings of whoever came last.
func mixesUp() connection.Provider {
	var mu sync.Mutex
	var last connection.Settings
	both := make(chan struct{})
	var meet sync.Once
	return wrong{refresh: func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
		mu.Lock()
		second := last.Fields != nil
		last = settings
		mu.Unlock()
		if second {
			meet.Do(func() { close(both) })
		}
		<-both
		mu.Lock()
		used := last
		mu.Unlock()
		return good{}.Refresh(ctx, used, token)
	}}
}

// follows sends its token request on to wherever the service says.
func follows(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	form := strings.NewReader(url.Values{"grant_type": {"refresh_token"}, "client_secret": {settings.Fields["clientSecret"]}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, settings.Fields["tokenUrl"], form)
	if err != nil {
		return connection.Token{}, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
	}
	return good{}.Refresh(ctx, settings, token)
}

func logs(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	fmt.Fprintf(os.Stderr, "refreshing with %q\n", settings.Fields["clientSecret"])
	return good{}.Refresh(ctx, settings, token)
}

// deaf goes on with its request when nobody waits for it any more.
func deaf(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
	return good{}.Refresh(context.WithoutCancel(ctx), settings, token)
}

// oneAfterOther holds a lock while it waits for the service.
func oneAfterOther() connection.Provider {
	var mu sync.Mutex
	return wrong{
		validate: func(_ connection.Settings, findings []connection.Finding, err error) ([]connection.Finding, error) {
			mu.Lock()
			defer mu.Unlock()
			return findings, err
		},
		refresh: func(ctx context.Context, settings connection.Settings, token connection.Token) (connection.Token, error) {
			mu.Lock()
			defer mu.Unlock()
			return good{}.Refresh(ctx, settings, token)
		},
	}
}
