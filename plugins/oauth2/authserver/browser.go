package authserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Browser is a person with a browser: it keeps cookies, logs in as User wherever it is asked, and allows what it is asked to.
type Browser struct {
	User   string
	client *http.Client
}

// steps are the most pages and redirects of one authorization.
const steps = 20

// NewBrowser makes a browser without cookies.
func NewBrowser(user string) *Browser {
	jar, _ := cookiejar.New(nil) // no error without options, as its documentation has it
	return &Browser{user, &http.Client{
		Jar: jar, Transport: onceOnly(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Authorize opens a link and goes through what follows, until it is redirected with a state and a code or an error. That redirect is
// given back and not followed: Open does so.
func (b *Browser) Authorize(ctx context.Context, link string) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return nil, err
	}
	for range steps {
		answer, text, err := b.do(request)
		if err != nil {
			return nil, err
		}
		request, err = b.next(ctx, answer, text)
		if err != nil {
			return nil, err
		}
		if query := request.URL.Query(); query.Has("state") && (query.Has("code") || query.Has("error")) {
			return request.URL, nil
		}
	}
	return nil, fmt.Errorf("no redirect after %d pages, the last of them %s", steps, request.URL)
}

// Open follows redirects and gives what the last page has.
func (b *Browser) Open(ctx context.Context, link string) (status int, text string, err error) {
	follow := *b.client
	follow.CheckRedirect = nil
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return 0, "", err
	}
	answer, err := follow.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(read), err
}

func (b *Browser) do(request *http.Request) (*http.Response, string, error) {
	answer, err := b.client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer, string(text), err
}

// next is where a page leads: its redirect, or its form filled in.
func (b *Browser) next(ctx context.Context, answer *http.Response, text string) (*http.Request, error) {
	if location, err := answer.Location(); err == nil {
		return http.NewRequestWithContext(ctx, http.MethodGet, location.String(), nil)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s: %s", answer.Request.URL, answer.Status, text)
	}
	action, fields, err := form(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", answer.Request.URL, err)
	}
	target, err := answer.Request.URL.Parse(action)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"login", "password"} {
		if fields.Has(name) {
			fields.Set(name, b.User)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return request, nil
}

// form finds a page's first form.
func form(text string) (action string, fields url.Values, err error) {
	page, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return "", nil, err
	}
	for node := range page.Descendants() {
		switch {
		case node.Type != html.ElementNode:
		case node.Data == "form" && fields == nil:
			action, fields = attribute(node, "action"), url.Values{}
		case node.Data == "input" && fields != nil:
			fields.Set(attribute(node, "name"), attribute(node, "value"))
		}
	}
	if fields == nil {
		return "", nil, errors.New("a page without a form: " + text)
	}
	return action, fields, nil
}

func attribute(node *html.Node, name string) string {
	for _, each := range node.Attr {
		if each.Key == name {
			return each.Val
		}
	}
	return ""
}
