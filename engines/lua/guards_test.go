package lua_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// TestRunaways: code that would run, grow or recurse without end comes to an end of its kind. The body of each step is
// code; what it returns is its data. An empty code means that it ends well.
//
//nolint:tparallel,paralleltest // each takes a processor for itself
func TestRunaways(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		body string
		code fault.Code
	}{
		"loop":                       {`while true do end`, fault.Deadline},
		"goto":                       {`::top:: goto top`, fault.Deadline},
		"repeat in a coroutine":      {`coroutine.wrap(function() repeat until false end)()`, fault.Deadline},
		"resumed for ever":           {`local co = coroutine.wrap(function() while true do coroutine.yield() end end) while true do co() end`, fault.Deadline},
		"caught for ever":            {`while true do pcall(function() while true do end; end) end`, fault.Deadline},
		"handler":                    {`xpcall(function() error("x") end, function() while true do end; end)`, fault.Deadline},
		"handler that fails":         {`while true do xpcall(error, error) end`, fault.Deadline},
		"index metamethod":           {`return setmetatable({}, { __index = function() while true do end; end }).x`, fault.Deadline},
		"comparison":                 {`local t = {} for i = 1, 2e5 do t[i] = i end while true do table.sort(t, rawequal) end`, fault.Deadline},
		"comparison that lies":       {`local t = {} for i = 1, 1e4 do t[i] = i end table.sort(t, function() return true end) return 1`, ""},
		"search":                     {`return (("a"):rep(1e5)):find(("a-"):rep(30) .. "b")`, fault.Deadline},
		"search in square time":      {`return (("a"):rep(3e5)):find(".-b")`, fault.Deadline},
		"replacement":                {`return (("a"):rep(1e7)):gsub("a", function() return nil end)`, fault.Deadline},
		"balanced":                   {`return (("("):rep(3e5)):find("%b()")`, fault.Deadline},
		"log":                        {`while true do print("x") end`, fault.Deadline},
		"recursion":                  {`local function f() return 1 + f() end f()`, fault.Stack},
		"recursion through pcall":    {`local function f() return pcall(f) end local ok = f() return ok`, ""},
		"recursion through xpcall":   {`local function f() xpcall(error, f) end f() return 1`, ""},
		"recursion through sort":     {`local function f() table.sort({ 2, 1 }, f) end f()`, fault.Stack},
		"recursion through gsub":     {`local function f() ("x"):gsub("x", f) end f()`, fault.Stack},
		"recursion through tostring": {`local t; t = setmetatable({}, { __tostring = function() return tostring(t) end }) return tostring(t)`, fault.Stack},
		"recursion through concat":   {`local t; t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. ""`, fault.Stack},
		"recursion of coroutines":    {`local function f() coroutine.wrap(f)() end f()`, fault.Stack},
		"recursion through loading":  {`local function f() loadstring("return ...")(f)() end f()`, fault.Stack},
		"many arguments":             {`return select("#", unpack({}, 1, 2e5))`, ""},
		"too many arguments":         {`return select("#", unpack({}, 1, 1e9))`, fault.Thrown},
		"too many bytes":             {`return select("#", ("x"):rep(1e7):byte(1, -1))`, fault.Thrown},
		"repeated text":              {`return #("x"):rep(2^40)`, fault.Memory},
		"repeated separator":         {`return #("").rep("", 2^40, "x")`, fault.Memory},
		"repeated nothing":           {`return #("").rep("", 2^53)`, ""},
		"expanded text":              {`return #(("x"):rep(1e5):gsub("x", ("y"):rep(1e4)))`, fault.Memory},
		"joined text":                {`local s, t = ("x"):rep(1e6), {} for i = 1, 100 do t[i] = s end return #table.concat(t)`, fault.Memory},
		"wide format":                {`return #("%1000000000d"):format(1)`, fault.Thrown},
		"far index":                  {`local t = {} t[1e9] = 1 t[2^60] = 2 return t[1e9]`, ""},
		"far insertion":              {`table.insert({}, 5e7, 1)`, fault.Thrown},
		"index cycle":                {`local a, b = {}, {} setmetatable(a, { __index = b }) setmetatable(b, { __index = a }) return a.x`, fault.Thrown},
		"nested source":              {`return (select(2, loadstring(("("):rep(1e5))))`, ""},
		"chained source":             {`return (select(2, loadstring("return " .. ("1 .. "):rep(1e5) .. "1")))`, ""},
		"unary source":               {`return (select(2, loadstring("return " .. ("not "):rep(1e5) .. "1")))`, ""},
		"branching source":           {`return (select(2, loadstring("if a then " .. ("elseif a then "):rep(5e4) .. "end")))`, ""},
		"calling source":             {`return (select(2, loadstring("return f" .. ("()"):rep(1e5))))`, ""},
		"endless source":             {`return load(function() return " " end) ~= nil`, ""},
		"deep JSON":                  {`return pcall(json.decode, ("["):rep(1e6))`, ""},
		"deep table":                 {`local t = {} for i = 1, 1e6 do t = { t } end return t`, fault.ResultSize},
		"deep log":                   {`local t = {} for i = 1, 1e5 do t = { t } end print(t) return 1`, ""},
		"wide tree":                  {`local t = { 1 } for i = 1, 40 do t = { t, t } end return t`, fault.ResultSize},
		"sorted nothing":             {`local t = { 1, nil, "x", {} } return pcall(table.sort, t)`, ""},
		"random interval":            {`return pcall(math.random, 5, 1)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			limit := 20 * time.Second // for what ends by itself, on a busy machine
			if test.code == fault.Deadline {
				limit = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeoutCause(t.Context(), limit, fault.New(fault.Limit, fault.Deadline, "late"))
			defer cancel()
			started := time.Now()
			_, err := run(ctx, t, &recorder{}, engine.Run{Limits: engine.Limits{ResultBytes: 1 << 20}},
				script("return function()\n  return { data = (function() "+test.body+" end)() }\nend"))
			if late := time.Since(started) - limit; late > time.Second {
				t.Errorf("it ended %s after its limit", late)
			}
			var code fault.Code
			if found, ok := errors.AsType[*fault.Fault](err); ok {
				code = found.Code
			}
			if code != test.code {
				t.Errorf("want %q, got %v", test.code, err)
			}
		})
	}
}
