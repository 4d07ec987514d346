package supervisor_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/host/supervisor"
)

func BenchmarkAcquireRelease(b *testing.B) {
	s := open(b, nil)
	tenant := supervisor.Tenant{ID: "a"}
	if err := s.Warm(b.Context(), "probe", tenant); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		lease, err := s.Acquire(b.Context(), "probe", tenant)
		if err != nil {
			b.Fatal(err)
		}
		lease.Release()
	}
}

func BenchmarkAcquireReleaseParallel(b *testing.B) {
	s := open(b, nil)
	tenant := supervisor.Tenant{ID: "a"}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			lease, err := s.Acquire(b.Context(), "probe", tenant)
			if err != nil {
				b.Error(err)
				return
			}
			lease.Release()
		}
	})
}
