package object_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/host/store/object"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, change, want string }{
		{``, ``, ``},
		{``, `{"a":1}`, `{"a":1}`},
		{`{"a":1}`, ``, `{"a":1}`},
		{`{"a":1,"b":2}`, `{"b":3,"c":4}`, `{"a":1,"b":3,"c":4}`},
		{`{"a":1,"b":2}`, `{"a":null}`, `{"b":2}`},
		{`{"a":1}`, ` { "a" : null } `, ``},
		{`{"a":{"deep": 1.10}}`, `{"b":[1, 2]}`, `{"a":{"deep": 1.10},"b":[1, 2]}`},
		{``, `{"a":1,"a":2}`, `{"a":2}`},
	} {
		merged, err := object.Merge([]byte(tt.text), []byte(tt.change))
		if err != nil || string(merged) != tt.want {
			t.Errorf("merging %s into %s gave %s, %v, want %s", tt.change, tt.text, merged, err, tt.want)
		}
	}
}

func TestSplitRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`[]`, `1`, `null`, `{"a":`, `{"a":1`, `{"a":1}{`, `{"a":1}}`, `{"a":1} 2`, `{a:1}`, ` `} {
		if members, err := object.Split([]byte(text)); !fault.Is(err, fault.Protocol) {
			t.Errorf("%q gave %v, %v", text, members, err)
		}
	}
}
