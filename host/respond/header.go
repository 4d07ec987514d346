package respond

import (
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
)

// Limits on the headers that code may set.
const (
	maxHeaders     = 64
	maxHeaderValue = 8 << 10 // bytes
)

// said is what is kept of the headers that code set.
type said struct {
	headers     []hostapi.Header
	contentType string
}

// checkHeaders drops what belongs to the connection or to the host and refuses what HTTP cannot carry.
func checkHeaders(headers []hostapi.Header) (said, error) {
	if len(headers) > maxHeaders {
		return said{}, fault.New(fault.User, fault.BadResult, "the code answered with %d headers; at most %d are allowed", len(headers), maxHeaders)
	}
	var kept said
	for _, header := range headers {
		name := strings.ToLower(header.Name)
		if !validName(name) {
			return said{}, fault.New(fault.User, fault.BadResult, "the code answered with an impossible header name %q", header.Name)
		}
		if !validValue(header.Value) {
			return said{}, fault.New(fault.User, fault.BadResult,
				"the code answered with an impossible value of the header %s: it has a control character or more than %d bytes", name, maxHeaderValue)
		}
		switch {
		case name == "content-type":
			kept.contentType = header.Value
		case !reserved(name):
			kept.headers = append(kept.headers, header)
		}
	}
	return kept, nil
}

// reserved tells the names that code cannot set: of the connection, of the host, and those that a browser applies to all
// flows of the host name.
func reserved(name string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
		"transfer-encoding", "upgrade", "content-length", "date", "server", "x-content-type-options",
		"alt-svc", "clear-site-data", "nel", "report-to", "service-worker-allowed", "strict-transport-security":
		return true
	}
	return strings.HasPrefix(name, "hookstep-")
}

// validName tells a token of HTTP.
func validName(name string) bool {
	for i := range len(name) {
		char := name[i]
		if char <= ' ' || char >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, char) >= 0 {
			return false
		}
	}
	return name != ""
}

// validValue tells a header value that stays one line.
func validValue(text string) bool {
	for i := range len(text) {
		if char := text[i]; char < ' ' && char != '\t' || char == 0x7f {
			return false
		}
	}
	return len(text) <= maxHeaderValue
}
