package pattern_test

import (
	"strings"
	"testing"

	"github.com/hookstep-dev/hookstep/engines/javascript/pattern"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ pattern, flags, want string }{
		{`a\d[b]`, "u", `a\d[b]`},
		{`\p{ASCII}`, "", `\p{ASCII}`},
		{`\p{ASCII}+`, "gu", `[\u{0}-\u{7f}]+`},
		{`\P{ASCII}`, "u", `[\u{80}-\u{10ffff}]`},
		{`[^\p{ASCII}_\]\P{ASCII}]\p{Hex_Digit}`, "u", `[^\u{0}-\u{7f}_\]\u{80}-\u{10ffff}][\u{30}-\u{39}\u{41}-\u{46}\u{61}-\u{66}\u{ff10}-\u{ff19}\u{ff21}-\u{ff26}\u{ff41}-\u{ff46}]`},
		{`\\p{ASCII}`, "u", `\\p{ASCII}`},
		{`\p{Any}\p{Emoji_Modifier}`, "u", `[\u{0}-\u{10ffff}][\u{1f3fb}-\u{1f3ff}]`},
		{`\p{Zl}\p{gc=Line_Separator}`, "u", `[\u{2028}][\u{2028}]`},
	} {
		got, err := pattern.Expand(c.pattern, c.flags)
		if err != nil || got != c.want {
			t.Errorf("%s: %s %v, want %s", c.pattern, got, err, c.want)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	t.Parallel()
	for text, part := range map[string]string{
		`\p{Nope}`: "not known", `\p{Script=Nope}`: "not known", `\p{L`: "no end", `\p{scx=Han}`: `write \p{Script=Han}`, `\p{Other_Math}`: "not known",
	} {
		if got, err := pattern.Expand(text, "u"); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
}

func TestBacktracks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, flags string
		want           bool
	}{
		{`\s+`, "g", false},
		{`(a|aa)+$`, "", false},
		{`(a|aa)+$`, "g", true},
		{`(a|aa)+$`, "y", true},
		{`(?<Word>a|aa)+$`, "", true},
		{`[\S]+x`, "", true},
		{`(?=a)b`, "", false},
		{`(?=a)b*`, "", true},
		{`(a)[)*]+\)+`, "g", false},
	} {
		if got := pattern.Backtracks(c.pattern, c.flags); got != c.want {
			t.Errorf("/%s/%s: %t", c.pattern, c.flags, got)
		}
	}
}

func TestEmoji(t *testing.T) {
	t.Parallel()
	for name, spans := range map[string]int{"Emoji": 151, "Emoji_Presentation": 81, "Extended_Pictographic": 156, "Emoji_Component": 10} {
		got, err := pattern.Expand(`\p{`+name+`}`, "u")
		if count := strings.Count(got, `\u`) - strings.Count(got, `-`); err != nil || count != spans {
			t.Errorf("%s: %d spans, want %d (%v)", name, count, spans, err)
		}
	}
}
