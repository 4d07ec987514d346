package sqlite

import (
	"context"
	"log/slog"
)

// checkpointEvery is how many commits there are between two checkpoints.
const checkpointEvery = 128

// checkpointer moves what was committed from the log to the database's file, beside the writer, which finds little left to do when
// the log is long enough to begin it anew.
type checkpointer struct {
	link    *link
	log     *slog.Logger
	due     chan struct{}
	closing chan struct{}
	closed  chan struct{}
}

func newCheckpointer(ctx context.Context, path string, log *slog.Logger) (*checkpointer, error) {
	made := &checkpointer{log: log, due: make(chan struct{}, 1), closing: make(chan struct{}), closed: make(chan struct{})}
	var err error
	made.link, err = dial(ctx, path, "synchronous(FULL)", "cache_size(-1024)")
	return made, err
}

// committed counts the writer's commits.
func (c *checkpointer) committed(commits int64) {
	if commits%checkpointEvery == 0 {
		signal(c.due)
	}
}

func (c *checkpointer) run() {
	defer close(c.closed)
	for {
		select {
		case <-c.closing:
			return
		case <-c.due:
		}
		// Passive waits for nobody. What fails now is done by a later one.
		if _, err := c.link.one("PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			c.log.Debug("a checkpoint of the database came to nothing", slog.String("error", err.Error()))
		}
	}
}

func (c *checkpointer) close() error {
	close(c.closing)
	<-c.closed
	return c.link.close()
}
