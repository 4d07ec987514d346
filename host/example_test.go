package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/hookstep-dev/hookstep/host"
	"github.com/hookstep-dev/hookstep/host/config"
)

// Another Go program serves webhooks beside its own pages.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "hookstep-example-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	settings := config.Default()
	settings.Data = filepath.Join(folder, "data")

	hooks, err := host.New(ctx, host.Options{
		Config:  settings,
		Dirs:    []string{"../testdata/integrations/order-intake"},
		Bundled: bundled(), // the engines that the program brings along
	})
	if err != nil {
		panic(err)
	}
	defer hooks.Close(ctx)

	mux := http.NewServeMux()
	mux.Handle("/hooks/", hooks)
	mux.HandleFunc("/about", func(writer http.ResponseWriter, _ *http.Request) { io.WriteString(writer, "a program of its own") })
	server := httptest.NewServer(mux)
	defer server.Close()

	order := `{"id":"SO-7","currency":"EUR","customer":{"firstName":"Ada","lastName":"Byron"},"shipTo":{"city":"Paris","country":"FR"},` +
		`"lines":[{"sku":"CAB","name":"Cable","quantity":2,"unitPrice":7.95}]}`
	answer, err := http.Post(server.URL+"/hooks/order-intake/receive-order", "application/json", strings.NewReader(order))
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var receipt struct {
		Total   string `json:"total"`
		Message string `json:"message"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&receipt); err != nil {
		panic(err)
	}
	fmt.Println(answer.StatusCode, receipt.Total, receipt.Message)
	// Output: 200 26.16 EUR Thank you, Ada: 2 pieces go to Paris.
}
