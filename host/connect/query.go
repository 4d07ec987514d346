package connect

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hookstep-dev/hookstep/sdk/connection"
)

// putQuery adds parameters to a query, and takes out those of their names. The others keep their order and form: services sign them.
func putQuery(query string, added []connection.Pair) string {
	var parts []string
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		plain, err := url.QueryUnescape(name)
		if part != "" && (err != nil || !slices.ContainsFunc(added, func(pair connection.Pair) bool { return pair.Key == plain })) {
			parts = append(parts, part)
		}
	}
	for _, pair := range added {
		parts = append(parts, url.QueryEscape(pair.Key)+"="+url.QueryEscape(pair.Value))
	}
	return strings.Join(parts, "&")
}
