package launch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what a process may write.
const (
	helloBytes = 4 << 10 // of the first line of standard output
	lineBytes  = 8 << 10 // of a log line
	lineRate   = 1000    // log lines in a second
	tailLines  = 20      // log lines that are remembered
)

// outPump takes standard output: its first line is the handshake, the rest is dropped.
type outPump struct {
	read  *io.PipeReader
	write *io.PipeWriter

	mu    sync.Mutex
	hello string
}

func newOutPump() *outPump {
	read, write := io.Pipe()
	return &outPump{read: read, write: write}
}

func (o *outPump) reader() io.ReadCloser { return o.read }

func (o *outPump) first() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.hello
}

func (o *outPump) pump(stdout io.Reader) {
	defer func() { _ = o.write.Close() }()
	reader := bufio.NewReaderSize(stdout, helloBytes)
	line, err := reader.ReadSlice('\n')
	o.mu.Lock()
	o.hello = strings.TrimSpace(string(line))
	o.mu.Unlock()
	if len(line) > 0 {
		_, _ = o.write.Write(append(bytes.TrimRight(line, "\r\n"), '\n'))
	}
	if err == nil || errors.Is(err, bufio.ErrBufferFull) {
		_, _ = io.Copy(io.Discard, reader)
	}
}

// logPump takes what a process logs, line by line, and passes it on at a bounded rate.
type logPump struct {
	sink func(line string)

	mu      sync.Mutex
	last    []string // at most tailLines
	ends    string   // the first line that announced the end
	memory  bool     // a line said that memory ran out
	second  time.Time
	passed  int // lines in that second
	dropped int
}

func newLogPump(sink func(line string)) *logPump {
	if sink == nil {
		sink = func(string) {}
	}
	return &logPump{sink: sink}
}

// pump reads lines until the stream ends. What a line has beyond lineBytes is dropped.
func (l *logPump) pump(stderr io.Reader) {
	reader := bufio.NewReaderSize(stderr, lineBytes)
	rest := false
	for {
		line, partial, err := reader.ReadLine()
		if err != nil {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.tellDropped()
			return
		}
		if !rest {
			l.write(string(line))
		}
		rest = partial
	}
}

// write takes one line.
func (l *logPump) write(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line = strings.ToValidUTF8(line, "\uFFFD")
	if len(l.last) == tailLines {
		l.last = slices.Delete(l.last, 0, 1)
	}
	l.last = append(l.last, line)
	l.memory = l.memory || saysOutOfMemory(line)
	if l.ends == "" && announcesEnd(line) {
		l.ends = line
	}
	now := time.Now()
	if now.Sub(l.second) >= time.Second {
		l.second, l.passed = now, 0
		l.tellDropped()
	}
	if l.passed++; l.passed > lineRate {
		l.dropped++
		return
	}
	l.sink(line)
}

func (l *logPump) tellDropped() {
	if l.dropped > 0 {
		l.sink(fmt.Sprintf("(%d more lines were dropped)", l.dropped))
		l.dropped = 0
	}
}

// tail gives the last lines, oldest first.
func (l *logPump) tail() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.last)
}

// lastWords gives the line that tells most of the end: what comes after it is a trace.
func (l *logPump) lastWords() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ends != "" || len(l.last) == 0 {
		return l.ends
	}
	return l.last[len(l.last)-1]
}

func (l *logPump) outOfMemory() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.memory
}

// saysOutOfMemory knows the words of common runtimes. A thread that cannot be created is one whose stack found no place.
func saysOutOfMemory(line string) bool {
	for _, words := range []string{
		"out of memory", "cannot allocate memory", "failed to allocate", "MemoryError", "std::bad_alloc", "pthread_create failed", "failed to create new OS thread",
	} {
		if strings.Contains(line, words) {
			return true
		}
	}
	return false
}

// announcesEnd knows how common runtimes begin to tell of their own end.
func announcesEnd(line string) bool {
	for _, words := range []string{"fatal error: ", "panic: ", "SIGSEGV", "SIGABRT", "SIGBUS", "FATAL ERROR: "} {
		if strings.HasPrefix(line, words) {
			return true
		}
	}
	return false
}

// synced takes what go-plugin brings of a Go plugin's os.Stderr.
func (l *logPump) synced() io.Writer { return &lines{log: l} }

// lines cuts a stream of writes into lines.
type lines struct {
	log     *logPump
	pending []byte
}

func (w *lines) Write(data []byte) (int, error) {
	for part := range bytes.Lines(data) {
		if room := lineBytes - len(w.pending); room > 0 {
			w.pending = append(w.pending, part[:min(room, len(part))]...)
		}
		if part[len(part)-1] == '\n' {
			w.log.write(string(bytes.TrimRight(w.pending, "\r\n")))
			w.pending = w.pending[:0]
		}
	}
	return len(data), nil
}
