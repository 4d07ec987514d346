// Package wire holds the rooms that carry the contracts across the process boundary.
//
// toproto and fromproto convert, chunk splits large contents, logline bounds logs; host2plugin is an engine.Engine that
// speaks to a process, plugin2host serves one in it. This package itself has only the tests of them together.
package wire
