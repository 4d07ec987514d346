package sqlite

import (
	"context"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// How much a page of a search looks through at most.
const (
	maxSearched      = 2000
	maxSearchedBytes = 32 << 20 // of records
	searchStride     = 100
)

// search looks through executions of the selection, newest first, until its page is full or it has seen enough.
func (d *Database) search(ctx context.Context, wanted *selection, text string) (store.Page, error) {
	under := &searching{text: record.NewText(text), limit: wanted.limit}
	stride := *wanted
	stride.limit = searchStride
	for more := true; more; {
		err := d.find(ctx, &stride, func(l *link, ids []int64) error {
			more = len(ids) == searchStride
			for _, id := range ids {
				if under.enough() {
					more = false
					under.page.Next = integration.ExecutionID(stride.below)
					return nil
				}
				if err := d.searchOne(l, id, under); err != nil {
					return err
				}
				stride.below = id
			}
			return nil
		})
		if err != nil {
			return store.Page{}, err
		}
	}
	return under.page, nil
}

// searching is a search under way.
type searching struct {
	text  record.Text
	limit int
	page  store.Page
	seen  int
	bytes int
}

func (s *searching) enough() bool {
	return len(s.page.Executions) == s.limit || s.seen >= maxSearched || s.bytes >= maxSearchedBytes
}

// searchOne adds an execution to the page if it holds the text.
func (d *Database) searchOne(l *link, id int64, under *searching) error {
	under.seen++
	one, err := d.readExecution(l, id)
	if err != nil {
		return err
	}
	found := under.text.In(one.ID.String()) || under.text.InFault(one.Fault)
	if !found {
		err = l.each("SELECT kind, record FROM parts WHERE execution = ?", []any{id}, func(r row) (err error) {
			if !found {
				packed := r.bytes(1)
				under.bytes += len(packed)
				found, err = d.codec.Holds(under.text, record.Kind(r.int(0)), packed)
			}
			return err
		})
	}
	if found {
		under.page.Executions = append(under.page.Executions, one.Execution)
	}
	return err
}
