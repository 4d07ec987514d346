//go:build awskms

package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeyOfAWSKMS uses moto's AWS KMS, which is a server of its own, with the program as it is built for AWS.
func TestKeyOfAWSKMS(t *testing.T) {
	t.Parallel()
	service := startMoto(t)
	program := &kmsProgram{path: buildForKMS(t), data: t.TempDir(), env: append(os.Environ(),
		"AWS_ENDPOINT_URL_KMS="+service.url, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION="+motoRegion, "AWS_EC2_METADATA_DISABLED=true",
	)}
	key, other := "aws-kms://"+service.newKey(t), "aws-kms://"+service.newKey(t)

	operators, end := program.serve(t, "--seal-kms", key)
	program.says(t, 0, "sealed under the key "+key, "keys", "status", "--admin", operators)
	program.says(t, 0, "everything is sealed with the key", "keys", "rotate", "--admin", operators)
	end()
	if _, err := os.Stat(filepath.Join(program.data, "seal.key")); err == nil {
		t.Error("a key file was made beside")
	}

	serve := []string{"serve", program.integration(), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}
	program.says(t, 4, "are sealed under the key "+key, append(serve, "--seal-kms", other)...)
	program.says(t, 4, "are sealed under the key "+key, serve...)
	program.says(t, 4, "this program knows keys of AWS KMS", append(serve, "--seal-kms", "hcvault://vault/transit/keys/k")...)

	operators, end = program.serve(t, "--seal-kms", other, "--seal-previous-kms", key)
	program.says(t, 0, "sealed under the key "+other, "keys", "rewrap", "--admin", operators)
	end()
	_, end = program.serve(t, "--seal-kms", other)
	end()
	program.says(t, 4, "are sealed under the key "+other, append(serve, "--seal-kms", key)...)

	service.stop(t)
	program.says(t, 4, "does not open with its key, "+other, append(serve, "--seal-kms", other)...)
}

// kmsProgram is the program of the build, with one data folder.
type kmsProgram struct {
	path, data string
	env        []string
}

func buildForKMS(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hookstep")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-tags", "awskms", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return path
}

func (p *kmsProgram) integration() string { return filepath.Join(p.data, "hello") }

// serve starts a server, and gives the operators' address and what ends it.
func (p *kmsProgram) serve(t *testing.T, flags ...string) (operators string, end func()) {
	t.Helper()
	if err := os.MkdirAll(p.integration(), 0o755); err != nil {
		t.Fatal(err)
	}
	const yaml = "name: Hello\nflows:\n  - name: Greet\n    synchronous: true\n    steps:\n      - {name: Say, code: \"module.exports = async () => ({ data: 1 });\\n\"}\n"
	if err := os.WriteFile(filepath.Join(p.integration(), "integration.yaml"), []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	made := &server{ended: make(chan struct{})}
	made.command = exec.Command(p.path, append([]string{"serve", p.integration(), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data", p.data}, flags...)...)
	made.command.Env, made.command.Dir = p.env, p.data
	found, err := made.start()
	end = func() {
		_ = made.command.Process.Signal(os.Interrupt)
		<-made.ended
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return found[2], end
}

// says runs a command, and wants an exit code and words.
func (p *kmsProgram) says(t *testing.T, code int, words string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), p.path, append(args, "--data", p.data)...)
	command.Env, command.Dir = p.env, p.data
	out, err := command.CombinedOutput()
	if got := command.ProcessState; got == nil || exitCode(got) != code || !strings.Contains(string(out), words) {
		t.Errorf("%v: %v, wrote:\n%s\nwant exit code %d and %q", args, err, out, code, words)
	}
}

// moto is a server of moto.
type moto struct {
	command *exec.Cmd
	url     string
}

const motoRegion = "eu-central-1"

// startMoto starts moto_server, which comes with the Python package moto, on a free port.
func startMoto(t *testing.T) *moto {
	t.Helper()
	path, err := exec.LookPath("moto_server")
	if err != nil {
		t.Skip("moto_server is not installed: pip install 'moto[server]'")
	}
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	made := &moto{command: exec.Command(path, "-H", "127.0.0.1", "-p", port), url: "http://" + address}
	if err := made.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = made.command.Process.Kill() })
	err = poll(func() error {
		_, err := made.ask(t.Context(), "ListKeys", "{}")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func freeAddress(t *testing.T) string {
	t.Helper()
	var listening net.ListenConfig
	free, err := listening.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer free.Close() // it was only to find a port
	return free.Addr().String()
}

func (m *moto) stop(t *testing.T) {
	t.Helper()
	if err := m.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = m.command.Wait()
}

// newKey makes a key and gives its ARN.
func (m *moto) newKey(t *testing.T) string {
	t.Helper()
	text, err := m.ask(t.Context(), "CreateKey", "{}")
	if err != nil {
		t.Fatal(err)
	}
	var made struct{ KeyMetadata struct{ Arn string } }
	if err := json.Unmarshal(text, &made); err != nil || made.KeyMetadata.Arn == "" {
		t.Fatalf("%v: %s", err, text)
	}
	return made.KeyMetadata.Arn
}

func (m *moto) ask(ctx context.Context, action, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "TrentService."+action)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+motoRegion+"/kms/aws4_request, SignedHeaders=host, Signature=0")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: %s", response.Status, text))
	}
	return text, err
}
