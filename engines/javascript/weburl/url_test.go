package weburl_test

import (
	"testing"

	"github.com/hookstep-dev/hookstep/engines/javascript/weburl"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ input, base, want string }{
		{"https://example.com", "", "https://example.com/"},
		{"HTTPS://User:pä ss@EXAMPLE.com:443/a/../b/./c?q=1 2#f r", "", "https://User:p%C3%A4%20ss@example.com/b/c?q=1%202#f%20r"},
		{"http://example.com:8080", "", "http://example.com:8080/"},
		{"  http://ex\nample.com/\t ", "", "http://example.com/"},
		{"//cdn.example.com/x", "https://example.com/a", "https://cdn.example.com/x"},
		{"../x?y", "https://example.com/a/b/c", "https://example.com/a/x?y"},
		{"?q", "https://example.com/a/b?c#d", "https://example.com/a/b?q"},
		{"#h", "https://example.com/a/b?c#d", "https://example.com/a/b?c#h"},
		{"", "https://example.com/a?c#d", "https://example.com/a?c"},
		{"/abs", "https://example.com/a/b", "https://example.com/abs"},
		{`\\evil\x`, "https://example.com/a", "https://evil/x"},
		{"https:/x", "", "https://x/"},
		{"https:x/y", "https://example.com/a/b", "https://example.com/a/x/y"},
		{"mailto:a b@example.com?x=1", "", "mailto:a b@example.com?x=1"},
		{"data:text/plain,hi", "", "data:text/plain,hi"},
		{"http://0x7f.1/", "", "http://127.0.0.1/"},
		{"http://192.168.257", "", "http://192.168.1.1/"},
		{"http://[2001:DB8::1]:80/", "", "http://[2001:db8::1]/"},
		{"http://[::ffff:1.2.3.4]/", "", "http://[::ffff:102:304]/"},
		{"http://bücher.example/", "", "http://xn--bcher-kva.example/"},
		{"http://ex%41mple.com/%zz", "", "http://example.com/%zz"},
		{"file:///C|/a/../..", "", "file:///C:/"},
		{"foo://host/p q?a'b", "", "foo://host/p%20q?a'b"},
		{"http://h/?a'b", "", "http://h/?a%27b"},
		{"http://h/%2e%2E/x", "", "http://h/x"},
		{"nope", "", ""},
		{"http://", "", ""},
		{"http://a b/", "", ""},
		{"http://x:99999", "", ""},
		{"http://1.2.3.4.5", "", ""},
		{"http://[::1", "", ""},
		{"http://:80", "", ""},
		{"x", "mailto:a", ""},
	} {
		var base *weburl.URL
		if c.base != "" {
			var err error
			if base, err = weburl.Parse(c.base, nil); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		if u, err := weburl.Parse(c.input, base); err == nil {
			got = u.Href()
		}
		if got != c.want {
			t.Errorf("%q on %q: %q, want %q", c.input, c.base, got, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ part, value, want string }{
		{"protocol", "http", "http://u@example.com:8443/a?b#c"},
		{"protocol", "mailto", "https://u@example.com:8443/a?b#c"},
		{"host", "x.com:9", "https://u@x.com:9/a?b#c"},
		{"host", "x.com", "https://u@x.com:8443/a?b#c"},
		{"hostname", "y.com", "https://u@y.com:8443/a?b#c"},
		{"hostname", "", "https://u@example.com:8443/a?b#c"},
		{"port", "443", "https://u@example.com/a?b#c"},
		{"port", "", "https://u@example.com/a?b#c"},
		{"port", "x", "https://u@example.com:8443/a?b#c"},
		{"pathname", "q?r#s", "https://u@example.com:8443/q%3Fr%23s?b#c"},
		{"search", "?x y", "https://u@example.com:8443/a?x%20y#c"},
		{"search", "", "https://u@example.com:8443/a#c"},
		{"hash", "z", "https://u@example.com:8443/a?b#z"},
		{"hash", "", "https://u@example.com:8443/a?b"},
		{"username", "", "https://example.com:8443/a?b#c"},
		{"password", "p:w", "https://u:p%3Aw@example.com:8443/a?b#c"},
	} {
		u, err := weburl.Parse("https://u@example.com:8443/a?b#c", nil)
		if err != nil {
			t.Fatal(err)
		}
		u.Set(c.part, c.value)
		if got := u.Href(); got != c.want {
			t.Errorf("%s = %q: %s, want %s", c.part, c.value, got, c.want)
		}
	}
}
