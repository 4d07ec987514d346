package main_test

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

// Every complete integration answers its recorded webhooks as expected, from the binary that `make run` starts.
func TestRecordedWebhooks(t *testing.T) {
	t.Parallel()
	root := repository(t)
	recordings, err := recording.ReadAll(os.DirFS(filepath.Join(root, "testdata", "webhooks")))
	if err != nil || len(recordings) == 0 {
		t.Fatalf("%d recordings, error %v", len(recordings), err)
	}
	base, _ := serveUntilEnd(t, exec.Command(filepath.Join(binary, "hookstep"), "serve", filepath.Join(root, "testdata", "integrations")))
	for _, recorded := range recordings {
		t.Run(recorded.Name, func(t *testing.T) {
			t.Parallel()
			request, err := recorded.Request(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if err := recorded.Want.Check(response.StatusCode, response.Header, body); err != nil {
				t.Error(err)
			}
		})
	}
}

// serveUntilEnd runs a serve command on free ports until the test ends, and gives the URLs of its hooks and for its operators.
// Its data is in a new folder, unless more variables say otherwise.
func serveUntilEnd(t *testing.T, command *exec.Cmd, more ...string) (hooks, operators string) {
	t.Helper()
	made := &server{command: command, ended: make(chan struct{})}
	command.Env = append(os.Environ(), "HOOKSTEP_LISTEN=127.0.0.1:0", "HOOKSTEP_ADMIN=127.0.0.1:0", "HOOKSTEP_DATA="+t.TempDir())
	command.Env = append(command.Env, more...)
	found, err := made.start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		<-made.ended
	})
	return found[1], found[2]
}
