package supervisor

import (
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// bombs remembers sources whose compilation ended the process: each try costs one, and seconds of its time. A process
// may end for another reason meanwhile, hence one end is forgiven.
type bombs struct {
	mu    sync.Mutex
	known map[contentHash]*bomb
}

type bomb struct {
	times  int
	until  time.Time // not tried before
	reason *fault.Fault
}

// forgiven is how many times a compilation may end its process before it is refused for a while.
const forgiven = 1

// refusal tells why a source is not compiled now; nil when it may be.
func (b *bombs) refusal(content contentHash) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.known[content]
	if found == nil {
		return nil
	}
	rest := time.Until(found.until)
	if rest <= 0 {
		return nil
	}
	refused := *found.reason
	refused.RetryAfter = rest
	return &refused
}

// note takes the end of a compilation in a worker's process.
func (b *bombs) note(content contentHash, err error, w *worker, rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		delete(b.known, content)
		return
	}
	limit := limitOf(w.process.Err())
	if limit == nil {
		return
	}
	found := b.known[content]
	if found == nil {
		if b.known == nil || len(b.known) >= maxPrograms {
			b.known = map[contentHash]*bomb{}
		}
		found = &bomb{}
		b.known[content] = found
	}
	found.times++
	found.reason = fault.New(fault.Limit, limit.Code, "the code cannot be compiled: %s", limit.Message)
	if found.times > forgiven {
		found.until = time.Now().Add(rest)
	}
}
