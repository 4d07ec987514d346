package record_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestTextIsFoundWhereItStands(t *testing.T) {
	t.Parallel()
	input := &store.Input{
		PathFragment: "orders/17", Frame: []byte(`{"caller":"Nightly"}`), Data: &value.Value{JSON: []byte(`"sibling"`)},
		Request: &integration.Request{
			Method: "PUT", RawQuery: "shop=berlin", Body: []byte(`{"total": 99.5}`), Headers: []hostapi.Header{{Name: "x-shop", Value: "Grüße"}},
		},
	}
	step := &store.Step{Result: engine.StepResult{
		Results:  value.Value{JSON: []byte(`{"file":null}`), Blobs: []value.Blob{{Pointer: "/file", Bytes: []byte("%PDF")}}},
		Response: &engine.Response{Body: value.Text("thanks")}, Changed: engine.States{Instance: []byte(`{"cursor":5}`)},
		Fault: &fault.Fault{Name: "TypeError", Message: "no such thing", Cause: fault.New(fault.User, fault.Thrown, "deep down")},
	}}
	lines := []hostapi.Line{{Text: "first"}, {Text: "Second line"}}
	for _, tt := range []struct {
		text string
		in   func(record.Text) bool
		want bool
	}{
		{"ORDERS/17", func(t record.Text) bool { return t.InInput(input) }, true},
		{"nightly", func(t record.Text) bool { return t.InInput(input) }, true},
		{"sibling", func(t record.Text) bool { return t.InInput(input) }, true},
		{"Berlin", func(t record.Text) bool { return t.InInput(input) }, true},
		{"99.5", func(t record.Text) bool { return t.InInput(input) }, true},
		{"grüße", func(t record.Text) bool { return t.InInput(input) }, true},
		{"GRÜSSE", func(t record.Text) bool { return t.InInput(input) }, false},
		{"GRÜßE", func(t record.Text) bool { return t.InInput(input) }, false}, // ASCII letters alone have no case
		{"99.50", func(t record.Text) bool { return t.InInput(input) }, false},
		{"anything", func(t record.Text) bool { return t.InInput(nil) }, false},
		{"", func(t record.Text) bool { return t.InInput(nil) }, true},
		{"%pdf", func(t record.Text) bool { return t.InStep(step) }, true},
		{"THANKS", func(t record.Text) bool { return t.InStep(step) }, true},
		{"cursor", func(t record.Text) bool { return t.InStep(step) }, true},
		{"typeerror", func(t record.Text) bool { return t.InStep(step) }, true},
		{"DEEP down", func(t record.Text) bool { return t.InStep(step) }, true},
		{"thanks!", func(t record.Text) bool { return t.InStep(step) }, false},
		{"second", func(t record.Text) bool { return t.InLines(lines) }, true},
		{"third", func(t record.Text) bool { return t.InLines(lines) }, false},
		{"firstSecond", func(t record.Text) bool { return t.InLines(lines) }, false},
	} {
		if got := tt.in(record.NewText(tt.text)); got != tt.want {
			t.Errorf("looking for %q gave %t", tt.text, got)
		}
	}
}

// TestInRecordDeniesNothingThatIsThere holds that the quick look never misses what the thorough one finds.
func TestInRecordDeniesNothingThatIsThere(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	rapid.Check(t, func(t *rapid.T) {
		input := inputs().Draw(t, "input")
		packed, err := codec.EncodeInput(input)
		if err != nil {
			t.Fatal(err)
		}
		looked := record.NewText(rapid.StringN(0, 2, 4).Draw(t, "text"))
		found, err := codec.InRecord(looked, packed)
		if err != nil || !found && looked.InInput(input) {
			t.Fatalf("the quick look gave %t, %v", found, err)
		}
	})
}

func TestHoldsLooksIntoEachKind(t *testing.T) {
	t.Parallel()
	codec := newCodec(t)
	input, err := codec.EncodeInput(&store.Input{PathFragment: "needle"})
	step, stepErr := codec.EncodeStep(&store.Step{Result: engine.StepResult{Key: "needle"}})
	lines, linesErr := codec.EncodeLines([]hostapi.Line{{Text: "needle"}})
	whole, faultErr := codec.EncodeFault(fault.New(fault.User, fault.Thrown, "needle"))
	if err := errors.Join(err, stepErr, linesErr, faultErr); err != nil {
		t.Fatal(err)
	}
	for kind, packed := range map[record.Kind][]byte{
		record.KindInput: input, record.KindStep: step, record.KindLines: lines, record.KindFault: whole,
	} {
		for text, want := range map[string]bool{"NEEDLE": true, "": true, "haystack": false} {
			if got, err := codec.Holds(record.NewText(text), kind, packed); err != nil || got != want {
				t.Errorf("looking for %q in a record of kind %d gave %t, %v", text, kind, got, err)
			}
		}
	}
	if _, err := codec.Holds(record.NewText("needle"), record.KindFault+1, whole); err == nil {
		t.Error("a kind that there is not gave no error")
	}
	// What stands in a record by its form alone is not found.
	for _, name := range []string{"Key", "key", "k"} {
		if got, err := codec.Holds(record.NewText(name), record.KindLines, lines); err != nil || got {
			t.Errorf("looking for %q gave %t, %v", name, got, err)
		}
	}
	if _, err := codec.Holds(record.NewText("needle"), record.KindStep, []byte("no record")); err == nil {
		t.Error("a damaged record gave no error")
	}
}
