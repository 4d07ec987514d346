package fault_test

import (
	"math"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 8, 23, 59, 30, 500e6, time.UTC)
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, " 1.5 ": 1500 * time.Millisecond, "0": 0, "-3": 0, "": 0, "soon": 0, "NaN": 0, "1e300": fault.MaxRetryAfter, "Inf": fault.MaxRetryAfter,
		"Mon, 09 Nov 2026 00:00:00 GMT":  29500 * time.Millisecond,
		"Monday, 09-Nov-26 00:00:00 GMT": 29500 * time.Millisecond,
		"Mon Nov  9 00:00:00 2026":       29500 * time.Millisecond,
		"Sun, 08 Nov 2026 00:00:00 GMT":  0,
		"Fri, 09 Nov 2096 00:00:00 GMT":  fault.MaxRetryAfter,
		"2026-11-09T00:00:00Z":           0,
	} {
		if got := fault.RetryAfterText(text, now); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	for seconds, want := range map[float64]time.Duration{
		2.5: 2500 * time.Millisecond, 0: 0, -1: 0, math.NaN(): 0, math.Inf(1): fault.MaxRetryAfter, math.Inf(-1): 0, 1e12: fault.MaxRetryAfter,
	} {
		if got := fault.RetryAfterSeconds(seconds); got != want {
			t.Errorf("%v: %s, want %s", seconds, got, want)
		}
	}
}
