package ingress

import (
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// read makes the Request, within the limits.
func (h *Handler) read(writer http.ResponseWriter, incoming *http.Request) (*integration.Request, *fault.Fault) {
	headers, refused := h.headers(incoming)
	if refused != nil {
		return nil, refused
	}
	body, refused := h.body(writer, incoming)
	if refused != nil {
		return nil, refused
	}
	return &integration.Request{
		Method:      incoming.Method,
		Path:        incoming.URL.Path,
		RawQuery:    incoming.URL.RawQuery,
		Headers:     headers,
		Body:        body,
		ContentType: incoming.Header.Get("Content-Type"),
		InvokeURL:   h.invokeURL(incoming),
		RemoteAddr:  incoming.RemoteAddr,
		ReceivedAt:  time.Now(),
	}, nil
}

func (h *Handler) invokeURL(incoming *http.Request) string {
	base := h.baseURL
	if base == "" {
		base = "http://" + incoming.Host
		if incoming.TLS != nil {
			base = "https://" + incoming.Host
		}
	}
	if incoming.URL.RawQuery == "" {
		return base + incoming.URL.EscapedPath()
	}
	return base + incoming.URL.EscapedPath() + "?" + incoming.URL.RawQuery
}

// headers gives each name once, in lower case and in order. The host header is one of them.
func (h *Handler) headers(incoming *http.Request) ([]hostapi.Header, *fault.Fault) {
	headers := append(make([]hostapi.Header, 0, len(incoming.Header)+1), hostapi.Header{Name: "host", Value: incoming.Host})
	lines, size := 1, int64(len("host")+len(incoming.Host))
	for name, values := range incoming.Header {
		joined := values[0]
		if len(values) > 1 {
			joined = strings.Join(values, separator(name))
		}
		lines += len(values)
		size += int64(len(name) + len(joined))
		headers = append(headers, hostapi.Header{Name: strings.ToLower(name), Value: joined})
	}
	if lines > h.limits.Headers {
		return nil, fault.New(fault.Limit, fault.HeadersTooLarge, "the request has %d headers; the limit is %d", lines, h.limits.Headers)
	}
	if size > h.limits.HeaderBytes {
		return nil, fault.New(fault.Limit, fault.HeadersTooLarge, "the request headers have %d bytes; the limit is %d", size, h.limits.HeaderBytes)
	}
	slices.SortFunc(headers, func(a, b hostapi.Header) int { return strings.Compare(a.Name, b.Name) })
	return headers, nil
}

// separator joins the lines of one header; those of Cookie are joined as HTTP says.
func separator(name string) string {
	if name == "Cookie" {
		return "; "
	}
	return ", "
}

// body reads the body as it is, no longer than the time limit.
func (h *Handler) body(writer http.ResponseWriter, incoming *http.Request) ([]byte, *fault.Fault) {
	if incoming.ContentLength == 0 {
		return nil, nil
	}
	if incoming.ContentLength > h.limits.Body {
		return nil, h.tooLarge()
	}
	control := http.NewResponseController(writer)
	limited := control.SetReadDeadline(time.Now().Add(h.limits.BodyTimeout)) == nil // a writer without deadlines has its server's
	body, err := slurp(http.MaxBytesReader(writer, incoming.Body, h.limits.Body), incoming.ContentLength)
	if err != nil {
		return nil, h.unread(err)
	}
	if limited {
		_ = control.SetReadDeadline(time.Time{})
	}
	return body, nil
}

// slurp reads all, of a known length in one go.
func slurp(reader io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(reader)
	}
	body := make([]byte, length)
	_, err := io.ReadFull(reader, body)
	return body, err
}

func (h *Handler) tooLarge() *fault.Fault {
	return fault.New(fault.Limit, fault.TooLarge, "the request body is over the limit of %d bytes", h.limits.Body)
}

// unread says why a body did not come in whole.
func (h *Handler) unread(err error) *fault.Fault {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return h.tooLarge()
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fault.New(fault.Limit, fault.TooSlow, "the request body did not arrive within %s", h.limits.BodyTimeout)
	}
	return fault.New(fault.User, fault.Malformed, "the request body did not arrive whole: %v", err)
}
