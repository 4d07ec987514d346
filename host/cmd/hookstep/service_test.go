package main_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// service starts an HTTP service that answers {"paid":true} to whoever has its key. SERVICE is its URL then.
//
//	service KEY
func (s *stage) service(ts *testscript.TestScript, args []string) error {
	if len(args) != 1 {
		return errors.New("service takes a key")
	}
	started := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		if request.Header.Get("Authorization") != "Bearer "+args[0] {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(writer, `{"paid":true}`)
	}))
	s.env.Defer(started.Close)
	ts.Setenv("SERVICE", started.URL)
	return nil
}
