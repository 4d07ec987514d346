package host_test

import (
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

// TestRecordedWebhooks sends every recorded request to the complete integrations.
func TestRecordedWebhooks(t *testing.T) {
	t.Parallel()
	base := listen(t, start(t, nil, "../testdata/integrations"))
	recordings, err := recording.ReadAll(os.DirFS("../testdata/webhooks"))
	if err != nil || len(recordings) == 0 {
		t.Fatalf("%d recordings, %v", len(recordings), err)
	}
	for _, recorded := range recordings {
		t.Run(recorded.Name, func(t *testing.T) {
			t.Parallel()
			request, err := recorded.Request(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			status, header, body := send(t, request)
			if err := recorded.Want.Check(status, header, body); err != nil {
				t.Error(err)
			}
		})
	}
}

func send(tb testing.TB, request *http.Request) (int, http.Header, []byte) {
	tb.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		tb.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return answer.StatusCode, answer.Header, body
}
