// Package hmacnode_test runs the conformance suite against the provider in JavaScript.
package hmacnode_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// provider is how the provider is started. Its packages are those that `make hmac-node` has installed; where they are not, the
// test is skipped and says how to install them.
func provider(t *testing.T) *launch.Command {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("NOT TESTED: a provider in another language: there is no Node.js (Debian package nodejs)")
	}
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	packages := filepath.Join(cache(), "hookstep-tools", fmt.Sprintf("hmac-node-%x", sha256.Sum256(lock))[:len("hmac-node-")+12], "node_modules")
	if _, err := os.Stat(packages); err != nil {
		t.Skipf("NOT TESTED: a provider in another language: its packages are not in %s; run `make hmac-node` (needs npm)", packages)
	}
	script, err := filepath.Abs("hmac-node.js")
	if err != nil {
		t.Fatal(err)
	}
	// A busy machine reads a hundred files of JavaScript slowly.
	return &launch.Command{Path: node, Args: []string{script}, Env: []string{"NODE_PATH=" + packages}, StartTimeout: time.Minute}
}

// cache is the folder that the Makefile keeps tools in.
func cache() string {
	if set := os.Getenv("XDG_CACHE_HOME"); set != "" {
		return set
	}
	return filepath.Join(os.Getenv("HOME"), ".cache")
}

func TestConformance(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("samples.json")
	if err != nil {
		t.Fatal(err)
	}
	samples, err := connectiontest.ReadSamples(text)
	if err != nil {
		t.Fatal(err)
	}
	connectiontest.Test(t, connectiontest.Target{Command: provider(t)}, connectiontest.Options{Samples: samples})
}

// TestSignature: what JavaScript signs is what Go would.
func TestSignature(t *testing.T) {
	t.Parallel()
	process, err := launch.Start(t.Context(), *provider(t))
	if err != nil {
		t.Fatal(err)
	}
	defer process.Kill(fault.New(fault.Host, fault.Canceled, "the test is over"))
	settings := connection.Settings{Type: "hmacHeader", Fields: connection.Values{"keyId": "k1", "secret": "Zoë's\nsecret", "algorithm": "sha256"}}
	body := make([]byte, 300<<10)
	got, err := process.Provider().Apply(t.Context(), settings, connection.Token{}, connection.Request{
		Method: "PUT", URL: "https://api.example.com/ü", Body: body, At: time.Unix(1_772_600_767, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := hmac.New(sha256.New, []byte("Zoë's\nsecret"))
	fmt.Fprintf(sum, "PUT\nhttps://api.example.com/ü\n1772600767\n%x", sha256.Sum256(body))
	want := []hostapi.Header{
		{Name: "X-Key-Id", Value: "k1"}, {Name: "X-Timestamp", Value: "1772600767"}, {Name: "X-Signature", Value: hex.EncodeToString(sum.Sum(nil))},
	}
	if diff := cmp.Diff(want, got.Headers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
