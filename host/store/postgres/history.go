package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
	"github.com/hookstep-dev/hookstep/host/store/record"
)

// List implements store.History.
func (d *Database) List(ctx context.Context, filter *store.Filter) (store.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, d.options.Patience)
	defer cancel()
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
	rows, err := d.pool.Query(ctx, `select f.id from flows f join instances i on i.id = f.instance
		where ($1 = '' or i.integration = $1) and ($2 = '' or i.instance = $2) and ($3 = '' or f.flow = $3)`,
		filter.Integration, filter.Instance, filter.Flow)
	if err != nil {
		return nil, false, err
	}
	flows, err = pgx.CollectRows(rows, pgx.RowTo[int32])
	return flows, len(flows) == 0, err
}

// mostMerged is up to how many pairs of flow and status are read in turn, each from its own end of an index, and merged. Beyond,
// executions are read from the newest on until enough of them match: with so many flows, they soon do.
const mostMerged = 500

// listRows reads the newest executions that match, whatever their text. However many there are, about limit rows of each selected flow are looked at.
func (d *Database) listRows(ctx context.Context, filter *store.Filter, flows []int32, limit int) ([]*row, error) {
	query, arguments := listQuery(filter, flows, limit)
	rows, err := d.pool.Query(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, readRow)
}

func listQuery(filter *store.Filter, flows []int32, limit int) (string, []any) {
	statuses := make([]int16, len(filter.Statuses))
	for i, status := range filter.Statuses {
		statuses[i] = numberOf(status)
	}
	asked := &conditions{}
	asked.ids(filter)
	merged := max(1, len(flows)) * max(1, len(statuses))
	if (flows == nil && len(statuses) < 2) || merged > mostMerged {
		asked.equal("c.flow", flows != nil, flows)
		asked.status(statuses)
		return fmt.Sprintf(`select %s from executions c where %s order by c.id desc limit %s`, executionColumns, asked, asked.put(limit)), asked.arguments
	}
	var each []string
	if flows != nil {
		each = append(each, "unnest("+asked.put(flows)+"::int[]) f (flow)")
	}
	if len(statuses) > 0 {
		each = append(each, "unnest("+asked.put(statuses)+"::smallint[]) s (status)")
	}
	if flows != nil {
		asked.parts = append(asked.parts, "c.flow = f.flow")
	}
	if len(statuses) > 0 {
		asked.parts = append(asked.parts, "c.status = s.status")
	}
	most := asked.put(limit)
	return fmt.Sprintf(`select %s from executions c where c.id in (
		select m.id from %s cross join lateral (select c.id from executions c where %s order by c.id desc limit %s) m order by m.id desc limit %s
	) order by c.id desc`, executionColumns, strings.Join(each, " cross join "), asked, most, most), asked.arguments
}

// conditions collects parts of a where clause with their arguments.
type conditions struct {
	parts     []string
	arguments []any
}

func (c *conditions) put(argument any) string {
	c.arguments = append(c.arguments, argument)
	return fmt.Sprintf("$%d", len(c.arguments))
}

func (c *conditions) String() string {
	if len(c.parts) == 0 {
		return "true"
	}
	return strings.Join(c.parts, " and ")
}

// ids bounds ids by the page and by time: ids begin with the time at which they were made, which is when an execution was accepted or
// somewhat before.
func (c *conditions) ids(filter *store.Filter) {
	if filter.Before != 0 {
		c.parts = append(c.parts, "c.id < "+c.put(int64(filter.Before)))
	}
	if !filter.From.IsZero() {
		c.parts = append(c.parts, "c.started_at >= "+c.put(ceiling(filter.From)))
	}
	if !filter.To.IsZero() {
		c.parts = append(c.parts, "c.started_at < "+c.put(ceiling(filter.To)))
	}
	if filter.Unreplayed {
		c.parts = append(c.parts, "c.replayed_as = 0")
	}
}

func (c *conditions) equal(column string, asked bool, values any) {
	if asked {
		c.parts = append(c.parts, column+" = any("+c.put(values)+")")
	}
}

func (c *conditions) status(statuses []int16) {
	if len(statuses) == 1 {
		c.parts = append(c.parts, "c.status = "+c.put(statuses[0]))
		return
	}
	c.equal("c.status", len(statuses) > 0, statuses)
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
	rows, err := d.pool.Query(ctx, `select `+executionColumns+`, i.body,
		(select array_agg(s.body order by s.position) from steps s where s.execution = c.id)
		from executions c left join inputs i on i.execution = c.id where c.id = any($1) order by c.id`, ids)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, func(from pgx.CollectableRow) (*taken, error) {
		var one taken
		return &one, from.Scan(append(one.targets(), &one.input, &one.steps)...)
	})
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
	rows, err := d.pool.Query(ctx, `select number, body from chunks where execution = $1 and number > $2 order by number limit $3`, id, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(from pgx.CollectableRow) (chunk store.LogChunk, err error) {
		var body []byte
		if err := from.Scan(&chunk.Number, &body); err != nil {
			return chunk, err
		}
		chunk.Lines, err = d.codec.DecodeLines(body)
		return chunk, err
	})
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
