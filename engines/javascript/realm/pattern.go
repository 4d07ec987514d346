package realm

import (
	"sync"

	"github.com/dlclark/regexp2/v2"
)

// LimitPatterns gives the backtracking matcher a time limit. The limit is a variable of its library, read when a
// pattern is compiled, so that it must be set before the first realm opens.
var LimitPatterns = sync.OnceFunc(func() {
	regexp2.DefaultMatchTimeout = maxPattern
	regexp2.SetTimeoutCheckPeriod(maxPattern / 10)
})
