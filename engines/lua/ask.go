package lua

import (
	"strings"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/engines/lua/internal/luajson"
	"github.com/hookstep-dev/hookstep/sdk/fault"
	"github.com/hookstep-dev/hookstep/sdk/hostapi"
	"github.com/hookstep-dev/hookstep/sdk/value"
)

// openHost gives the global functions that ask the host.
func (s *sandbox) openHost() {
	s.state.SetGlobal("fetch", s.state.NewFunction(s.fetch))
}

// fetch is fetch(url, options): one exchange, done by the host.
func (s *sandbox) fetch(l *vm.LState) int {
	request := hostapi.FetchRequest{Step: s.step.Key, Method: "GET", URL: l.CheckString(1)}
	if options, ok := l.Get(2).(*vm.LTable); ok {
		s.fetchOptions(l, options, &request)
	}
	response, err := s.host.Fetch(l.Context(), request)
	if err != nil {
		ended(l)
		s.throw(l, fault.As(err, fault.Host))
	}
	l.Push(s.response(response))
	return 1
}

func (s *sandbox) fetchOptions(l *vm.LState, options *vm.LTable, request *hostapi.FetchRequest) {
	if method := options.RawGetString("method"); method != vm.LNil {
		request.Method = standardMethod(vm.LVAsString(method))
	}
	if mode := options.RawGetString("redirect"); mode != vm.LNil {
		request.Redirect = hostapi.Redirect(vm.LVAsString(mode))
	}
	if headers, ok := options.RawGetString("headers").(*vm.LTable); ok {
		lines, err := headerLines(headers, "headers")
		if err != nil {
			s.throw(l, err)
		}
		request.Headers = lines
	}
	if body := options.RawGetString("body"); body != vm.LNil {
		request.Body = s.fetchBody(l, body)
	}
	if connection := options.RawGetString("connection"); connection != vm.LNil {
		request.Connection = connectionName(l, connection)
	}
}

// connectionName takes a name only: the connection's table of ctx.configVars is a likely mistake.
func connectionName(l *vm.LState, given vm.LValue) string {
	if name, ok := given.(vm.LString); ok && name != "" {
		return string(name)
	}
	shown, known := "a "+given.Type().String(), "Shop API"
	if table, ok := given.(*vm.LTable); ok {
		if name, ok := l.GetField(table, "configVarKey").(vm.LString); ok {
			known = string(name)
		}
	}
	if given.Type() == vm.LTString {
		shown = "an empty string"
	}
	l.RaiseError("fetch: connection is %s; give the name of a connection, as in connection = %q", shown, known)
	return ""
}

// fetchBody gives the bytes of a body: a string or bytes as they are. A table needs json.encode, so that its content
// type is the caller's decision.
func (s *sandbox) fetchBody(l *vm.LState, body vm.LValue) []byte {
	if data, ok := body.(*vm.LUserData); ok {
		if packed, ok := data.Value.(luajson.Packed); ok {
			return []byte(packed)
		}
	}
	if !vm.LVCanConvToString(body) {
		l.RaiseError("fetch: body is a %s; give a string, as json.encode(…) makes one", body.Type().String())
	}
	return []byte(vm.LVAsString(body))
}

// standardMethod writes the methods that the fetch standard normalizes in upper case.
func standardMethod(method string) string {
	switch upper := strings.ToUpper(method); upper {
	case "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT":
		return upper
	}
	return method
}

func (s *sandbox) response(response hostapi.FetchResponse) *vm.LTable {
	table := s.state.CreateTable(0, 8)
	table.RawSetString("status", vm.LNumber(response.Status))
	table.RawSetString("statusText", vm.LString(response.StatusText))
	table.RawSetString("ok", vm.LBool(response.Status >= 200 && response.Status < 300))
	table.RawSetString("url", vm.LString(response.URL))
	table.RawSetString("redirected", vm.LBool(response.Redirected))
	table.RawSetString("headers", s.headerTable(response.Headers))
	table.RawSetString("body", vm.LString(response.Body))
	table.RawSetString("json", s.state.NewFunction(func(l *vm.LState) int {
		decoded, err := s.codec.Decode(response.Body)
		if err != nil {
			l.RaiseError("the answer of %s is not JSON: %s", response.URL, err.Error())
		}
		l.Push(decoded)
		return 1
	}))
	return table
}

// invoker makes ctx.invokeFlow(name, data, options) for the context table.
func (s *sandbox) invoker(context *vm.LTable) *vm.LFunction {
	return s.state.NewFunction(func(l *vm.LState) int {
		if l.Get(1) == vm.LValue(context) {
			l.Remove(1)
		}
		response, err := s.host.InvokeFlow(l.Context(), s.invocation(l))
		if err != nil {
			ended(l)
			s.throw(l, fault.As(err, fault.Host))
		}
		data, err := s.codec.Value(response.Data)
		if err != nil {
			s.throw(l, fault.New(fault.Host, fault.Internal, "the flow's answer can't be read: %s", err))
		}
		table := l.CreateTable(0, 3)
		table.RawSetString("status", vm.LNumber(response.Status))
		table.RawSetString("headers", s.headerTable(response.Headers))
		table.RawSetString("data", data)
		l.Push(table)
		return 1
	})
}

func (s *sandbox) invocation(l *vm.LState) hostapi.InvokeRequest {
	request := hostapi.InvokeRequest{Step: s.step.Key, Flow: l.CheckString(1)}
	var err error
	if request.Data, err = s.argument(l, 2, "data"); err != nil {
		s.throw(l, err)
	}
	if l.Get(3) != vm.LNil {
		options, err := s.argument(l, 3, "options")
		if err != nil {
			s.throw(l, err)
		}
		request.Options = options.JSON
	}
	return request
}

func (s *sandbox) argument(l *vm.LState, n int, name string) (value.Value, error) {
	return s.codec.Encode(l.Context(), l.Get(n), name, luajson.Limits{Bytes: maxString, Depth: defaultDepth})
}
