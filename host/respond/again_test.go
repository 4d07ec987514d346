package respond_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/respond"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestDuplicate(t *testing.T) {
	t.Parallel()
	first := &integration.Response{Status: 201, Headers: make([]hostapi.Header, 1, 8), Body: []byte("x")}
	first.Headers[0] = hostapi.Header{Name: "X-Own", Value: "yes"}
	one, two := respond.Duplicate(first), respond.Duplicate(first)
	two.Headers[1].Value = "changed"
	want := integration.Response{Status: 201, Headers: []hostapi.Header{{Name: "X-Own", Value: "yes"}, {Name: respond.DuplicateHeader, Value: "true"}}, Body: []byte("x")}
	if diff := cmp.Diff(want, one); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(first.Headers) != 1 {
		t.Errorf("the first answer was changed: %v", first.Headers)
	}
}

func TestAgain(t *testing.T) {
	t.Parallel()
	for contentType, want := range map[string]value.Value{
		"application/json":          value.JSON([]byte(`{"a":1}`)),
		"text/plain; charset=utf-8": value.Text(`{"a":1}`),
		"application/octet-stream":  value.Bytes([]byte(`{"a":1}`), "application/octet-stream"),
	} {
		got := respond.Again(&integration.Response{Status: 200, Headers: []hostapi.Header{{Name: "Content-Type", Value: contentType}}, Body: []byte(`{"a":1}`)})
		if diff := cmp.Diff(want, got.Data); diff != "" || got.Status != 200 {
			t.Errorf("%s: %d (-want +got):\n%s", contentType, got.Status, diff)
		}
	}
}
