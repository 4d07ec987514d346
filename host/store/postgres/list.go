package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	// mostGlanced is how many of the newest executions are looked through one by one: filters that many executions match are answered by it.
	mostGlanced = 2000
	// mostMerged is up to how many pairs of flow and status are read each from its own end of an index, and merged. With more, executions
	// are read from the newest on until enough of them match.
	mostMerged = 5000
)

// listRows reads the newest executions that match, whatever their text.
func (d *Database) listRows(ctx context.Context, filter *store.Filter, flows []int32, limit int) ([]*row, error) {
	asked, err := d.selection(ctx, filter, flows, limit)
	if err != nil {
		return nil, err
	}
	if len(flows) > 1 || len(asked.statuses) > 1 || asked.timed {
		rows, err := collect(ctx, d.pool, readRow, asked.glance(), asked.arguments...)
		if err != nil || len(rows) == limit {
			return rows, err
		}
	}
	query := asked.plain()
	if pairs := asked.pairs(); pairs > 1 && pairs <= mostMerged {
		query = asked.merged()
	}
	return collect(ctx, d.pool, readRow, query, asked.arguments...)
}

// selection is a filter in terms of the tables. Statuses and limits are written out, so that the planner sees how rare they are.
type selection struct {
	flows     []int32 // nil: all
	statuses  []int16 // empty: all
	limit     int
	ids       string // conditions of ids alone
	others    string // conditions of what no index has
	timed     bool   // which nearly all of those ids fulfil, as the planner does not know
	arguments []any  // $1 are the flows
}

func (d *Database) selection(ctx context.Context, filter *store.Filter, flows []int32, limit int) (*selection, error) {
	made := &selection{flows: flows, limit: limit, ids: "true", others: "true", arguments: []any{flows}}
	for _, status := range filter.Statuses {
		made.statuses = append(made.statuses, numberOf(status))
	}
	if filter.Before != 0 {
		made.ids += " and c.id < " + made.put(int64(filter.Before))
	}
	if filter.Unreplayed {
		made.others += " and c.replayed_as = 0"
	}
	if filter.From.IsZero() && filter.To.IsZero() {
		return made, nil
	}
	made.timed = true
	apart, err := d.readSpread(ctx)
	if err != nil {
		return nil, err
	}
	if !filter.From.IsZero() {
		since := ceiling(filter.From)
		made.ids += " and c.id >= " + made.put(apart.from(since))
		made.others += " and c.started_at >= " + made.put(since)
	}
	if !filter.To.IsZero() {
		till := ceiling(filter.To)
		made.ids += " and c.id < " + made.put(apart.below(till))
		made.others += " and c.started_at < " + made.put(till)
	}
	return made, nil
}

func (s *selection) put(argument int64) string {
	s.arguments = append(s.arguments, argument)
	return fmt.Sprintf("$%d", len(s.arguments))
}

func (s *selection) pairs() int { return max(1, len(s.flows)) * max(1, len(s.statuses)) }

// matches are the conditions of flow and status. The first one gives $1 its type, whether it is used or not.
func (s *selection) matches() string {
	made := "($1::int[] is null or true)"
	switch len(s.flows) {
	case 0:
	case 1: // by itself, for the planner to see that the index of flows has the order too
		made += fmt.Sprintf(" and c.flow = %d", s.flows[0])
	default:
		made += " and c.flow = any($1::int[])"
	}
	if len(s.statuses) > 0 {
		made += " and c.status in (" + numbers(s.statuses) + ")"
	}
	return made
}

func numbers(of []int16) string {
	texts := make([]string, len(of))
	for i, one := range of {
		texts[i] = strconv.Itoa(int(one))
	}
	return strings.Join(texts, ", ")
}

// glance looks through the newest executions. There is one way only to do that, whatever the planner thinks of the filter.
func (s *selection) glance() string {
	newest := fmt.Sprintf(`select * from executions c where %s order by c.id desc limit %d`, s.ids, mostGlanced) //nolint:unqueryvet // the filter may be of any column
	return fmt.Sprintf(`select %s from (%s) c where %s and %s order by c.id desc limit %d`,
		executionColumns, newest, s.matches(), s.others, s.limit)
}

// plain reads executions by falling id, or with one flow or status by that.
func (s *selection) plain() string {
	return fmt.Sprintf(`select %s from executions c where %s and %s and %s order by c.id desc limit %d`,
		executionColumns, s.ids, s.matches(), s.others, s.limit)
}

// merged reads as many executions of each pair of flow and status as are asked for of all, and takes the newest.
func (s *selection) merged() string {
	wanted := s.statuses
	if len(wanted) == 0 {
		wanted = []int16{-1}
	}
	var parts []string
	for _, status := range wanted {
		part := s.ids + " and " + s.others
		if status >= 0 {
			part += fmt.Sprintf(" and c.status = %d", status)
		}
		from := "(select 1 where $1::int[] is null or true) f (flow)"
		if s.flows != nil {
			from, part = "unnest($1::int[]) f (flow)", part+" and c.flow = f.flow"
		}
		parts = append(parts, fmt.Sprintf(`select m.id from %s cross join lateral (
			select c.id from executions c where %s order by c.id desc limit %d) m`, from, part, s.limit))
	}
	return fmt.Sprintf(`select %s from executions c where c.id in (select id from (%s) every order by id desc limit %d) order by c.id desc`,
		executionColumns, strings.Join(parts, " union all "), s.limit)
}
