package api_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/hookstep-dev/hookstep/host/admin"
	"github.com/hookstep-dev/hookstep/host/admin/api"
)

// Whatever a query says, it is a filter or told as wrong, and a filter selects no more than what it names.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		"", "flow=Receive+order&status=failed&status=dead-letter&limit=200", "cursor=01jq4cz7zr3e9&text=%00%ff", "from=2026-01-31T12:00:00Z&to=x",
		"cursor=0000000000000", "limit=99999999999&unreplayed=true", "integration=..%2f&instance=%20",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, err := api.ParseFilter(values)
		if err != nil {
			if _, ok := errors.AsType[*admin.Invalid](err); !ok {
				t.Errorf("%q: %v is not told as wrong", query, err)
			}
			return
		}
		for name, kept := range map[string]string{
			"integration": filter.Integration, "instance": string(filter.Instance), "flow": string(filter.Flow), "text": filter.Text,
		} {
			if (values.Get(name) == "") != (kept == "") {
				t.Errorf("%q: %s became %q", query, name, kept)
			}
		}
		if cursor := values.Get("cursor"); cursor != "" && filter.Before.String() != cursor || cursor == "" && filter.Before != 0 {
			t.Errorf("%q: the cursor became %s", query, filter.Before)
		}
		if len(filter.Statuses) != len(values["status"]) || filter.Limit < 0 || filter.Before < 0 {
			t.Errorf("%q became %+v", query, filter)
		}
	})
}
