package connectiontest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// program is the provider that is good, or does one thing wrong. It is built once for all tests.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "provider")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "provider")
	output, err := exec.Command("go", "build", "-o", path, "../../testdata/plugins/provider").CombinedOutput()
	if err != nil {
		return "", errors.New(string(output))
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := program(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary folder
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			code = 1
		}
	}
	os.Exit(code)
}

func target(t *testing.T, args ...string) connectiontest.Target {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return connectiontest.Target{Command: &launch.Command{Path: path, Args: args}}
}

// samples break a rule of the good provider, so that it has something to find.
func samples() connectiontest.Samples {
	return connectiontest.Samples{"plain": {
		Options: connection.Values{"style": "new"},
		Invalid: []connectiontest.Invalid{{Fields: connection.Values{"place": "mars"}, Key: "place"}},
	}}
}

// TestGoodProvider: a provider that does everything right passes, and every case is tried on it.
func TestGoodProvider(t *testing.T) {
	t.Parallel()
	report, err := connectiontest.Run(t.Context(), target(t), connectiontest.Options{Samples: samples()})
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		switch {
		case result.Verdict == connectiontest.Fail:
			t.Errorf("%s/%s: %s", result.Level, result.Case, result.Reason)
		case result.Verdict == connectiontest.NotOffered && !strings.HasPrefix(result.Case, "by-key:"):
			t.Errorf("%s/%s was not tried", result.Level, result.Case)
		}
	}
	if !report.Passed() || len(report.Results) < 100 {
		t.Errorf("%s", report.Summary())
	}
}

// TestFindsWrongs: whatever a provider does wrong fails the case that is about it, with words that say what.
func TestFindsWrongs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ wrong, failing, says string }{
		{"two-of-a-name", "describe/names", `both are called "plain"`},
		{"no-label", "describe/type:plain", "no label"},
		{"bad-key", "describe/type:Plain Type", "letters and digits"},
		{"two-inputs", "describe/inputs:plain", `two inputs or options "username"`},
		{"secret-default", "describe/inputs:plain", "password is secret and has a default"},
		{"secret-option", "describe/inputs:plain", "option style is secret"},
		{"default-no-choice", "describe/inputs:plain", `"mars"`},
		{"send-unknown", "describe/send:plain", `names "apiKey"`},
		{"send-token", "describe/send:plain", "the type has none"},
		{"send-open", "describe/send:plain", "a brace is open"},
		{"other-each-time", "describe/types", "other types each time"},
		{"takes-any-option", "schema/unknown-option:plain", "want a finding"},
		{"takes-any-option", "schema/wrong-option:plain", "want a finding"},
		{"takes-any-option", "together/schemas:machine", "want a finding"},
		{"forgets-fields", "schema/preset-fields:plain", "but its default is"},
		{"not-secret", "schema/plain:machine", "clientSecret is secret, but not in the schema"},
		{"asks-less", "schema/plain:signed", "it asks for []"},
		{"finds-nothing", "validate/by-key:plain", "want a finding of place"},
		{"finds-nothing", "unsupported/unknown-type", "Validate gives <nil>"},
		{"finds-together", "validate/by-key:plain", "want a finding of place"},
		{"repeats-secret", "validate/by-key:plain", "what Validate says holds the input password, in a query"},
		{"internal", "unsupported/verbs:plain", "Revoke gives cannot"},
		{"revokes-nothing", "unsupported/verbs:machine", "Revoke gives <nil>"},
		{"plain-challenge", "flow/obtain:person", "code_challenge_method"},
		{"secret-in-url", "flow/obtain:person", "what BeginAuthorize says holds the input clientSecret"},
		{"time-in-url", "flow/same-url:person", "different URLs"},
		{"rounds-numbers", "flow/obtain:machine", "account_id"},
		{"no-expiry", "errors/lifetime-as-text:machine", "it lives for 1h"},
		{"loses-context", "flow/obtain:person", "lacks parameters"},
		{"loses-refresh-token", "flow/renew-keeps:person", "refresh token is lost"},
		{"same-token", "flow/renew:person", "is the one before"},
		{"remembers", "together/another-process:person", "another process cannot exchange"},
		{"mixes-up", "together/tokens:machine", "want the token of"},
		{"tells", "errors/unknown-client:machine", "what Refresh says holds the input clientSecret"},
		{"tells-in-base64", "errors/unknown-client:person", "in Base64"},
		{"tells-in-query", "errors/large-page:machine", "in a query"},
		{"tells-in-hex", "errors/unreachable:machine", "in hex"},
		{"tells-in-json", "errors/redirect:person", "the input clientSecret"},
		{"always-later", "errors/unknown-client:machine", "misconfigured"},
		{"always-later", "flow/renew-once:person", "reauthorize"},
		{"always-wrong", "errors/large-page:machine", "unreachable"},
		{"forgets-when", "errors/overloaded:machine", "after 7s"},
		{"whose-fault", "errors/nothing:machine", "source downstream"},
		{"long-winded", "errors/no-json:machine", "characters"},
		{"follows", "errors/redirect:machine", "follows the redirect"},
		{"logs", "secrets/log", "the log of the process holds the input clientSecret"},
		{"crashes", "flow/obtain:machine", "was lost"},
		{"panics", "flow/renew:person", "panicked in Refresh: a value of type connection.Settings"},
		{"deaf", "together/canceled:machine", "goes on"},
		{"one-after-other", "together/not-held-up:person", "Validate gives"},
		{"signs-by-chance", "apply/equal:signed", "different additions"},
		{"signs-by-chance", "together/another-process:signed", "signs differently"},
		{"signs-nothing", "apply/bodies:signed", "adds nothing"},
		{"signs-two-lines", "apply/equal:signed", "holds what no header may"},
		{"signs-the-length", "apply/odd-requests:signed", "belongs to the transport"},
	} {
		t.Run(test.wrong+"/"+test.failing, func(t *testing.T) {
			t.Parallel()
			options := connectiontest.Options{Samples: samples(), Match: func(level connectiontest.Level, name string) bool {
				return string(level)+"/"+name == test.failing || test.failing == "secrets/log" && name == "obtain:machine"
			}}
			report, err := connectiontest.Run(t.Context(), target(t, test.wrong), options)
			if err != nil {
				t.Fatal(err)
			}
			last := report.Results[len(report.Results)-1]
			if last.Verdict != connectiontest.Fail || string(last.Level)+"/"+last.Case != test.failing || !strings.Contains(last.Reason, test.says) {
				t.Errorf("got %s %s/%s: %s", last.Verdict, last.Level, last.Case, last.Reason)
			}
		})
	}
}
