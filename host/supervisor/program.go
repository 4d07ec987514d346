package supervisor

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"

	"github.com/hookstep-dev/hookstep/sdk/engine"
	"github.com/hookstep-dev/hookstep/sdk/fault"
)

// programs holds what one process has compiled. Equal sources are compiled once, however many ask at a time.
type programs struct {
	mu      sync.Mutex
	places  map[sourcePlace]*compilation
	content map[contentHash]*compilation
}

// maxPrograms is how many sources one process remembers; beyond it the host forgets all and asks the engine again.
const maxPrograms = 256

type contentHash [sha256.Size]byte

// sourcePlace tells a source by where it lies in memory, so that its content is hashed once and not for every
// execution. It keeps the source alive, hence the place is not used for another one.
type sourcePlace struct {
	name    string
	files   *engine.File
	length  int
	entries *string
	count   int
}

// compilation is one Load, under way until done is closed.
type compilation struct {
	content contentHash
	done    chan struct{}
	program engine.Program
	err     error
}

func placeOf(source engine.Source) sourcePlace {
	place := sourcePlace{name: source.Name, length: len(source.Files), count: len(source.Entries)}
	if place.length > 0 {
		place.files = &source.Files[0]
	}
	if place.count > 0 {
		place.entries = &source.Entries[0]
	}
	return place
}

// hashOf gives equal sources the equal hash. Each part is preceded by its length, so that no two sources look alike.
func hashOf(source engine.Source) contentHash {
	sum := sha256.New()
	var size [8]byte
	add := func(part []byte) {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		sum.Write(size[:])
		sum.Write(part)
	}
	add([]byte(source.Name))
	for _, file := range source.Files {
		add([]byte(file.Path))
		add(file.Content)
	}
	add(nil)
	for _, entry := range source.Entries {
		add([]byte(entry))
	}
	return contentHash(sum.Sum(nil))
}

// find gives the compilation of a source; fresh tells that the caller must see to it.
func (p *programs) find(source engine.Source) (found *compilation, fresh bool) {
	at := placeOf(source)
	p.mu.Lock()
	found = p.places[at]
	p.mu.Unlock()
	if found != nil {
		return found, false
	}
	hash := hashOf(source)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil || len(p.places) >= maxPrograms {
		p.places, p.content = map[sourcePlace]*compilation{}, map[contentHash]*compilation{}
	}
	if found = p.content[hash]; found == nil {
		found, fresh = &compilation{content: hash, done: make(chan struct{})}, true
		p.content[hash] = found
	}
	p.places[at] = found
	return found, fresh
}

// drop forgets the compilations for which the test holds.
func (p *programs) drop(test func(*compilation) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, entry := range p.places {
		if test(entry) {
			delete(p.places, at)
		}
	}
	for hash, entry := range p.content {
		if test(entry) {
			delete(p.content, hash)
		}
	}
}

// forget drops the program of an id that the process does not know any more.
func (p *programs) forget(id string) {
	p.drop(func(entry *compilation) bool { return entry.isDone() && entry.program.ID == id })
}

func (c *compilation) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// load compiles a source in the worker's process, or gives what was compiled before.
func (p *pool) load(ctx context.Context, w *worker, source engine.Source) (engine.Program, error) {
	entry, fresh := w.programs.find(source)
	if fresh {
		p.compile(w, entry, source) //nolint:contextcheck // others may wait for it when this caller is gone
	}
	select {
	case <-entry.done:
		return entry.program, entry.err
	default:
	}
	select {
	case <-entry.done:
		return entry.program, entry.err
	case <-ctx.Done():
		return engine.Program{}, context.Cause(ctx)
	}
}

// compile loads in the background.
func (p *pool) compile(w *worker, entry *compilation, source engine.Source) {
	finish := func(program engine.Program, err error) {
		p.bombs.note(entry.content, err, w, p.sup.config.Restart.CoolDown)
		entry.program, entry.err = program, err
		if err != nil {
			w.programs.drop(func(other *compilation) bool { return other == entry })
		}
		close(entry.done)
	}
	if err := p.bombs.refusal(entry.content); err != nil {
		finish(engine.Program{}, err)
		return
	}
	ctx, leave, err := p.sup.enter(context.Background())
	if err != nil {
		finish(engine.Program{}, err)
		return
	}
	go func() {
		defer leave()
		finish(p.compileWithin(ctx, w, source))
	}()
}

// compileWithin kills a process that compiles for too long: nothing else ends it. The limit is this side's alone: a
// deadline of ctx would travel along, and the other side might give up before this one knows why.
func (p *pool) compileWithin(ctx context.Context, w *worker, source engine.Source) (engine.Program, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := p.sup.config.LoadTimeout
	late := time.AfterFunc(limit, func() {
		cancel(fault.New(fault.Limit, fault.Deadline, "compiling took longer than %s", limit))
	})
	defer late.Stop()
	program, err := w.engine.Load(ctx, source)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
		w.process.Kill(fault.As(err, fault.Host))
	}
	if err != nil && w.isGone() {
		<-w.process.Exited()
	}
	return program, err
}
