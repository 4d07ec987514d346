package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/hookstep-dev/hookstep/host/integration"
)

// link is a connection to the database's file with its prepared statements. One goroutine uses it at a time.
//
// It speaks to the driver itself: database/sql would cost more than most statements here do.
type link struct {
	conn     driver.Conn
	prepared map[string]*statement
}

type statement struct {
	stmt preparedStmt
	args []driver.NamedValue
}

type preparedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

var errDriver = errors.New("the SQLite driver is not the one that this was written for")

// uninterrupted is for the driver, which takes nil for a statement that nothing interrupts: each is short, and a goroutine to watch over
// it would cost as much.
func uninterrupted() context.Context { return nil }

// row is one row of an answer. A link uses it again for the next one.
type row []driver.Value

// dial opens a connection whose pragmas are set in the order given.
func dial(ctx context.Context, path string, pragmas ...string) (*link, error) {
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: "_dqs=0"}
	connector, err := sqlite.NewConnector(address.String())
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	made := &link{conn: conn, prepared: map[string]*statement{}}
	for _, pragma := range pragmas { // the driver has an order of its own
		if err := made.script("PRAGMA " + pragma); err != nil {
			return nil, errors.Join(err, made.close())
		}
	}
	return made, nil
}

func (l *link) close() error {
	var errs []error
	for _, one := range l.prepared {
		errs = append(errs, one.stmt.Close())
	}
	return errors.Join(append(errs, l.conn.Close())...)
}

func (l *link) statement(query string, args []any) (*statement, error) {
	known, ok := l.prepared[query]
	if !ok {
		stmt, err := l.conn.Prepare(query)
		if err != nil {
			return nil, fmt.Errorf("preparing %q: %w", query, err)
		}
		known = &statement{}
		if known.stmt, ok = stmt.(preparedStmt); !ok {
			return nil, errDriver
		}
		l.prepared[query] = known
	}
	known.bind(args)
	return known, nil
}

func (s *statement) bind(args []any) {
	for len(s.args) < len(args) {
		s.args = append(s.args, driver.NamedValue{Ordinal: len(s.args) + 1})
	}
	for i, arg := range args {
		s.args[i].Value = valueOf(arg)
	}
}

// release forgets the arguments, which may be large.
func (s *statement) release() {
	for i := range s.args {
		s.args[i].Value = nil
	}
}

func valueOf(arg any) driver.Value {
	switch arg := arg.(type) {
	case int:
		return int64(arg)
	case integration.ExecutionID:
		return int64(arg)
	case []byte:
		if arg == nil {
			return nil
		}
	case bool:
		if arg {
			return int64(1)
		}
		return int64(0)
	}
	return arg
}

// exec runs a statement and gives how many rows it changed.
func (l *link) exec(query string, args ...any) (int64, error) {
	found, err := l.statement(query, args)
	if err != nil {
		return 0, err
	}
	defer found.release()
	done, err := found.stmt.ExecContext(uninterrupted(), found.args)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// script runs statements that are separated by semicolons.
func (l *link) script(text string) error {
	execer, ok := l.conn.(driver.ExecerContext)
	if !ok {
		return errDriver
	}
	_, err := execer.ExecContext(uninterrupted(), text, nil)
	return err
}

// each hands over the rows of an answer.
func (l *link) each(query string, args []any, take func(row) error) error {
	found, err := l.statement(query, args)
	if err != nil {
		return err
	}
	defer found.release()
	rows, err := found.stmt.QueryContext(uninterrupted(), found.args)
	if err != nil {
		return err
	}
	return errors.Join(drain(rows, take), rows.Close())
}

func drain(rows driver.Rows, take func(row) error) error {
	one := make(row, len(rows.Columns()))
	for {
		switch err := rows.Next(one); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := take(one); err != nil {
			return err
		}
	}
}

// one gives the first row of an answer, nil without any.
func (l *link) one(query string, args ...any) (row, error) {
	var first row
	err := l.each(query, args, func(found row) error {
		if first == nil {
			first = append(row{}, found...)
		}
		return nil
	})
	return first, err
}

// number gives the only number of an answer, 0 without a row or with NULL.
func (l *link) number(query string, args ...any) (int64, error) {
	found, err := l.one(query, args...)
	if err != nil || found == nil {
		return 0, err
	}
	return found.int(0), nil
}

func (r row) int(column int) int64 {
	number, _ := r[column].(int64)
	return number
}

func (r row) text(column int) string {
	text, _ := r[column].(string)
	return text
}

// bytes are the caller's.
func (r row) bytes(column int) []byte {
	bytes, _ := r[column].([]byte)
	return bytes
}

func (r row) isNull(column int) bool { return r[column] == nil }

// isRefusal tells an error of what was asked, which the same statement gives again, from one of the database.
func isRefusal(err error) bool {
	told, ok := errors.AsType[*sqlite.Error](err)
	return ok && (told.Code()&0xff == sqlite3.SQLITE_CONSTRAINT || told.Code()&0xff == sqlite3.SQLITE_TOOBIG)
}
