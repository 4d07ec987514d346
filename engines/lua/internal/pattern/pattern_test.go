package pattern_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/pattern"
)

func never() error { return nil }

// find gives what matched and what was captured; a position as =n.
func find(t *testing.T, subject, text string, from int) []string {
	t.Helper()
	compiled, err := pattern.Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	match, found, err := compiled.Matcher(subject, never).Next(from)
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		return nil
	}
	out := []string{subject[match.Start:match.End]}
	for _, capture := range match.Captures {
		if capture.Position {
			out = append(out, "="+strings.Repeat("i", capture.Start))
			continue
		}
		out = append(out, subject[capture.Start:capture.End])
	}
	return out
}

func TestFind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		subject, pattern string
		from             int
		want             []string
	}{
		{"hello", "l+", 0, []string{"ll"}},
		{"hello", "l-", 0, []string{""}},
		{"hello", "l-o", 0, []string{"llo"}},
		{"hello", "xl*", 0, nil},
		{"hello", "^l", 2, []string{"l"}},
		{"hello", "^l", 0, nil},
		{"hello", "o$", 0, []string{"o"}},
		{"hel$lo", "l$l", 0, []string{"l$l"}},
		{"a^b", "a^b", 0, []string{"a^b"}},
		{"", "", 0, []string{""}},
		{"abc", "", 3, []string{""}},
		{"key = value", "(%w+)%s*=%s*(%w+)", 0, []string{"key = value", "key", "value"}},
		{"abc", "()b()", 0, []string{"b", "=i", "=ii"}},
		{"aXbX", "(%u).(%1)", 0, []string{"XbX", "X", "X"}},
		{"abab", "((a)(b))%1", 0, []string{"abab", "ab", "a", "b"}},
		{"aab", "(a-)b", 0, []string{"aab", "aa"}},
		{"THE (quick) fox", "%f[%a]%a+%f[%A]", 4, []string{"quick"}},
		{"x(a(b)c)y", "%b()", 0, []string{"(a(b)c)"}},
		{"x(a(b)c", "%b()", 0, []string{"(b)"}},
		{"]-a", "[]]", 0, []string{"]"}},
		{"]-a", "[a-]", 0, []string{"-"}},
		{"a.b", "%.", 0, []string{"."}},
		{"a\x00b", "%z", 0, []string{"\x00"}},
		{"tab\there", "%c", 0, []string{"\t"}},
		{"0xBEEF", "%x+", 2, []string{"BEEF"}},
		{"a,b", "[^,]+", 0, []string{"a"}},
		{"été", "[\x80-\xff]+", 0, []string{"é"}},
		{"a?b", "a%?b", 0, []string{"a?b"}},
		{"color colour", "colou?r", 1, []string{"colour"}},
		{"*x", "*", 0, []string{"*"}},
	} {
		if diff := cmp.Diff(test.want, find(t, test.subject, test.pattern, test.from)); diff != "" {
			t.Errorf("%q in %q (-want +got):\n%s", test.pattern, test.subject, diff)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"%", "[a", "[]", "[^]", "(a", "a)", "%b", "%bx", "%fa", "%f", "%0", "%1", "(a%1)", "[%",
		strings.Repeat("()", 33), strings.Repeat("a", 1<<15),
	} {
		if _, err := pattern.Compile(text); err == nil {
			t.Errorf("%.40q is taken", text)
		}
	}
}

// TestCheck: a search that goes on asks whether it may, and ends with the answer.
func TestCheck(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	for _, text := range []string{strings.Repeat("a-", 20) + "b", strings.Repeat("a*", 20) + "b", "(.-)%1b", "%bax", ".-b"} {
		compiled, err := pattern.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		_, _, err = compiled.Matcher(strings.Repeat("a", 100_000), func() error {
			if asked++; asked > 3 {
				return enough
			}
			return nil
		}).Next(0)
		if !errors.Is(err, enough) {
			t.Errorf("%s: got %v after %d questions", text, err, asked)
		}
	}
}
