package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// usualPage is how many executions a page has that was asked for without a limit.
const usualPage = 50

// List implements store.History.
func (d *Database) List(ctx context.Context, filter *store.Filter) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	if filter.Limit <= 0 {
		usual := *filter
		usual.Limit = usualPage
		filter = &usual
	}
	flows, none, err := d.flowsOf(ctx, filter)
	if err != nil || none {
		return store.Page{}, unavailable(err)
	}
	if filter.Text != "" {
		page, err := d.search(ctx, filter, flows)
		return page, unavailable(err)
	}
	rows, err := d.listRows(ctx, filter, flows, filter.Limit+1)
	if err != nil {
		return store.Page{}, unavailable(err)
	}
	page, err := d.page(ctx, rows[:min(len(rows), filter.Limit)])
	if len(rows) > filter.Limit {
		page.Next = integration.ExecutionID(rows[filter.Limit-1].id)
	}
	return page, unavailable(err)
}

// page makes what people see of rows.
func (d *Database) page(ctx context.Context, rows []*row) (store.Page, error) {
	flows := make([]int32, len(rows))
	for i, one := range rows {
		flows[i] = one.flow
	}
	if err := d.readNames(ctx, flows); err != nil {
		return store.Page{}, err
	}
	var page store.Page
	for _, one := range rows {
		made, err := d.execution(one)
		if err != nil {
			return store.Page{}, err
		}
		made.Fault = record.Brief(made.Fault)
		page.Executions = append(page.Executions, made)
	}
	return page, nil
}

// flowsOf gives the flows that a filter selects; nil for all. None says that there is no such flow.
func (d *Database) flowsOf(ctx context.Context, filter *store.Filter) (flows []int32, none bool, err error) {
	if filter.Integration == "" && filter.Instance == "" && filter.Flow == "" {
		return nil, false, nil
	}
	flows, err = collect(ctx, d.pool, pgx.RowTo[int32], `select f.id from flows f join instances i on i.id = f.instance
		where ($1 = '' or i.integration = $1) and ($2 = '' or i.instance = $2) and ($3 = '' or f.flow = $3)`,
		filter.Integration, filter.Instance, filter.Flow)
	return flows, len(flows) == 0, err
}

// Execution implements store.History.
func (d *Database) Execution(ctx context.Context, id integration.ExecutionID) (*store.Detail, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	details, err := d.details(ctx, []int64{int64(id)})
	if err != nil {
		return nil, unavailable(err)
	}
	if len(details) == 0 {
		return nil, store.ErrNotFound
	}
	return details[0], nil
}

// details reads executions whole, by rising id.
func (d *Database) details(ctx context.Context, ids []int64) ([]*store.Detail, error) {
	found, err := collect(ctx, d.pool, func(from pgx.CollectableRow) (*taken, error) {
		var one taken
		return &one, from.Scan(append(one.targets(), &one.input, &one.steps)...)
	}, `select `+executionColumns+`, i.body,
		(select array_agg(s.body order by s.position) from steps s where s.execution = c.id)
		from executions c left join inputs i on i.execution = c.id where c.id = any($1) order by c.id`, ids)
	if err != nil {
		return nil, err
	}
	if err := d.readNames(ctx, flowsOf(found)); err != nil {
		return nil, err
	}
	details := make([]*store.Detail, len(found))
	for i, one := range found {
		if details[i], err = d.detail(one); err != nil {
			return nil, err
		}
	}
	return details, nil
}

func (d *Database) detail(of *taken) (*store.Detail, error) {
	made := &store.Detail{Dropped: of.dropped, Logs: of.logs}
	var err error
	if made.Execution, err = d.execution(&of.row); err != nil {
		return nil, err
	}
	if made.Input, err = d.codec.DecodeInput(of.input); err != nil {
		return nil, err
	}
	made.Steps, err = d.decodeSteps(of.steps)
	return made, err
}

// Logs implements store.History.
func (d *Database) Logs(ctx context.Context, id integration.ExecutionID, after, limit int) ([]store.LogChunk, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	var there bool
	if err := d.pool.QueryRow(ctx, `select true from executions where id = $1`, int64(id)).Scan(&there); err != nil {
		return nil, missing(err)
	}
	chunks, err := d.chunks(ctx, int64(id), after, limit)
	return chunks, unavailable(err)
}

func (d *Database) chunks(ctx context.Context, id int64, after, limit int) ([]store.LogChunk, error) {
	return collect(ctx, d.pool, func(from pgx.CollectableRow) (chunk store.LogChunk, err error) {
		var body []byte
		if err := from.Scan(&chunk.Number, &body); err != nil {
			return chunk, err
		}
		chunk.Lines, err = d.codec.DecodeLines(body)
		return chunk, err
	}, `select number, body from chunks where execution = $1 and number > $2 order by number limit $3`, id, after, limit)
}

// Depths implements store.History.
func (d *Database) Depths(ctx context.Context) (map[store.Status]int, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
	rows, err := d.pool.Query(ctx, `select status, count(*) from executions where status < 4 group by status`)
	if err != nil {
		return nil, unavailable(err)
	}
	depths := map[store.Status]int{}
	var status int16
	var count int
	_, err = pgx.ForEachRow(rows, []any{&status, &count}, func() error {
		depths[statuses()[status]] = count
		return nil
	})
	return depths, unavailable(err)
}
