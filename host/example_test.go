package host_test

import (
	"context"
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
		Dirs:    []string{"../testdata/integrations/order-intake-lua"},
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

	order := `{"id":"SO-1","placedAt":"2026-01-15T09:30:00Z","currency":"EUR","customer":{"name":"Ada"},"lines":[]}`
	answer, err := http.Post(server.URL+"/hooks/order-intake-lua/receive-order", "application/json", strings.NewReader(order))
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	fmt.Println(answer.Header.Get("hookstep-execution-id") != "")
	// Output: true
}
