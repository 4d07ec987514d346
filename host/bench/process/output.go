package process

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// lines is a process's standard output, kept until it is ready and dropped from then on.
type lines struct {
	pattern *regexp.Regexp
	ready   chan struct{}

	mu   sync.Mutex
	kept []string
	part string // of a line that has not ended
	done bool
}

func newLines(ready *regexp.Regexp) *lines {
	return &lines{pattern: ready, ready: make(chan struct{})}
}

// Write implements io.Writer.
func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part += string(text)
	for !l.done {
		line, rest, ok := strings.Cut(l.part, "\n")
		if !ok {
			return len(text), nil
		}
		l.kept, l.part = append(l.kept, line), rest
		if l.pattern.MatchString(line) {
			l.done = true
			close(l.ready)
		}
	}
	l.part = ""
	return len(text), nil
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.kept)
}

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

// Write implements io.Writer.
func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if len(t.text) > 2*tailSize {
		t.text = slices.Clone(t.text[len(t.text)-tailSize:])
	}
	return len(text), nil
}

// String implements fmt.Stringer.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
