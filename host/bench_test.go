package host_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/recording"
)

// BenchmarkAnswer is the order flow through a real engine process, 16 at a time, without net/http's own server. Beside the
// wall time it tells the CPU time that the host's process took for each request.
func BenchmarkAnswer(b *testing.B) {
	served := quiet(b, "../testdata/integrations/order-intake")
	order, err := recording.Read(os.DirFS("../testdata/webhooks"), "shop/order")
	if err != nil {
		b.Fatal(err)
	}
	ask := func() int {
		request := httptest.NewRequest(order.Method, order.Target, bytes.NewReader(order.Body))
		request.Header = order.Header
		writer := &discard{header: http.Header{}}
		served.ServeHTTP(writer, request)
		return writer.status
	}
	if status := ask(); status != order.Want.Status { // the engine starts
		b.Fatalf("status %d", status)
	}
	b.SetParallelism(8)
	b.ReportAllocs()
	begun := processorTime(b)
	b.ResetTimer()
	b.RunParallel(func(loop *testing.PB) {
		for loop.Next() {
			if status := ask(); status != order.Want.Status {
				b.Errorf("status %d", status)
			}
		}
	})
	b.ReportMetric(float64((processorTime(b)-begun).Microseconds())/float64(b.N), "host-µs/op")
}

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// discard is a http.ResponseWriter that keeps the status.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header               { return d.header }
func (d *discard) WriteHeader(status int)            { d.status = status }
func (d *discard) Write(text []byte) (int, error)    { return io.Discard.Write(text) }
func (d *discard) SetReadDeadline(_ time.Time) error { return nil }
