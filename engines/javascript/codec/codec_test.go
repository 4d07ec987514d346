package codec_test

import (
	"encoding/json"
	"testing"

	"github.com/dop251/goja"
	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/engines/javascript/codec"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

var budget = codec.Budget{Bytes: 100_000, Depth: 100, Warn: func(string) {}}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-1`, `1.5`, `9007199254740991`, `-9007199254740991`, `1e+300`, `1e-7`, `""`, `"a"`,
		`"\u0000\b\f\n\r\t\"\\/"`, "\"äöü€\U0001F600\"", `"\ud800"`, `"x\udc00y"`, `[]`, `{}`, `[[],{},[{}]]`,
		`{"b":1,"a":2,"":3,"__proto__":{"x":1},"constructor":null,"toString":false}`, `{"a b":[1,{"c":"long text that is not interned"}]}`,
	} {
		runtime := goja.New()
		v, err := codec.Decode(runtime, []byte(" "+text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := codec.Encode(runtime, v, "data", budget)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(text, string(got.JSON)); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, ` `, `{`, `[`, `[1`, `[1,`, `[1,]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `01`, `-`, `1.`, `.5`, `+1`, `1e`, `0x1`, `tru`, `nul`, `"`, `"\x"`,
		`"\u12"`, "\"\n\"", `1 2`, `[1]]`, `NaN`, `'a'`, `{"a":1 "b":2}`, `--1`, `1-1`,
	} {
		if json.Valid([]byte(text)) {
			t.Fatalf("%q is valid", text)
		}
		if v, err := codec.Decode(goja.New(), []byte(text)); err == nil {
			t.Errorf("%q decodes to %v", text, v)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,"x\ud800",null,true]}`, `"\u00e9"`, `[[[[]]]]`, `-0`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		runtime := goja.New()
		v, err := codec.Decode(runtime, text)
		if (err == nil) != json.Valid(text) {
			t.Fatalf("%q: %v, but valid is %t", text, err, json.Valid(text))
		}
		if err != nil {
			return
		}
		encoded, err := codec.Encode(runtime, v, "data", codec.Budget{Bytes: 1 << 30, Depth: 10_000, Warn: func(string) {}})
		if err != nil || !json.Valid(encoded.JSON) {
			t.Fatalf("%q: %q, %v", text, encoded.JSON, err)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()
	runtime := goja.New()
	for name, code := range map[string]string{
		"text": `'x'.repeat(200000)`, "many": `Array.from({ length: 50000 }, (_, i) => i)`, "shared": `(() => { let a = ['x']; for (let i = 0; i < 40; i++) a = [a, a]; return a })()`,
		"deep": `(() => { let a = []; for (let i = 0; i < 200; i++) a = [a]; return a })()`, "bytes": `new Uint8Array(200000)`, "blobs": `[new Uint8Array(200000)]`,
	} {
		v, err := runtime.RunString(code)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := codec.Encode(runtime, v, "data", budget); !fault.Is(err, fault.ResultSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := []byte(`{"id":"ord_10042","customer":{"id":"c_77","name":"Example GmbH","address":{"street":"Main Street 1","zip":"10115"}},"items":[{"sku":"SKU-0001","quantity":1,"price":9.95},{"sku":"SKU-0002","quantity":2,"price":11.2},{"sku":"SKU-0003","quantity":3,"price":12.45}]}`)
	runtime := goja.New()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Decode(runtime, text); err != nil {
			b.Fatal(err)
		}
	}
}
