package native_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/engines/javascript/native"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	table := native.Functions()
	for _, c := range []struct {
		name      string
		arguments native.Arguments
		want      any
	}{
		{"encode", native.Arguments{"aé", "latin1"}, []byte{'a', 0xe9}},
		{"encode", native.Arguments{"YQ==ignored", "base64"}, []byte("a")},
		{"encode", native.Arguments{"616z62", "hex"}, []byte("a")},
		{"decode", native.Arguments{[]byte{0xff, 0xe2, 0x82, 'a'}, "utf8"}, "\uFFFD\uFFFDa"},
		{"decode", native.Arguments{[]byte("hi"), "base64url"}, "aGk"},
		{"byteLength", native.Arguments{"€", "utf8"}, 3.0},
		{"compare", native.Arguments{[]byte("a"), []byte("b")}, -1.0},
		{"indexOf", native.Arguments{[]byte("abcabc"), []byte("c"), 3.0}, 5.0},
		{"indexOf", native.Arguments{[]byte("abc"), []byte("c"), 9.0}, -1.0},
		{"lastIndexOf", native.Arguments{[]byte("abcabc"), []byte("abc"), 2.0}, 0.0},
		{"isHash", native.Arguments{"SHA-256"}, true},
		{"isHash", native.Arguments{"crc"}, false},
		{"sameBytes", native.Arguments{[]byte("a"), []byte("a")}, true},
		{"digest", native.Arguments{"md5", []byte("")}, []byte("\xd4\x1d\x8c\xd9\x8f\x00\xb2\x04\xe9\x80\x09\x98\xec\xf8\x42\x7e")},
		{"toASCII", native.Arguments{"bücher.example"}, "xn--bcher-kva.example"},
		{"toASCII", native.Arguments{"a b"}, ""},
	} {
		got, err := table[c.name](c.arguments)
		if err != nil {
			t.Errorf("%s(%q): %v", c.name, c.arguments, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s(%q): %s", c.name, c.arguments, diff)
		}
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	table := native.Functions()
	for _, c := range []struct {
		name      string
		arguments native.Arguments
		class     string
	}{
		{"digest", native.Arguments{"crc", []byte("")}, "Error"},
		{"randomBytes", native.Arguments{-1.0}, "RangeError"},
		{"randomBytes", native.Arguments{1e12}, "RangeError"},
		{"pbkdf2", native.Arguments{[]byte("p"), []byte("s"), 1e9, 16.0, "sha1"}, "RangeError"},
		{"decodeUTF8", native.Arguments{[]byte{0xff}, true}, "TypeError"},
		{"parseURL", native.Arguments{"nope", "", false}, "TypeError"},
	} {
		_, err := table[c.name](c.arguments)
		if own, ok := errors.AsType[*native.Error](err); !ok || own.Class != c.class {
			t.Errorf("%s(%v): %v, want a %s", c.name, c.arguments, err, c.class)
		}
	}
}
