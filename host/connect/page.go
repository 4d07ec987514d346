package connect

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// page is what people see who come without a place to be sent back to.
type page struct {
	template *template.Template
	policy   string
}

func newPage() *page {
	sum := sha256.Sum256([]byte(pageCSS))
	return &page{
		template: template.Must(template.New("page").Parse(pageHTML)),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
}

// write answers with a page. All that it says is text.
func (p *page) write(writer http.ResponseWriter, status int, title, words string) {
	var text bytes.Buffer
	shown := struct {
		Title, Words string
		Good         bool
		Style        template.CSS
	}{title, words, status < http.StatusBadRequest, template.CSS(pageCSS)} //nolint:gosec // it is ours
	if p.template.Execute(&text, shown) != nil {
		status = http.StatusInternalServerError
	}
	header := writer.Header()
	protect(header)
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", p.policy)
	header.Set("Content-Length", strconv.Itoa(text.Len()))
	writer.WriteHeader(status)
	_, _ = writer.Write(text.Bytes()) // who has left does not read
}

// protect keeps an answer, and the address it is the answer to, from being kept or told.
func protect(header http.Header) {
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
}
