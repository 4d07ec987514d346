package api

import (
	"net/http"
	"slices"

	"github.com/hookstep-dev/hookstep/host/admin"
)

// Route is one verb of the API.
type Route struct {
	Method string
	Path   string // below Prefix, with names in braces
	Scope  admin.Scope
	Query  []string // names of the parameters that it takes
}

// Routes lists all verbs.
func Routes() []Route {
	var all []Route
	for _, each := range routes() {
		all = append(all, each.Route)
	}
	return all
}

type route struct {
	Route

	answer func(*Handler, http.ResponseWriter, *http.Request) error
}

func routes() []route {
	const read, write = admin.Read, admin.Write
	get, post, put, patch, remove := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	list := []string{"integration", "instance", "flow", "status", "from", "to", "text", "unreplayed", "limit", "cursor"}
	const connection = "/connections/{integration}/{name}"
	one := func(name string) []string { return []string{name} }
	states := []string{"/state/{integration}", "/state/{integration}/{instance}", "/state/{integration}/{instance}/{flow}"}
	all := []route{
		{Route{get, "/executions", read, list}, (*Handler).listExecutions},
		{Route{get, "/executions/{id}", read, one("full")}, (*Handler).showExecution},
		{Route{get, "/executions/{id}/logs", read, []string{"after", "follow"}}, (*Handler).logs},
		{Route{post, "/executions/{id}/replay", write, nil}, (*Handler).replay},
		{Route{post, "/executions/replay", write, nil}, (*Handler).replayMany},
		{Route{post, "/executions/{id}/cancel", write, nil}, (*Handler).cancel},
		{Route{get, "/state", read, one("integration")}, (*Handler).listStates},
		{Route{get, "/instances", read, nil}, (*Handler).listInstances},
		{Route{post, "/instances/{integration}/{instance}/enable", write, nil}, (*Handler).enable},
		{Route{post, "/instances/{integration}/{instance}/disable", write, nil}, (*Handler).disable},
		{Route{post, "/instances/{integration}/{instance}/deploy", write, nil}, (*Handler).deploy},
		{Route{post, "/instances/{integration}/{instance}/remove", write, nil}, (*Handler).remove},
		{Route{get, "/connections", read, []string{"integration", "instance", "status"}}, (*Handler).listConnections},
		{Route{get, connection, read, one("instance")}, (*Handler).showConnection},
		{Route{patch, connection, write, one("instance")}, (*Handler).setConnection},
		{Route{remove, connection, write, one("instance")}, (*Handler).deleteConnection},
		{Route{post, connection + "/authorize", write, one("instance")}, (*Handler).authorizeConnection},
		{Route{post, connection + "/test", write, one("instance")}, (*Handler).testConnection},
		{Route{post, connection + "/revoke", write, one("instance")}, (*Handler).revokeConnection},
		{Route{get, "/schedules", read, nil}, (*Handler).listSchedules},
		{Route{get, "/tokens", admin.Manage, nil}, (*Handler).listTokens},
		{Route{post, "/tokens", admin.Manage, nil}, (*Handler).createToken},
		{Route{remove, "/tokens/{name}", admin.Manage, nil}, (*Handler).revokeToken},
		{Route{get, "/keys", read, nil}, (*Handler).showKeys},
		{Route{post, "/keys/rotate", admin.Manage, nil}, (*Handler).rotateKeys},
		{Route{post, "/keys/reseal", admin.Manage, nil}, (*Handler).resealKeys},
		{Route{post, "/keys/rewrap", admin.Manage, nil}, (*Handler).rewrapKeys},
		{Route{get, "/openapi.json", read, nil}, (*Handler).describe},
	}
	for _, path := range states {
		all = append(all,
			route{Route{get, path, read, one("key")}, (*Handler).getState},
			route{Route{put, path, write, one("key")}, (*Handler).putState},
			route{Route{remove, path, write, one("key")}, (*Handler).deleteState},
		)
	}
	return all
}

// checkQuery refuses a parameter that the route does not have: a filter with a slip in its name would select too much.
func (r *route) checkQuery(request *http.Request) error {
	values, err := queryOf(request)
	if err != nil {
		return err
	}
	for name := range values {
		if !slices.Contains(r.Query, name) {
			return unknown("parameter", name, r.Query)
		}
	}
	return nil
}
