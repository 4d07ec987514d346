package privatekey_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/hookstep-dev/hookstep/plugins/privatekey"
	"github.com/hookstep-dev/hookstep/sdk"
	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/connectiontest"
	"github.com/hookstep-dev/hookstep/sdk/launch"
)

// plugin is the argument that makes the test binary a plugin program.
const plugin = "serve-privatekey"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == plugin {
		sdk.Serve(sdk.Plugin{Name: "privatekey", Version: "0.1.0", Provider: privatekey.New()})
	}
	goleak.VerifyTestMain(m)
}

func samples(t *testing.T) connectiontest.Samples {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return connectiontest.Samples{privatekey.Type: {
		Fields:  connection.Values{"privateKey": pkcs8(t, key)},
		Invalid: []connectiontest.Invalid{{Fields: connection.Values{"privateKey": "-----BEGIN nothing"}, Key: "privateKey"}},
	}}
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	bytes, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes}))
}

func TestConformanceInProcess(t *testing.T) {
	t.Parallel()
	connectiontest.Test(t, connectiontest.Target{Provider: privatekey.New()}, connectiontest.Options{Samples: samples(t)})
}

func TestConformanceOfPlugin(t *testing.T) {
	t.Parallel()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	target := connectiontest.Target{Command: &launch.Command{Path: path, Args: []string{plugin}}}
	connectiontest.Test(t, target, connectiontest.Options{Samples: samples(t)})
}
