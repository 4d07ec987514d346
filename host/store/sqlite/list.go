package sqlite

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration"
	"github.com/hookstep-dev/hookstep/host/store"
)

const (
	usualPage = 50
	maxPage   = 1000
	manyFlows = 50 // from which on it is likely that some of them have been used lately
)

// selection is a store.Filter in terms of the tables: ids from (included) below (excluded).
type selection struct {
	flows       []int64 // nil: all
	statuses    []store.Status
	below, from int64
	since, till int64 // start, in Unix milliseconds, till excluded
	unreplayed  bool
	limit       int
}

// List implements store.History.
func (d *Database) List(ctx context.Context, filter *store.Filter) (store.Page, error) {
	wanted := d.selectionOf(filter)
	switch {
	case wanted == nil:
		return store.Page{}, nil
	case filter.Text != "":
		return d.search(ctx, wanted, filter.Text)
	default:
		return d.page(ctx, wanted)
	}
}

// selectionOf is nil when nothing can match.
func (d *Database) selectionOf(filter *store.Filter) *selection {
	made := &selection{
		statuses: filter.Statuses, below: math.MaxInt64, since: math.MinInt64, till: math.MaxInt64, unreplayed: filter.Unreplayed, limit: usualPage,
	}
	if filter.Limit > 0 {
		made.limit = min(filter.Limit, maxPage)
	}
	if filter.Before > 0 {
		made.below = int64(filter.Before)
	}
	if !filter.From.IsZero() {
		made.since = ceilMillis(filter.From)
		made.from = int64(integration.FirstIDAt(fromMillis(made.since - d.apart.behind.Load())))
	}
	if !filter.To.IsZero() {
		made.till = ceilMillis(filter.To)
		made.below = min(made.below, int64(integration.FirstIDAt(fromMillis(made.till+d.apart.ahead.Load()))))
	}
	if filter.Integration == "" && filter.Instance == "" && filter.Flow == "" {
		return made
	}
	for _, one := range d.flows.matching(filter) {
		made.flows = append(made.flows, one.id)
	}
	if len(made.flows) == 0 {
		return nil
	}
	return made
}

// ceilMillis is the first whole millisecond that is not before a time.
func ceilMillis(at time.Time) int64 { return at.Add(time.Millisecond - time.Nanosecond).UnixMilli() }

func (d *Database) page(ctx context.Context, wanted *selection) (store.Page, error) {
	var page store.Page
	more := *wanted
	more.limit++
	err := d.find(ctx, &more, func(l *link, ids []int64) error {
		if len(ids) > wanted.limit {
			ids = ids[:wanted.limit]
			page.Next = integration.ExecutionID(ids[len(ids)-1])
		}
		for _, id := range ids {
			one, err := d.readExecution(l, id)
			if err != nil {
				return err
			}
			if wanted.has(one.Status) {
				page.Executions = append(page.Executions, one.Execution)
			}
		}
		return nil
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// has tells whether an execution of the status is wanted. One that was found may have another by the time it is read.
func (s *selection) has(status store.Status) bool {
	return len(s.statuses) == 0 || slices.Contains(s.statuses, status)
}

// find gives the ids of a selection, newest first. Memory is asked for what has not ended before the disk is for what has: what ends
// between the two is found twice, not never.
func (d *Database) find(ctx context.Context, wanted *selection, take func(*link, []int64) error) error {
	var found []int64
	for _, one := range d.unfinished(wanted) {
		found = append(found, one.id)
	}
	return d.readers.do(ctx, func(l *link) error {
		ended, err := wanted.ended(l)
		if err != nil {
			return err
		}
		found = newestFirst(append(found, ended...))
		return take(l, found[:min(len(found), wanted.limit)])
	})
}

func newestFirst(ids []int64) []int64 {
	slices.SortFunc(ids, func(a, b int64) int { return cmp.Compare(b, a) })
	return slices.Compact(ids)
}

// unfinished gives what memory knows of the selection.
func (d *Database) unfinished(wanted *selection) []seen {
	flows := map[int64]bool{}
	for _, id := range wanted.flows {
		flows[id] = true
	}
	return d.dispatch.look(wanted.below, wanted.from, wanted.limit, func(one *job) bool {
		return (len(flows) == 0 || flows[one.flow.id]) && wanted.has(one.status) &&
			wanted.since <= one.started && one.started < wanted.till
	})
}

// condition is the part of a WHERE that no index answers; with the arguments ?1 to ?4 for ids and start.
func (s *selection) condition() string {
	where := " AND id < ?1 AND id >= ?2"
	if s.since != math.MinInt64 || s.till != math.MaxInt64 {
		where += " AND started >= ?3 AND started < ?4"
	}
	if s.unreplayed {
		where += " AND replayed_as = 0"
	}
	return where
}

func (s *selection) bounds() []any { return []any{s.below, s.from, s.since, s.till} }

// ended gives the ids of executions that have ended.
func (s *selection) ended(l *link) ([]int64, error) {
	statuses, some := s.endedNumbers()
	if !some {
		return nil, nil
	}
	if s.flows == nil && statuses == nil {
		return readIDs(l, "SELECT id FROM executions WHERE 1"+s.condition()+" ORDER BY id DESC LIMIT ?5", append(s.bounds(), s.limit))
	}
	if len(s.flows) > manyFlows {
		found, err := s.sample(l, statuses)
		if err != nil || len(found) == s.limit {
			return found, err
		}
	}
	streams, err := s.streams(l, statuses)
	if err != nil {
		return nil, err
	}
	return s.merge(l, streams)
}

// endedNumbers gives the numbers of those statuses that are ends, nil for all. Some is false when none is wanted.
func (s *selection) endedNumbers() (numbers []int, some bool) {
	ends := 0
	for _, one := range s.statuses {
		if !one.Ended() {
			continue
		}
		ends++
		numbers = append(numbers, numberOf(one))
		if one == store.DeadLetter && !s.unreplayed {
			numbers = append(numbers, replayedLetter)
		}
	}
	if ends == endCount || len(s.statuses) == 0 {
		return nil, true
	}
	return numbers, ends > 0
}

// sample looks for a selection of many flows among the newest executions of all flows. It is complete if the limit is reached.
func (s *selection) sample(l *link, statuses []int) ([]int64, error) {
	among, only := "", ""
	switch len(statuses) {
	case 0:
	case 1:
		among = " AND status = ?8"
	default:
		only = " AND status IN (SELECT value FROM json_each(?7))"
	}
	query := "SELECT id FROM (SELECT id, flow, status FROM executions WHERE 1" + s.condition() + among + " ORDER BY id DESC LIMIT 2000)" +
		" WHERE flow IN (SELECT value FROM json_each(?6))" + only + " ORDER BY id DESC LIMIT ?5"
	first := 0
	if len(statuses) > 0 {
		first = statuses[0]
	}
	return readIDs(l, query, append(s.bounds(), s.limit, jsonOf(s.flows), jsonOf(statuses), first))
}

func readIDs(l *link, query string, args []any) ([]int64, error) {
	var ids []int64
	err := l.each(query, args, func(r row) error {
		ids = append(ids, r.int(0))
		return nil
	})
	return ids, err
}

// stream is what one index has of a selection in order: of a flow, of a status, or of both. Its head is the newest id.
type stream struct {
	where string
	args  []any
	head  int64
}

// streams gives those that have something, the newest head first. No more of them than the page is long can have a part in it.
func (s *selection) streams(l *link, statuses []int) ([]stream, error) {
	var query, where string
	switch {
	case s.flows == nil:
		where = "status = ?7"
		query = "SELECT 0, s.value, (SELECT id FROM executions WHERE status = s.value" + s.condition() + " ORDER BY id DESC LIMIT 1) FROM json_each(?6) s"
	case len(statuses) == 0:
		where = "flow = ?6"
		query = "SELECT f.value, 0, (SELECT id FROM executions WHERE flow = f.value" + s.condition() + " ORDER BY id DESC LIMIT 1) FROM json_each(?5) f"
	default:
		where = "flow = ?6 AND status = ?7"
		query = "SELECT f.value, s.value, (SELECT id FROM executions WHERE flow = f.value AND status = s.value" + s.condition() +
			" ORDER BY id DESC LIMIT 1) FROM json_each(?5) f, json_each(?6) s"
	}
	var found []stream
	err := l.each(query, append(s.bounds(), jsonOf(s.flows), jsonOf(statuses)), func(r row) error {
		if !r.isNull(2) {
			found = append(found, stream{where, []any{r.int(0), r.int(1)}, r.int(2)})
		}
		return nil
	})
	slices.SortFunc(found, func(a, b stream) int { return cmp.Compare(b.head, a.head) })
	return found[:min(len(found), s.limit)], err
}

func jsonOf(numbers any) string {
	text, err := json.Marshal(numbers)
	if err != nil {
		return "[]" // numbers can be written
	}
	return string(text)
}

// merge gives the newest ids of all streams.
func (s *selection) merge(l *link, streams []stream) ([]int64, error) {
	var found []int64
	rest := *s
	for _, one := range streams {
		if len(found) == s.limit && one.head < found[len(found)-1] {
			break
		}
		if len(found) == s.limit {
			rest.from = max(s.from, found[len(found)-1])
		}
		query := "SELECT id FROM executions WHERE " + one.where + s.condition() + " ORDER BY id DESC LIMIT ?5"
		more, err := readIDs(l, query, append(append(rest.bounds(), s.limit), one.args...))
		if err != nil {
			return nil, err
		}
		found = newestFirst(append(found, more...))
		found = found[:min(len(found), s.limit)]
	}
	return found, nil
}
