package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/wire"
	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/store"
)

func invalid(field, format string, args ...any) error {
	return &admin.Invalid{Field: field, Problem: fmt.Sprintf(format, args...)}
}

func unknown(noun, name string, names []string) error {
	return invalid(name, "there is no %s %q here%s", noun, name, document.DidYouMean(name, names))
}

// queryOf reads the query. A pair that cannot be read is an error: left out, it would select more than was asked for.
func queryOf(request *http.Request) (url.Values, error) {
	values, err := url.ParseQuery(request.URL.RawQuery)
	if err != nil {
		return nil, invalid("", "the query cannot be read: %v", err)
	}
	return values, nil
}

// idOf reads the execution id of the path.
func idOf(request *http.Request) (integration.ExecutionID, error) {
	id, err := integration.ParseExecutionID(request.PathValue("id"))
	if err != nil {
		return 0, invalid("id", "%v", err)
	}
	return id, nil
}

// ParseFilter reads the query of a list of executions.
func ParseFilter(values url.Values) (store.Filter, error) {
	asked := wire.Filter{
		Integration: values.Get("integration"), Instance: values.Get("instance"), Flow: values.Get("flow"),
		Statuses: values["status"], Text: values.Get("text"),
	}
	var err error
	if asked.From, err = timeOf(values, "from"); err != nil {
		return store.Filter{}, err
	}
	if asked.To, err = timeOf(values, "to"); err != nil {
		return store.Filter{}, err
	}
	filter, err := filterOf(asked)
	if err != nil {
		return filter, err
	}
	if filter.Unreplayed, err = flagOf(values, "unreplayed"); err != nil {
		return filter, err
	}
	if filter.Limit, err = countOf(values, "limit"); err != nil {
		return filter, err
	}
	if cursor := values.Get("cursor"); cursor != "" {
		if filter.Before, err = integration.ParseExecutionID(cursor); err != nil || filter.Before == 0 {
			return filter, invalid("cursor", "%q is no cursor: take `next` of the page before", cursor)
		}
	}
	return filter, nil
}

// filterOf takes names as people write them: "Receive order" is the flow receive-order.
func filterOf(asked wire.Filter) (store.Filter, error) {
	filter := store.Filter{
		Integration: string(integration.SlugOf(asked.Integration)), Instance: integration.InstanceName(integration.SlugOf(asked.Instance)),
		Flow: integration.SlugOf(asked.Flow), From: asked.From, To: asked.To, Text: asked.Text,
	}
	for field, pair := range map[string][2]string{
		"integration": {asked.Integration, filter.Integration}, "instance": {asked.Instance, string(filter.Instance)}, "flow": {asked.Flow, string(filter.Flow)},
	} {
		if pair[0] != "" && pair[1] == "" {
			return filter, invalid(field, "%q is no name: it has no letter or digit", pair[0])
		}
	}
	for _, name := range asked.Statuses {
		status, err := statusNamed(store.Statuses(), name)
		if err != nil {
			return filter, err
		}
		filter.Statuses = append(filter.Statuses, status)
	}
	return filter, nil
}

// statusNamed finds a status among all that there are.
func statusNamed[Status ~string](all []Status, name string) (Status, error) {
	if !slices.Contains(all, Status(name)) {
		return "", invalid("status", "there is no status %q%s", name, document.DidYouMean(name, texts(all)))
	}
	return Status(name), nil
}

func timeOf(values url.Values, name string) (time.Time, error) {
	text := values.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, invalid(name, "%q is no time: write it as in 2026-01-31T12:00:00Z", text)
	}
	return at, nil
}

func flagOf(values url.Values, name string) (bool, error) {
	switch text := values.Get(name); text {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, invalid(name, "%q is neither true nor false", text)
	}
}

// countOf reads a number from 0 on; 0 stands for none.
func countOf(values url.Values, name string) (int, error) {
	text := values.Get(name)
	if text == "" {
		return 0, nil
	}
	count, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, invalid(name, "%q is no number", text)
	}
	return int(count), nil
}

// maxBody is what a body may have, unless it is a state.
const maxBody = 64 << 10

// read reads a body that is one JSON document without unknown members. An empty body is an empty document.
func read(writer http.ResponseWriter, request *http.Request, into any) error {
	text, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, maxBody))
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return bodyError(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid("", "the body has more after its JSON document")
	}
	return nil
}

func bodyError(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return invalid(wrong.Field, "%s cannot be a JSON %s", wrong.Field, wrong.Value)
	}
	if _, ok := errors.AsType[*time.ParseError](err); ok {
		return invalid("", "a time is written as in 2026-01-31T12:00:00Z: %v", err)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	if name, ok := strings.CutPrefix(text, "unknown field "); ok {
		field, _ := strconv.Unquote(name)
		return invalid(field, "there is no member %s here", name)
	}
	return invalid("", "the body is not the JSON document that this takes: %s", text)
}
