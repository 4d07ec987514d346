// Package wire holds the rooms that carry the contracts across the process boundary.
//
// toproto and fromproto convert, chunk splits large contents, logline bounds logs; host2plugin has the engine.Engine
// and the connection.Provider that speak to a process, plugin2host serves those in it. This package itself has only the tests of them together.
package wire
