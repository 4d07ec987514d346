package respond

import (
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// DuplicateHeader is on the answer to a request whose dedupe key an earlier one had: the answer is that one's, and so is the
// execution that ExecutionHeader names.
const DuplicateHeader = "Hookstep-Duplicate"

// Duplicate gives the answer of the first execution of a key once more.
func Duplicate(first *integration.Response) integration.Response {
	answer := *first
	answer.Headers = slices.Concat(first.Headers, []hostapi.Header{{Name: DuplicateHeader, Value: "true"}})
	return answer
}

// Again gives an answer that was kept to a sibling flow: JSON and text as the values that they are, all else as bytes.
func Again(kept *integration.Response) hostapi.InvokeResponse {
	contentType := ""
	for _, header := range kept.Headers {
		if header.Name == "Content-Type" {
			contentType = header.Value
		}
	}
	made := hostapi.InvokeResponse{Status: kept.Status, Headers: kept.Headers}
	switch {
	case contentType == typeJSON:
		made.Data = value.JSON(kept.Body)
	case strings.HasPrefix(contentType, "text/"):
		made.Data = value.Text(string(kept.Body))
	default:
		made.Data = value.Bytes(kept.Body, contentType)
	}
	return made
}
