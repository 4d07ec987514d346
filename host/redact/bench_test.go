package redact_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/redact"
)

// order is JSON of about so many bytes, with one of the secrets at its end if there is one.
func order(size int, secret string) []byte {
	var text bytes.Buffer
	text.WriteString(`{"items":[`)
	for i := 0; text.Len() < size-len(secret)-20; i++ {
		fmt.Fprintf(&text, `{"sku":"A-%05d","name":"Blue cotton shirt, size %d","price":%d.95,"tags":["a","b"]},`, i, i%50, i%90)
	}
	fmt.Fprintf(&text, `null],"by":%q}`, secret)
	return text.Bytes()
}

func secrets(count int) []redact.Secret {
	made := make([]redact.Secret, count)
	for i := range made {
		made[i] = redact.Secret{Name: fmt.Sprintf("Connection %d.apiKey", i), Value: fmt.Sprintf("%d-sk_live_canary/%032x", i, i*7919)}
	}
	return made
}

func BenchmarkHide(b *testing.B) {
	ten := redact.NewSet(secrets(10))
	var none *redact.Set
	for _, size := range []int{1 << 10, 1 << 20} {
		clean, dirty := order(size, "nobody"), order(size, secrets(10)[3].Value)
		for name, hide := range map[string]func() []byte{
			"no secrets":          func() []byte { return none.HideJSON(clean) },
			"ten, none in it":     func() []byte { return ten.HideJSON(clean) },
			"ten, one in it":      func() []byte { return ten.HideJSON(dirty) },
			"ten, nothing hidden": func() []byte { return ten.RevealJSON(clean) },
		} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					hide()
				}
			})
		}
	}
}

func BenchmarkNewSet(b *testing.B) {
	for b.Loop() {
		redact.NewSet(secrets(1))
	}
}

func BenchmarkRegistryText(b *testing.B) {
	line := "answered execution 01KAP3V9E8Q2 instance acme flow receive-order milliseconds 0.42 status 200"
	for _, owners := range []int{0, 1, 10_000} {
		registry := redact.NewRegistry(time.Hour, time.Now)
		for i := range owners {
			registry.Learn(redact.Owner{Instance: fmt.Sprint(i)}, []redact.Secret{{Name: "key", Value: fmt.Sprintf("sk_live_%d_canary_%08x", i, i*7919)}})
		}
		b.Run(fmt.Sprint(owners, " owners"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				registry.Text(line)
			}
		})
	}
}
