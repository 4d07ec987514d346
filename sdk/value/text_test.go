package value_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/sdk/value"
)

func TestTextSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "plain", `quote " and \ slash`, "line\nfeed\r\ttab", "\x00\x01\x1f\x7f", "grüße 漢字 🙂", "\u2028\u2029",
		"\ufffd is itself", strings.Repeat("long\n", 1000),
	} {
		encoded := value.AppendText([]byte("before"), text)[len("before"):]
		var back string
		if err := json.Unmarshal(encoded, &back); err != nil {
			t.Fatalf("%q became %s: %v", text, encoded, err)
		}
		if back != text {
			t.Errorf("%q came back as %q", text, back)
		}
		if same, ok := value.Text(text).AsText(); !ok || same != text {
			t.Errorf("AsText of %q gave %q, %t", text, same, ok)
		}
	}
}

func TestTextReplacesInvalidUTF8(t *testing.T) {
	t.Parallel()
	got := string(value.AppendText(nil, "a\xffb\xc3"))
	if want := "\"a\ufffdb\ufffd\""; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAsTextTellsStringsFromOtherValues(t *testing.T) {
	t.Parallel()
	for _, other := range []value.Value{
		{},
		value.Null(), value.JSON([]byte(`1`)), value.JSON([]byte(`["a"]`)), value.JSON([]byte(`  `)),
		value.JSON([]byte(`"open`)), value.Bytes([]byte(`"raw"`), ""),
	} {
		if text, ok := other.AsText(); ok {
			t.Errorf("%+v was taken for the string %q", other, text)
		}
	}
	if text, ok := value.JSON([]byte(" \n\"\\ud800\" ")).AsText(); !ok || text != "\ufffd" {
		t.Errorf("a lone surrogate gave %q, %t", text, ok)
	}
}
