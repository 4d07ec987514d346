package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// form is a way in which a secret is written.
type form struct {
	label string // empty for the secret as it is
	text  string
}

// shortestLine is how many bytes a line of a secret of several lines must have to be looked for alone.
const shortestLine = 16

// forms lists how a secret may be written, the plainest first. Different labels may come to the same text; the labels are the same
// for every secret, but for its lines.
func forms(secret string) []form {
	made := collected{seen: map[string]string{}}
	made.add("", secret)
	trimmed := strings.TrimSpace(secret)
	made.add("trimmed", trimmed)
	made.escaped(trimmed)
	made.url("", trimmed)
	made.base64(trimmed)
	made.add("hex", hex.EncodeToString([]byte(trimmed)))
	made.add("HEX", strings.ToUpper(hex.EncodeToString([]byte(trimmed))))
	made.markup(trimmed)
	made.lines(secret)
	made.parts(trimmed)
	return made.all
}

// collected are forms. Equal texts share their memory.
type collected struct {
	all  []form
	seen map[string]string
}

func (c *collected) add(label, text string) {
	known, seen := c.seen[text]
	if !seen {
		known = text
		c.seen[text] = text
	}
	c.all = append(c.all, form{label, known})
}

// escaped adds what stands between quotes, where a text is quoted once or several times over.
func (c *collected) escaped(text string) {
	within := jsonTexts(text)
	for level := range 3 {
		for i, one := range within {
			c.add(fmt.Sprintf("json %d.%d", level+1, i), one)
			within[i] = jsonText(one)
		}
	}
	c.add("go", unquoted(strconv.Quote(text)))
	c.add("go ascii", unquoted(strconv.QuoteToASCII(text)))
	c.add("go in json", jsonText(unquoted(strconv.Quote(text))))
	shown := inspected(text)
	c.add("console", shown)
	c.add("console '", strings.ReplaceAll(shown, "'", `\'`))
}

// inspected is what a console of JavaScript shows between the quotes of a text within an object. It takes the quotes that the text does not
// have; a text that has all of them is shown with its single ones escaped.
func inspected(text string) string {
	return strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`, "\v", `\v`).Replace(text)
}

func unquoted(text string) string { return text[1 : len(text)-1] }

const urlForms = 6

// isBare tells a text of ASCII letters and digits, and what else is allowed.
func isBare(text, allowed string) bool {
	for i := range len(text) {
		if !isAlphanumeric(text[i]) && strings.IndexByte(allowed, text[i]) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(char byte) bool {
	return 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z' || '0' <= char && char <= '9'
}

// url adds what stands in a URL or a form. Writers differ in what they leave as it is, and in how they write a space.
func (c *collected) url(of, text string) {
	if isBare(text, "_.-") {
		for i := range urlForms {
			label := of + "url " + strconv.Itoa(i)
			c.add(label, text)
			c.add(label+" lower", text)
		}
		return
	}
	query := url.QueryEscape(text)
	spaced := strings.ReplaceAll(query, "+", "%20")
	for i, one := range [urlForms]string{
		query, // Go, Python's quote_plus
		spaced,
		url.PathEscape(text),
		strings.NewReplacer("%21", "!", "%27", "'", "%28", "(", "%29", ")", "%2A", "*").Replace(spaced), // encodeURIComponent
		strings.NewReplacer("%2A", "*", "~", "%7E").Replace(query),                                      // forms of a browser
		strings.ReplaceAll(spaced, "%2F", "/"),                                                          // Python's quote
	} {
		label := of + "url " + strconv.Itoa(i)
		c.add(label, one)
		c.add(label+" lower", lowerEscapes(one))
	}
}

// lowerEscapes writes the hexadecimal digits of percent escapes in lower case.
func lowerEscapes(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	lower := []byte(text)
	for i := 0; i+2 < len(lower); i++ {
		if lower[i] == '%' {
			copy(lower[i+1:], strings.ToLower(text[i+1:i+3]))
		}
	}
	return string(lower)
}

// markup adds what stands in HTML or XML. Writers differ in how they write quotes, and in what they leave as it is.
func (c *collected) markup(text string) {
	escaped := html.EscapeString(text)
	for i, marks := range [...][3]string{
		{"&#34;", "&#39;", "&gt;"},
		{"&quot;", "&#39;", "&gt;"},
		{"&quot;", "&#x27;", "&gt;"},
		{"&quot;", "&apos;", "&gt;"},
		{"&quot;", "'", "&gt;"},
		{`"`, "'", "&gt;"},
		{"&quot;", "'", ">"},
	} {
		c.add("html "+strconv.Itoa(i), strings.NewReplacer("&#34;", marks[0], "&#39;", marks[1], "&gt;", marks[2]).Replace(escaped))
	}
}

// parts adds the runs of letters and digits of a secret that has other characters too, if they are long enough to be nobody else's. No
// escaping changes them; so they are found where the secret was escaped in a way that is not foreseen, or escaped and then encoded. The
// readable parts of a token that is signed (JWT) are left out: its head is that of many others.
func (c *collected) parts(text string) {
	runs := strings.FieldsFunc(text, func(char rune) bool { return char >= utf8.RuneSelf || !isAlphanumeric(byte(char&0x7F)) })
	for i, run := range runs {
		if len(run) < shortestPart || len(run) == len(text) || i >= mostParts || strings.HasPrefix(run, "eyJ") {
			continue
		}
		label := "part " + strconv.Itoa(i+1)
		c.add(label, run)
		for offset := range 3 {
			c.add(fmt.Sprintf("%s base64 at %d", label, offset), innerBase64(base64.RawStdEncoding, run, offset))
			c.add(fmt.Sprintf("%s base64url at %d", label, offset), innerBase64(base64.RawURLEncoding, run, offset))
		}
		c.add(label+" hex", hex.EncodeToString([]byte(run)))
		c.add(label+" HEX", strings.ToUpper(hex.EncodeToString([]byte(run))))
	}
}

const (
	shortestPart = 16
	mostParts    = 256
)

// base64 adds the whole in Base64, and what is left of it wherever it stands in something longer that was encoded: the characters
// that do not depend on its neighbours.
func (c *collected) base64(text string) {
	for _, one := range [...]struct {
		label    string
		encoding *base64.Encoding
	}{
		{"base64", base64.StdEncoding},
		{"base64 raw", base64.RawStdEncoding},
		{"base64url", base64.URLEncoding},
		{"base64url raw", base64.RawURLEncoding},
	} {
		whole := one.encoding.EncodeToString([]byte(text))
		c.add(one.label, whole)
		if strings.ContainsAny(whole, "+/=") {
			c.url(one.label+" ", whole)
		}
	}
	for offset := range 3 {
		label := fmt.Sprintf("base64 at %d", offset)
		c.add(label, innerBase64(base64.RawStdEncoding, text, offset))
		c.url(label+" ", innerBase64(base64.RawStdEncoding, text, offset))
		c.add(fmt.Sprintf("base64url at %d", offset), innerBase64(base64.RawURLEncoding, text, offset))
	}
}

// innerBase64 encodes text behind as many bytes as offset says, and gives the characters that text alone decides.
func innerBase64(encoding *base64.Encoding, text string, offset int) string {
	encoded := encoding.EncodeToString(append(make([]byte, offset), text...))
	first := (offset*8 + 5) / 6
	last := (offset + len(text)) * 8 / 6
	return encoded[first:last]
}

// lines adds the lines of a text that has several, such as a key: logs and editors take it apart there. The lines at the beginning and
// the end of a PEM block say nothing.
func (c *collected) lines(secret string) {
	all := strings.FieldsFunc(secret, func(char rune) bool { return char == '\n' || char == '\r' })
	if len(all) < 2 {
		return
	}
	for i, line := range all {
		line = strings.TrimSpace(line)
		if len(line) < shortestLine || strings.HasPrefix(line, "-----") {
			continue
		}
		label := fmt.Sprintf("line %d", i+1)
		c.add(label, line)
		c.add(label+" json", jsonText(line))
		c.url(label+" ", line)
	}
}

// jsonTexts gives what stands between the quotes of a JSON string, as different writers write it. The first escapes what must be.
func jsonTexts(text string) [6]string {
	if isBare(text, " ._-+=%:;,*()[]{}!?@#$") {
		return [...]string{text, text, text, text, text, text}
	}
	markup := func(char rune) bool { return strings.ContainsRune("<>&\u2028\u2029", char) }
	ascii := func(char rune) bool { return char >= utf8.RuneSelf }
	return [...]string{
		jsonText(text),
		escapeJSON(text, markup, "%04x"),
		escapeJSON(text, ascii, "%04x"),
		escapeJSON(text, ascii, "%04X"),
		escapeJSON(text, func(char rune) bool { return char == '/' }, "/"),
		escapeJSON(text, func(char rune) bool { return char == '/' || ascii(char) }, "/%04x"),
	}
}

// jsonText escapes what must be.
func jsonText(text string) string {
	return escapeJSON(text, func(rune) bool { return false }, "%04x")
}

// escapeJSON escapes what must be, and what also says. A format that begins with / writes that one as \/, all else as \u with the
// digits of the format.
func escapeJSON(text string, also func(rune) bool, format string) string {
	digits, slash := strings.CutPrefix(format, "/")
	var made strings.Builder
	for _, char := range text {
		short := strings.IndexRune("\"\\\b\f\n\r\t", char)
		switch {
		case short >= 0:
			made.WriteString(`\` + string(`"\bfnrt`[short]))
		case slash && char == '/':
			made.WriteString(`\/`)
		case char > 0xFFFF && also(char):
			char -= 0x10000
			fmt.Fprintf(&made, `\u`+digits+`\u`+digits, 0xD800+char>>10, 0xDC00+char&0x3FF)
		case char < ' ', also(char):
			fmt.Fprintf(&made, `\u`+digits, char)
		default:
			made.WriteRune(char)
		}
	}
	return made.String()
}

// isNumber tells whether a secret may be written as a JSON number.
func isNumber(secret string) bool {
	first := secret[0]
	return (first == '-' || '0' <= first && first <= '9') && json.Valid([]byte(secret))
}
