package api

import (
	_ "embed"
	"fmt"
	"net/http"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI gives the description of the API as JSON.
func OpenAPI() ([]byte, error) {
	report := &document.Report{File: "openapi.yaml"}
	root := document.Parse(openAPI, report)
	if err := report.Problems.Err(); err != nil {
		return nil, fmt.Errorf("reading the API's description: %w", err)
	}
	return root.AppendJSON(nil), nil
}

func (h *Handler) describe(writer http.ResponseWriter, _ *http.Request) error {
	text, err := OpenAPI()
	if err != nil {
		return err
	}
	writer.Header().Set("Content-Type", typeJSON)
	_, _ = writer.Write(text) // a caller who is gone cannot be told
	return nil
}
