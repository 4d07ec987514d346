package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

const (
	mostSearched = 1000 // executions that one page looks through
	searchAtOnce = 100  // of them read together
)

// search looks for a text in executions, from the newest on, until a page is full or enough were looked through. Records are compressed and
// of a format of their own, so they are looked through here and not by the database.
func (d *Database) search(ctx context.Context, filter *store.Filter, flows []int32) (store.Page, error) {
	text := record.NewText(filter.Text)
	here := *filter
	var found []*row
	for looked := 0; looked < mostSearched; looked += searchAtOnce {
		rows, err := d.listRows(ctx, &here, flows, searchAtOnce)
		if err != nil {
			return store.Page{}, err
		}
		matching, err := d.matching(ctx, text, rows)
		if err != nil {
			return store.Page{}, err
		}
		for _, one := range matching {
			found = append(found, one)
			if len(found) == filter.Limit {
				return d.pageTo(ctx, found, one.id)
			}
		}
		if len(rows) < searchAtOnce {
			return d.pageTo(ctx, found, 0)
		}
		here.Before = integration.ExecutionID(rows[len(rows)-1].id)
	}
	return d.pageTo(ctx, found, int64(here.Before))
}

func (d *Database) pageTo(ctx context.Context, rows []*row, next int64) (store.Page, error) {
	page, err := d.page(ctx, rows)
	page.Next = integration.ExecutionID(next)
	return page, err
}

// matching gives those of the executions that hold the text.
func (d *Database) matching(ctx context.Context, text record.Text, rows []*row) ([]*row, error) {
	ids := make([]int64, len(rows))
	for i, one := range rows {
		ids[i] = one.id
	}
	holds, err := d.recordsWith(ctx, text, ids)
	if err != nil {
		return nil, err
	}
	var matching []*row
	for _, one := range rows {
		told, err := d.codec.DecodeFault(one.fault)
		if err != nil {
			return nil, err
		}
		if holds[one.id] || text.In(integration.ExecutionID(one.id).String()) || text.InFault(told) {
			matching = append(matching, one)
		}
	}
	return matching, nil
}

// recordsWith tells which executions have a record that holds the text.
func (d *Database) recordsWith(ctx context.Context, text record.Text, ids []int64) (map[int64]bool, error) {
	rows, err := d.pool.Query(ctx, `select $2::int, execution, body from inputs where execution = any($1)
		union all select $3, execution, body from steps where execution = any($1)
		union all select $4, execution, body from chunks where execution = any($1)`, ids, record.KindInput, record.KindStep, record.KindLines)
	if err != nil {
		return nil, err
	}
	holds := map[int64]bool{}
	var kind record.Kind
	var id int64
	var body []byte
	_, err = pgx.ForEachRow(rows, []any{&kind, &id, &body}, func() error {
		if holds[id] {
			return nil
		}
		var err error
		holds[id], err = d.codec.Holds(text, kind, body)
		return err
	})
	return holds, err
}
