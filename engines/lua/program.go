package lua

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"
	"sync"

	vm "github.com/yuin/gopher-lua"

	"github.com/hookstep-dev/hookstep/sdk/engine"
)

// program is the compiled code of one integration. It does not change.
type program struct {
	files    map[string]*vm.FunctionProto // by path
	data     map[string][]byte            // JSON files by path
	paths    map[string]bool              // of all files
	warnings []engine.Diagnostic
}

// digest is equal for equal sources, in whatever order their files come.
func digest(source engine.Source) string {
	files := slices.SortedFunc(slices.Values(source.Files), func(a, b engine.File) int {
		return strings.Compare(a.Path, b.Path)
	})
	sum := sha256.New()
	for _, file := range files {
		writeField(sum, []byte(file.Path))
		writeField(sum, file.Content)
	}
	for _, entry := range slices.Sorted(slices.Values(source.Entries)) {
		writeField(sum, []byte(entry))
	}
	return "lua-" + hex.EncodeToString(sum.Sum(nil)[:16])
}

func writeField(sum hash.Hash, field []byte) {
	var size [8]byte
	binary.BigEndian.PutUint64(size[:], uint64(len(field)))
	sum.Write(size[:])
	sum.Write(field)
}

// maxPrograms is how many programs are kept. A host that wants a dropped one loads it again.
const maxPrograms = 32

// library keeps the programs that were loaded last.
type library struct {
	mu       sync.Mutex
	programs map[string]*program
	order    []string // least recently used first
}

func newLibrary() *library { return &library{programs: map[string]*program{}} }

func (l *library) find(id string) *program {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.programs[id]
	if found != nil {
		l.touch(id)
	}
	return found
}

func (l *library) keep(id string, p *program) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.programs[id] = p
	l.touch(id)
	if len(l.order) > maxPrograms {
		delete(l.programs, l.order[0])
		l.order = slices.Delete(l.order, 0, 1)
	}
}

func (l *library) touch(id string) {
	if at := slices.Index(l.order, id); at >= 0 {
		l.order = slices.Delete(l.order, at, at+1)
	}
	l.order = append(l.order, id)
}
