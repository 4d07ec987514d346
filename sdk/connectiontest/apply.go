package connectiontest

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/connection"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// request is what the suite has signed, at a time that does not pass.
func request(body []byte) connection.Request {
	return connection.Request{
		Method: "POST", URL: "https://api.example.com/items?page=2&sort=a%20b",
		Headers: []hostapi.Header{{Name: "Host", Value: "api.example.com"}, {Name: "Content-Type", Value: "application/json"}},
		Body:    body, At: time.Date(2026, time.March, 4, 5, 6, 7, 0, time.UTC),
	}
}

// credential is the token that Apply gets: the type's own, or one that looks like any, where the suite cannot come to one.
func (sc *scene) credential(ctx context.Context) (connection.Token, string) {
	switch {
	case sc.of.Token == connection.Static:
		return connection.Token{}, ""
	case sc.server == nil:
		return connection.Token{}, string(NotOffered)
	default:
		return sc.obtain(ctx)
	}
}

// sign signs a request and judges what is added to it.
func (sc *scene) sign(ctx context.Context, of connection.Request) (connection.Additions, string) {
	token, reason := sc.credential(ctx)
	if reason != "" {
		return connection.Additions{}, reason
	}
	additions, err := sc.provider.Apply(ctx, sc.settings, token, of)
	if err != nil {
		return additions, err.Error()
	}
	return additions, judgeAdditions(additions)
}

func judgeAdditions(additions connection.Additions) string {
	if len(additions.Headers)+len(additions.Query) == 0 {
		return "it adds nothing to the request"
	}
	for _, header := range additions.Headers {
		switch {
		case !matches(headerName, header.Name):
			return fmt.Sprintf("%q is no name of a header", header.Name)
		case strings.ContainsFunc(header.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			return fmt.Sprintf("the value of the header %s holds what no header may", header.Name)
		case isFraming(header.Name):
			return fmt.Sprintf("it sets the header %s, which belongs to the transport", header.Name)
		}
	}
	return ""
}

func isFraming(name string) bool {
	switch strings.ToLower(name) {
	case "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer":
		return true
	}
	return false
}

// signsAlike: equal requests at the same time get equal additions.
func (sc *scene) signsAlike(ctx context.Context) string {
	first, reason := sc.sign(ctx, request([]byte(`{"a":1}`)))
	if reason != "" {
		return reason
	}
	second, reason := sc.sign(ctx, request([]byte(`{"a":1}`)))
	if reason != "" {
		return reason
	}
	if sc.of.Token == connection.Static && !reflect.DeepEqual(first, second) {
		return "equal requests at the same time get different additions"
	}
	return ""
}

// signsBodies: bodies of every size are signed and stay as they are.
func (sc *scene) signsBodies(ctx context.Context) string {
	for _, size := range []int{0, 1, 64 << 10, 256<<10 + 1, 32 << 20} {
		body := bytes.Repeat([]byte{0, 0xff, 'x'}, size/3+1)[:size]
		kept := bytes.Clone(body)
		if _, reason := sc.sign(ctx, request(body)); reason != "" {
			return fmt.Sprintf("a body of %d bytes: %s", size, reason)
		}
		if !bytes.Equal(body, kept) {
			return fmt.Sprintf("it changes the body, of %d bytes", size)
		}
	}
	return ""
}

// signsManyHeaders: long lists of headers, names that come several times among them, are signed.
func (sc *scene) signsManyHeaders(ctx context.Context) string {
	of := request(nil)
	for n := range 2000 {
		of.Headers = append(of.Headers, hostapi.Header{Name: fmt.Sprintf("X-Many-%d", n/2), Value: strings.Repeat("v", 500)})
	}
	_, reason := sc.sign(ctx, of)
	return reason
}

// signsOddRequests: URLs and headers of all kinds are signed, or refused with a fault.
func (sc *scene) signsOddRequests(ctx context.Context) string {
	for _, link := range []string{
		"https://api.example.com", "https://api.example.com/a%2Fb/%E5%8C%97?x", "https://api.example.com/ü/北京?q=ü&q=&=&q=b%20c+d",
		"https://api.example.com/a//b/./../c?a=%zz", "http://127.0.0.1:8080/?" + strings.Repeat("a=1&", 500), "https://[::1]:8443/",
	} {
		of := request([]byte(unicode))
		of.URL = link
		of.Headers = append(of.Headers, hostapi.Header{Name: "X-Odd", Value: "  a   " + unicode + "  "}, hostapi.Header{Name: "x-odd", Value: ""})
		token, reason := sc.credential(ctx)
		if reason != "" {
			return reason
		}
		additions, err := sc.provider.Apply(ctx, sc.settings, token, of)
		if err == nil {
			reason = judgeAdditions(additions)
		} else {
			reason = isDeliberate(err)
		}
		if reason != "" {
			return fmt.Sprintf("%s: %s", link, reason)
		}
	}
	return ""
}
