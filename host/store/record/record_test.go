package record_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func newCodec(tb testing.TB) *record.Codec {
	tb.Helper()
	codec, err := record.New()
	if err != nil {
		tb.Fatal(err)
	}
	return codec
}

// Generators of everything that a record holds. Texts need not be UTF-8, slices may be nil or empty.

func text() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string { return string(content().Draw(t, "bytes")) }))
}

// content draws bytes, at times many that compress well or not at all.
func content() *rapid.Generator[[]byte] {
	return rapid.OneOf(
		rapid.Just[[]byte](nil), rapid.Just([]byte{}), rapid.SliceOf(rapid.Byte()),
		rapid.Custom(func(t *rapid.T) []byte {
			return bytes.Repeat([]byte(`{"a":1}`), rapid.IntRange(100, 5000).Draw(t, "repeats"))
		}),
		rapid.Custom(func(t *rapid.T) []byte { return noise(rapid.IntRange(1000, 5000).Draw(t, "size")) }),
	)
}

func noise(size int) []byte {
	made, source := make([]byte, size), rand.NewChaCha8([32]byte{})
	_, _ = source.Read(made)
	return made
}

func several[T any](of *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.OneOf(rapid.Just[[]T](nil), rapid.SliceOfN(of, 0, 4))
}

func orNil[T any](of *rapid.Generator[T]) *rapid.Generator[*T] { return rapid.Ptr(of, true) }

func number() *rapid.Generator[int] { return rapid.Int() }

func moments() *rapid.Generator[time.Time] {
	return rapid.OneOf(rapid.Just(time.Time{}), rapid.Just(time.Unix(0, 0).UTC()), rapid.Map(rapid.Int64(), func(nanoseconds int64) time.Time {
		return time.Unix(0, nanoseconds).UTC()
	}))
}

func durations() *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.Int64(), func(n int64) time.Duration { return time.Duration(n) })
}

func headers() *rapid.Generator[[]hostapi.Header] {
	return several(rapid.Custom(func(t *rapid.T) hostapi.Header {
		return hostapi.Header{Name: text().Draw(t, "name"), Value: text().Draw(t, "value")}
	}))
}

func values() *rapid.Generator[value.Value] {
	blobs := several(rapid.Custom(func(t *rapid.T) value.Blob {
		return value.Blob{Pointer: text().Draw(t, "pointer"), Bytes: content().Draw(t, "bytes")}
	}))
	return rapid.Custom(func(t *rapid.T) value.Value {
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 0:
			return value.Value{}
		case 1:
			return value.Bytes(content().Draw(t, "raw"), text().Draw(t, "type"))
		default:
			return value.Value{JSON: append([]byte("1"), content().Draw(t, "json")...), Blobs: blobs.Draw(t, "blobs")}
		}
	})
}

func faults() *rapid.Generator[*fault.Fault] {
	frames := several(rapid.Custom(func(t *rapid.T) fault.Frame {
		return fault.Frame{Function: text().Draw(t, "function"), File: text().Draw(t, "file"), Line: number().Draw(t, "line"), Column: number().Draw(t, "column")}
	}))
	return rapid.Custom(func(t *rapid.T) *fault.Fault {
		var made *fault.Fault
		for range rapid.IntRange(0, 5).Draw(t, "links") {
			made = &fault.Fault{
				Source: fault.Source(text().Draw(t, "source")), Code: fault.Code(text().Draw(t, "code")), Name: text().Draw(t, "name"),
				Message: text().Draw(t, "message"), Step: text().Draw(t, "step"), Stack: frames.Draw(t, "stack"),
				RetryAfter: durations().Draw(t, "after"), Cause: made,
			}
		}
		return made
	})
}

func inputs() *rapid.Generator[*store.Input] {
	requests := orNil(rapid.Custom(func(t *rapid.T) integration.Request {
		return integration.Request{
			Method: text().Draw(t, "method"), Path: text().Draw(t, "path"), RawQuery: text().Draw(t, "query"), Headers: headers().Draw(t, "headers"),
			Body: content().Draw(t, "body"), ContentType: text().Draw(t, "type"), InvokeURL: text().Draw(t, "url"),
			RemoteAddr: text().Draw(t, "address"), ReceivedAt: moments().Draw(t, "received"),
		}
	}))
	return orNil(rapid.Custom(func(t *rapid.T) store.Input {
		return store.Input{
			Request: requests.Draw(t, "request"), PathFragment: text().Draw(t, "fragment"), Data: orNil(values()).Draw(t, "data"),
			Frame: content().Draw(t, "frame"), Depth: number().Draw(t, "depth"),
		}
	}))
}

func steps() *rapid.Generator[store.Step] {
	responses := orNil(rapid.Custom(func(t *rapid.T) engine.Response {
		return engine.Response{
			Status: number().Draw(t, "status"), ContentType: text().Draw(t, "type"), Headers: headers().Draw(t, "headers"), Body: values().Draw(t, "body"),
		}
	}))
	return rapid.Custom(func(t *rapid.T) store.Step {
		return store.Step{
			Position: number().Draw(t, "position"), Tries: number().Draw(t, "tries"), Ignored: rapid.Bool().Draw(t, "ignored"),
			EndedAt: moments().Draw(t, "ended"),
			Result: engine.StepResult{
				Key: text().Draw(t, "key"), Results: values().Draw(t, "results"), Response: responses.Draw(t, "response"),
				Changed: engine.States{
					Instance: content().Draw(t, "instance"), CrossFlow: content().Draw(t, "cross"),
					Integration: content().Draw(t, "integration"), Execution: content().Draw(t, "execution"),
				},
				Elapsed: durations().Draw(t, "elapsed"), Fault: faults().Draw(t, "fault"),
			},
		}
	})
}

func lines() *rapid.Generator[[]hostapi.Line] {
	return several(rapid.Custom(func(t *rapid.T) hostapi.Line {
		return hostapi.Line{
			Step: text().Draw(t, "step"), Level: hostapi.Level(text().Draw(t, "level")), Text: text().Draw(t, "text"),
			At: moments().Draw(t, "at"), Dropped: number().Draw(t, "dropped"),
		}
	}))
}

func answers() *rapid.Generator[*integration.Response] {
	return orNil(rapid.Custom(func(t *rapid.T) integration.Response {
		return integration.Response{Status: number().Draw(t, "status"), Headers: headers().Draw(t, "headers"), Body: content().Draw(t, "body")}
	}))
}

// comesBack holds that reading gives what was written, nil and empty told apart.
func comesBack[T any](t *testing.T, from *rapid.Generator[T], encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		want := from.Draw(t, "value")
		record, err := encode(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode(record)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("came back differently:\n%s", diff)
		}
	})
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	t.Run("input", func(t *testing.T) {
		t.Parallel()
		comesBack(t, inputs(), codec.EncodeInput, codec.DecodeInput)
	})
	t.Run("step", func(t *testing.T) {
		t.Parallel()
		comesBack(t, rapid.Map(steps(), func(step store.Step) *store.Step { return &step }), codec.EncodeStep, codec.DecodeStep)
	})
	t.Run("fault", func(t *testing.T) {
		t.Parallel()
		comesBack(t, faults(), codec.EncodeFault, codec.DecodeFault)
	})
	t.Run("answer", func(t *testing.T) {
		t.Parallel()
		comesBack(t, answers(), codec.EncodeAnswer, codec.DecodeAnswer)
	})
	t.Run("lines", func(t *testing.T) {
		t.Parallel()
		some := lines().Filter(func(lines []hostapi.Line) bool { return len(lines) > 0 })
		comesBack(t, some, codec.EncodeLines, codec.DecodeLines)
	})
}

func TestNothingIsNoRecord(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	for _, none := range [][]hostapi.Line{nil, {}} {
		if record, err := codec.EncodeLines(none); record != nil || err != nil {
			t.Errorf("no lines became %x, %v", record, err)
		}
	}
	if lines, err := codec.DecodeLines(nil); lines != nil || err != nil {
		t.Errorf("no record became %v, %v", lines, err)
	}
	if record, err := codec.EncodeInput(nil); record != nil || err != nil {
		t.Errorf("no input became %x, %v", record, err)
	}
}

func TestLargeRecordsAreCompressedWhereThatSaves(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	for _, tt := range []struct {
		name string
		body []byte
		most int
	}{
		{"small", bytes.Repeat([]byte("a"), 500), 520},
		{"text", []byte(strings.Repeat(`{"id":17,"total":3.5},`, 1000)), 1000},
		{"noise", noise(20_000), 20_030},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			record, err := codec.EncodeInput(&store.Input{Request: &integration.Request{Body: tt.body}})
			if err != nil || len(record) > tt.most {
				t.Fatalf("%d bytes became %d (%v), want at most %d", len(tt.body), len(record), err, tt.most)
			}
			back, err := codec.DecodeInput(record)
			if err != nil || !bytes.Equal(back.Request.Body, tt.body) {
				t.Fatalf("came back as %v, %v", back, err)
			}
		})
	}
}

// TestOldRecordsAreRead holds the format: these bytes were written by an earlier build and lie in databases.
func TestOldRecordsAreRead(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	old, err := hex.DecodeString("01a40103026568656c6c6f03a1014474727565" + "1863" + "6474686579") // number 99 is unknown here
	if err != nil {
		t.Fatal(err)
	}
	step, err := codec.DecodeStep(old)
	if err != nil {
		t.Fatal(err)
	}
	want := &store.Step{Position: 3, Result: engine.StepResult{Key: "hello", Results: value.JSON([]byte("true"))}}
	if diff := cmp.Diff(want, step); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs half a gigabyte")
	}
	codec := newCodec(t)
	_, err := codec.EncodeInput(&store.Input{Request: &integration.Request{Body: make([]byte, record.MaxBytes)}})
	if !fault.Is(err, fault.ResultSize) {
		t.Errorf("writing gave %v", err)
	}
}

func TestDecompressionIsBounded(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	bomb.WriteByte(2)
	writer, err := zstd.NewWriter(&bomb)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range record.MaxBytes>>20 + 1 {
		if _, err := writer.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := newCodec(t).DecodeInput(bomb.Bytes()); !fault.Is(err, fault.Internal) || !strings.Contains(err.Error(), "exceed") {
		t.Errorf("%d bytes that would be more than %d gave %v", bomb.Len(), record.MaxBytes, err)
	}
}

func TestDamagedRecordsAreFaults(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	for _, damaged := range []string{"\x03", "\x00", "\x01", "\x02", "\x02nonsense", "\x01\xa1\x01", "\x01\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "\x01\x18"} {
		if step, err := codec.DecodeStep([]byte(damaged)); !fault.Is(err, fault.Internal) {
			t.Errorf("%q gave %v, %v", damaged, step, err)
		}
	}
	if _, err := codec.DecodeStep(nil); !fault.Is(err, fault.Internal) {
		t.Errorf("no bytes gave %v", err)
	}
}

func TestACodecServesManyAtOnce(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for size := range 200 {
				body := bytes.Repeat([]byte{byte(worker), byte(size)}, 20*size)
				record, err := codec.EncodeAnswer(&integration.Response{Status: worker, Body: body})
				if err != nil {
					t.Error(err)
					return
				}
				back, err := codec.DecodeAnswer(record)
				if err != nil || back.Status != worker || !bytes.Equal(back.Body, body) {
					t.Errorf("worker %d, size %d: came back as %v, %v", worker, size, back, err)
					return
				}
			}
		})
	}
	all.Wait()
}

func FuzzDecode(f *testing.F) {
	codec := newCodec(f)
	seed, err := codec.EncodeStep(&store.Step{Position: 1, Result: engine.StepResult{
		Key: "a", Results: value.Value{JSON: []byte("[null]"), Blobs: []value.Blob{{Pointer: "/0", Bytes: noise(3000)}}},
		Fault: fault.New(fault.User, fault.Thrown, "no"),
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte{1, 0xa0})
	f.Add([]byte{1, 0x80})
	f.Fuzz(func(t *testing.T, record []byte) {
		if step, err := codec.DecodeStep(record); err == nil {
			if _, err := codec.EncodeStep(step); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
		_, _ = codec.DecodeInput(record)
		_, _ = codec.DecodeLines(record)
		_, _ = codec.DecodeFault(record)
		_, _ = codec.DecodeAnswer(record)
		_, _ = codec.InRecord(codecText(), record)
	})
}

func codecText() record.Text { return record.NewText("a") }

// order is JSON as webhooks bring it, of about so many bytes.
func order(size int) []byte {
	source := rand.New(rand.NewPCG(1, 2))
	made := []byte(`{"items":[`)
	for len(made) < size-60 {
		made = append(made, `{"sku":"`...)
		made = append(made, hex.EncodeToString([]byte{byte(source.Int()), byte(source.Int()), byte(source.Int())})...)
		made = append(made, `","quantity":3,"price":12.75,"taxed":true},`...)
	}
	return append(made[:len(made)-1], `]}`...)
}

func BenchmarkInput(b *testing.B) {
	codec := newCodec(b)
	for _, size := range []int{1024, 2048, 4096, 65536} {
		input := &store.Input{Request: &integration.Request{
			Method: "POST", Path: "/hooks/order-intake/receive-order", Body: order(size), ContentType: "application/json",
			Headers:    []hostapi.Header{{Name: "content-type", Value: "application/json"}, {Name: "user-agent", Value: "shop/1.0"}},
			InvokeURL:  "http://127.0.0.1:8080/hooks/order-intake/receive-order",
			RemoteAddr: "127.0.0.1:5050", ReceivedAt: time.Unix(1_800_000_000, 1),
		}}
		record, err := codec.EncodeInput(input)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("encode/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.EncodeInput(input); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(record)), "bytes")
		})
		b.Run(fmt.Sprintf("decode/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.DecodeInput(record); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
