package main_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hookstep-dev/hookstep/host/store/postgres/scratch"
)

func TestDatabaseIsKilled(t *testing.T) {
	t.Parallel()
	database := scratch.ForTest(t)
	o := startOutage(t, t.TempDir(), "--database", database.URL())
	o.works(t, 20)
	if err := database.Kill(); err != nil {
		t.Fatal(err)
	}
	refused := o.fails(t, 100)
	for range 3 {
		o.tells(t)
		if event := o.next(); o.keep(t, event, 100) {
			t.Errorf("%s was accepted without a database", event)
		}
	}
	if err := database.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.recovers(t, refused)
	o.works(t, 20)
	o.echoes(t)
	o.ends(t)
}

func TestDatabaseStops(t *testing.T) {
	t.Parallel()
	database := scratch.ForTest(t)
	o := startOutage(t, t.TempDir(), "--database", database.URL())
	o.works(t, 20)
	if err := database.Pause(); err != nil {
		t.Fatal(err)
	}
	refused := o.next()
	if o.keep(t, refused, 100) {
		t.Errorf("%s was accepted by a database that stands still", refused)
	}
	o.tells(t)
	if err := database.Resume(); err != nil {
		t.Fatal(err)
	}
	o.recovers(t, refused)
	o.works(t, 20)
	o.echoes(t)
	o.ends(t)
}

// A database that answers in fits and starts: it stands still for half of the time.
func TestDatabaseStutters(t *testing.T) {
	t.Parallel()
	database := scratch.ForTest(t)
	o := startOutage(t, t.TempDir(), "--database", database.URL())
	ctx, cancel := context.WithCancel(t.Context())
	var stutter sync.WaitGroup
	stutter.Go(func() {
		turn := time.NewTicker(100 * time.Millisecond)
		defer turn.Stop()
		for ctx.Err() == nil {
			if err := errors.Join(database.Pause(), tick(turn), database.Resume(), tick(turn)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 20 {
		o.recovers(t, o.next())
	}
	o.tells(t)
	cancel()
	stutter.Wait()
	o.works(t, 20)
	o.ends(t)
}

func tick(turn *time.Ticker) error {
	<-turn.C
	return nil
}

// A slow line to the database, which then breaks.
func TestLineToDatabase(t *testing.T) {
	t.Parallel()
	database := scratch.ForTest(t)
	address, err := url.Parse(database.URL())
	if err != nil {
		t.Fatal(err)
	}
	line := newLine(t, address.Host)
	address.Host = line.listener.Addr().String()
	o := startOutage(t, t.TempDir(), "--database", address.String())
	o.works(t, 5)
	line.delay.Store(int64(50 * time.Millisecond))
	o.works(t, 5)
	o.echoes(t)
	line.cut()
	refused := o.fails(t, 100)
	o.tells(t)
	line.mend()
	o.recovers(t, refused)
	line.delay.Store(0)
	o.works(t, 20)
	o.ends(t)
}

// line carries connections to a server, late if it is told to, and not at all while it is cut.
type line struct {
	listener net.Listener
	server   string
	delay    atomic.Int64 // of each piece of either direction

	mu     sync.Mutex
	broken bool
	open   map[net.Conn]bool
}

func newLine(t *testing.T, server string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	made := &line{listener: listener, server: server, open: map[net.Conn]bool{}}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { made.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		made.cut()
		serving.Wait()
	})
	return made
}

func (l *line) carry(near net.Conn) {
	defer near.Close()
	far, err := net.Dial("tcp", l.server)
	if err != nil {
		return
	}
	defer far.Close()
	if !l.keep(near, far) {
		return
	}
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		both.Go(func() {
			l.copy(way[0], way[1])
			_ = near.Close()
			_ = far.Close()
		})
	}
	both.Wait()
	l.forget(near, far)
}

func (l *line) copy(to, from net.Conn) {
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		<-time.After(time.Duration(l.delay.Load()))
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

func (l *line) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		l.open[conn] = true
	}
	return !l.broken
}

func (l *line) forget(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		delete(l.open, conn)
	}
}

// cut breaks all connections, and lets no new one through.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = true
	for conn := range l.open {
		_ = conn.Close()
	}
	clear(l.open)
}

func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.broken = false
}
