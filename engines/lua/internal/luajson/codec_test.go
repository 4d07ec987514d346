package luajson_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	vm "github.com/yuin/gopher-lua"
	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

func wide() luajson.Limits { return luajson.Limits{Bytes: 1 << 30, Depth: 20_000} }

// through decodes a text and encodes it again.
func through(t interface{ Fatal(args ...any) }, text string) string {
	codec := luajson.New(vm.NewState(vm.Options{SkipOpenLibs: true}))
	decoded, err := codec.Decode([]byte(text))
	if err != nil {
		t.Fatal(text, err)
	}
	encoded, err := codec.Encode(context.Background(), decoded, "data", wide())
	if err != nil {
		t.Fatal(text, err)
	}
	return string(encoded.JSON)
}

// TestRoundTrip: a text in its shortest form comes back to the byte.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`null`, `true`, `false`, `0`, `-1`, `0.1`, `-2.5`, `1e+21`, `1e-7`, `5e-324`, `1.7976931348623157e+308`,
		`9007199254740991`, `-9007199254740991`, `9007199254740992`, `123456789.12345679`, `100000000000000000000`,
		`""`, `"a"`, `"grün 😀"`, `"\ud800"`, `"a\udc00b"`, `"\udc00\ud800"`, `"\"\\\b\f\n\r\t\u0000\u001f"`, "\"\u007f\u2028\"",
		`[]`, `{}`, `[[],{}]`, `[null]`, `[1,null,3]`, `{"":1}`, `{"z":1,"a":{"y":[],"b":{}}}`, `{"1":"a","2":"b"}`, `{"a b":null}`,
		strings.Repeat("[", 1000) + strings.Repeat("]", 1000),
	} {
		if got := through(t, text); got != text {
			t.Errorf("%.60s became %.60s", text, got)
		}
	}
}

// TestSameValueAsStandard: whatever the standard library writes comes through as an equal value.
func TestSameValueAsStandard(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(anyValue(3).Draw(t, "value"))
		if err != nil {
			t.Skip(err)
		}
		var want, got any
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(through(t, string(text))), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", text, diff)
		}
	})
}

func anyValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64().AsAny(), rapid.Int32().AsAny(), rapid.String().AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		rapid.SliceOfN(anyValue(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(rapid.String(), anyValue(depth-1), 0, 4).AsAny(),
	)...)
}

// TestRefusesWhatIsNotJSON: what the standard library refuses is refused, with an offset inside the text.
func TestRefusesWhatIsNotJSON(t *testing.T) {
	t.Parallel()
	codec := luajson.New(vm.NewState(vm.Options{SkipOpenLibs: true}))
	for _, text := range []string{
		``, ` `, `nul`, `truee`, `01`, `-`, `1.`, `.5`, `1e`, `+1`, `0x1`, `NaN`, `--1`, `1e+`, `1.2.3`, `-01`,
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\\u0041\n\"", "\"\xff\"", "\"\\n\xff\"",
		`[`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{`, `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{a:1}`, `{"a" 1}`, `{1:2}`, `[1]]`, `{}1`,
		strings.Repeat("[", 20_000),
	} {
		_, err := codec.Decode([]byte(text))
		problem, ok := errors.AsType[*luajson.SyntaxError](err)
		if !ok || problem.Offset < 0 || problem.Offset > len(text) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
}

// TestBlobs: bytes at any place come in as strings and go out as bytes again.
func TestBlobs(t *testing.T) {
	t.Parallel()
	codec := luajson.New(vm.NewState(vm.Options{SkipOpenLibs: true}))
	want := value.Value{
		JSON: []byte(`{"list":[1,null,{"x":null}],"a/b~c":null}`),
		Blobs: []value.Blob{
			{Pointer: "/list/1", Bytes: []byte("plain text")}, {Pointer: "/list/2/x", Bytes: []byte{0, 255}}, {Pointer: "/a~1b~0c", Bytes: []byte("z")},
		},
	}
	decoded, err := codec.Value(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Encode(t.Context(), decoded, "data", wide())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, pointer := range []string{"/none/1", "/list/x/y"} {
		if _, err := codec.Value(value.Value{JSON: want.JSON, Blobs: []value.Blob{{Pointer: pointer}}}); err == nil {
			t.Errorf("%s leads somewhere", pointer)
		}
	}
}

// TestLimits: what is too large or too deep is a fault, and the end of the context ends the writing.
func TestLimits(t *testing.T) {
	t.Parallel()
	codec := luajson.New(vm.NewState(vm.Options{SkipOpenLibs: true}))
	decoded, err := codec.Decode([]byte(`{"a":[[[["12345"]]]]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, limits := range []luajson.Limits{{Bytes: 10, Depth: 10}, {Bytes: 100, Depth: 4}} {
		if _, err := codec.Encode(t.Context(), decoded, "data", limits); !fault.Is(err, fault.ResultSize) {
			t.Errorf("%+v: %v", limits, err)
		}
	}
	if _, err := codec.Encode(t.Context(), decoded, "data", luajson.Limits{Bytes: 21, Depth: 5}); err != nil {
		t.Error(err)
	}
	table := vm.NewState(vm.Options{SkipOpenLibs: true}).NewTable()
	codec.List(table)
	for i := range 10_000 {
		table.RawSetInt(i+1, vm.LNumber(i))
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := codec.Encode(ctx, table, "data", wide()); err == nil || err.Error() != "enough" {
		t.Errorf("got %v", err)
	}
}

func TestMembers(t *testing.T) {
	t.Parallel()
	list, err := luajson.Members([]byte(` {"a" : [1,{"b":"}]"}] , "c\"d":"x\\", "e": -1.5 }`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, member := range list {
		got = append(got, member.Name+"="+strings.TrimSpace(string(member.Text)))
	}
	if diff := cmp.Diff([]string{`a=[1,{"b":"}]"}]`, `c"d="x\\"`, `e=-1.5`}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, text := range []string{`[]`, `{"a"}`, `{"a":`, `{"a":1`, `{"a":"`} {
		if _, err := luajson.Members([]byte(text)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
	if list, err := luajson.Members(nil); err != nil || list != nil {
		t.Error(list, err)
	}
}
