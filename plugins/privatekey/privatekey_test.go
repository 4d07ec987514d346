package privatekey_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/plugins/privatekey"
	"github.com/hookstep-dev/hookstep/sdk/connection"
)

func TestType(t *testing.T) {
	t.Parallel()
	kind := privatekey.Description().Types[0]
	type input struct {
		Key, Label       string
		Required, Secret bool
		Kind             connection.Kind
	}
	var got []input
	for _, each := range kind.Inputs {
		got = append(got, input{each.Key, each.Label, each.Required, each.Secret, each.Kind})
	}
	want := []input{{"username", "Username", true, false, ""}, {"privateKey", "Private Key", true, true, connection.Multiline}}
	if diff := cmp.Diff(want, got); diff != "" || kind.Key != "privateKey" || kind.Label != "Private Key" {
		t.Errorf("%s, %s (-want +got):\n%s", kind.Key, kind.Label, diff)
	}
	if len(kind.Send.Headers)+len(kind.Send.Query) > 0 {
		t.Error("the key is sent with requests")
	}
}

func findings(t *testing.T, username, key string) []connection.Finding {
	t.Helper()
	found, err := privatekey.New().Validate(t.Context(), connection.Settings{Type: privatekey.Type, Fields: connection.Values{"username": username, "privateKey": key}})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestKeysThatAreTaken(t *testing.T) {
	t.Parallel()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := x509.MarshalECPrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)}))
	for name, key := range map[string]string{
		"PKCS#8 RSA": pkcs8(t, rsaKey), "PKCS#8 EC": pkcs8(t, ecKey), "PKCS#8 Ed25519": pkcs8(t, edKey), "PKCS#1": pkcs1,
		"EC": string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: ec})), "line breaks of Windows": strings.ReplaceAll(pkcs1, "\n", "\r\n"),
		"empty lines around": "\n\n" + pkcs1 + "\n\n",
	} {
		if found := findings(t, "ada", key); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// ssh-keygen writes the keys that people have, in its own format and in the older one, with and without a passphrase.
func TestKeysOfSSH(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("ssh-keygen")
	if err != nil {
		t.Skip("NOT TESTED: keys as ssh-keygen writes them: install the Debian package openssh-client")
	}
	for name, args := range map[string][]string{
		"ed25519": {"-t", "ed25519", "-N", ""}, "RSA": {"-t", "rsa", "-b", "2048", "-N", ""}, "ECDSA": {"-t", "ecdsa", "-N", ""},
		"passphrase": {"-t", "ed25519", "-N", "a passphrase"}, "PEM": {"-t", "rsa", "-b", "2048", "-m", "PEM", "-N", ""},
		"PEM with passphrase": {"-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "a passphrase"}, "PKCS#8 with passphrase": {"-t", "rsa", "-b", "2048", "-m", "PKCS8", "-N", "a passphrase"},
	} {
		file := filepath.Join(t.TempDir(), "key")
		if told, err := exec.Command(program, append(args, "-q", "-f", file)...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, told)
		}
		private, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if found := findings(t, "ada", string(private)); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
		public, err := os.ReadFile(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		if found := findings(t, "ada", string(public)); len(found) != 1 || !strings.Contains(found[0].Message, "is a public key") {
			t.Errorf("%s, the public part: %v", name, found)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := pkcs8(t, edKey)
	body := strings.Split(good, "\n")[1]
	block := func(kind, text string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(text)}))
	}
	for name, test := range map[string]struct{ username, key, at, words string }{
		"nothing":                 {"ada", "", "privateKey", "is empty"},
		"no PEM":                  {"ada", "canary-4711", "privateKey", "is no PEM text"},
		"lost line breaks":        {"ada", strings.ReplaceAll(strings.TrimSpace(good), "\n", " "), "privateKey", "has lost its line breaks"},
		"a part of it":            {"ada", good[:len(good)-20], "privateKey", "is no PEM text"},
		"a damaged PKCS#8 key":    {"ada", block("PRIVATE KEY", "canary-4711"), "privateKey", "is damaged"},
		"a damaged PKCS#1 key":    {"ada", block("RSA PRIVATE KEY", "canary-4711"), "privateKey", "no PKCS#1 key"},
		"a damaged EC key":        {"ada", block("EC PRIVATE KEY", "canary-4711"), "privateKey", "no EC key"},
		"a damaged OpenSSH key":   {"ada", block("OPENSSH PRIVATE KEY", "canary-4711"), "privateKey", "no OpenSSH key"},
		"a certificate":           {"ada", block("CERTIFICATE", "canary-4711"), "privateKey", "is not the private part"},
		"something else":          {"ada", block("CANARY", "canary-4711"), "privateKey", "is of an unknown form"},
		"two keys":                {"ada", good + good, "privateKey", "beside one key"},
		"words before it":         {"ada", "my key canary-4711:\n" + good, "privateKey", "beside one key"},
		"a key of PuTTY":          {"ada", "PuTTY-User-Key-File-3: ssh-ed25519\ncanary-4711", "privateKey", "export it in OpenSSH format"},
		"no name":                 {"", good, "username", "is empty"},
		"a space behind the name": {"ada ", good, "username", "begins or ends"},
		"a name of two lines":     {"canary-4711\nada", good, "username", "as one line"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := findings(t, test.username, test.key)
			if len(found) != 1 || found[0].Key != test.at || !strings.Contains(found[0].Message, test.words) {
				t.Fatalf("findings %v, want one of %s with %q", found, test.at, test.words)
			}
			if strings.Contains(found[0].Message, "anary-4711") || strings.Contains(found[0].Message, body) {
				t.Error("the message tells the value")
			}
		})
	}
}
