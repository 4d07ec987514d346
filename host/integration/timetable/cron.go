package timetable

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cron is a parsed expression. Each field is a set of numbers, one bit for each.
type cron struct {
	text    string // as it was written, with single blanks
	minutes uint64
	hours   uint64
	days    uint64 // of the month
	months  uint64
	weekday uint64 // 0 is Sunday
	anyDay  bool   // the day of the month begins with *
	anyWeek bool   // the day of the week does
	hourly  bool   // the hour does
}

// field describes what one of the five may hold.
type field struct {
	name        string
	least, most int
	names       []string // for least and the numbers after it
}

func fields() [5]field {
	months := []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays := []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	return [5]field{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, months},
		{"day of the week", 0, 7, weekdays},
	}
}

func parse(expression string) (*cron, error) {
	words := strings.Fields(expression)
	if len(words) == 1 && strings.HasPrefix(words[0], "@") {
		spelt, err := spellOut(words[0])
		if err != nil {
			return nil, err
		}
		words = strings.Fields(spelt)
	}
	if len(words) != len(fields()) {
		return nil, fmt.Errorf("%q is no cron expression: it has five fields, minute, hour, day, month and weekday", expression)
	}
	var sets [5]uint64
	for i, field := range fields() {
		set, err := field.parse(words[i])
		if err != nil {
			return nil, fmt.Errorf("%q: the %s %w", expression, field.name, err)
		}
		sets[i] = set
	}
	made := &cron{
		text: strings.ToUpper(strings.Join(words, " ")), minutes: sets[0], hours: sets[1], days: sets[2], months: sets[3],
		weekday: sets[4] | sets[4]>>7, // Sunday is 0 and 7
		hourly:  isAny(words[1]), anyDay: isAny(words[2]), anyWeek: isAny(words[4]),
	}
	if !made.possible() {
		return nil, fmt.Errorf("%q is never due: no such day is in any such month", expression)
	}
	return made, nil
}

func isAny(word string) bool { return strings.HasPrefix(word, "*") }

func spellOut(word string) (string, error) {
	switch strings.ToLower(word) {
	case "@hourly":
		return "0 * * * *", nil
	case "@daily", "@midnight":
		return "0 0 * * *", nil
	case "@weekly":
		return "0 0 * * 0", nil
	case "@monthly":
		return "0 0 1 * *", nil
	case "@yearly", "@annually":
		return "0 0 1 1 *", nil
	}
	return "", fmt.Errorf("%q is none of @hourly, @daily, @weekly, @monthly, @yearly", word)
}

// parse gives the set of a list such as "1,5-10,*/15".
func (f *field) parse(list string) (uint64, error) {
	var set uint64
	for word := range strings.SplitSeq(list, ",") {
		part, err := f.part(word)
		if err != nil {
			return 0, err
		}
		set |= part
	}
	return set, nil
}

func (f *field) part(word string) (uint64, error) {
	span, every, stepped := strings.Cut(word, "/")
	first, last, err := f.span(span)
	if err != nil {
		return 0, err
	}
	step := 1
	if stepped {
		if step, err = strconv.Atoi(every); err != nil || step < 1 || step > f.most {
			return 0, fmt.Errorf("has the step %q, which is no number from 1 to %d", every, f.most)
		}
		if span != "*" && !strings.Contains(span, "-") {
			return 0, fmt.Errorf("has a step without a range; write %s-%d/%s", span, f.most, every)
		}
	}
	var set uint64
	for number := first; number <= last; number += step {
		set |= 1 << number
	}
	return set, nil
}

func (f *field) span(word string) (first, last int, err error) {
	if word == "*" {
		return f.least, f.most, nil
	}
	from, to, ranged := strings.Cut(word, "-")
	if first, err = f.number(from); err != nil || !ranged {
		return first, first, err
	}
	if last, err = f.number(to); err != nil {
		return 0, 0, err
	}
	if last == 0 && first > 0 && f.most == 7 { // as in SAT-SUN
		last = 7
	}
	if first > last {
		return 0, 0, fmt.Errorf("has the range %s, whose end is before its beginning; write it as two ranges", word)
	}
	return first, last, nil
}

func (f *field) number(word string) (int, error) {
	if at := slices.Index(f.names, strings.ToUpper(word)); at >= 0 {
		return f.least + at, nil
	}
	number, err := strconv.Atoi(word)
	if err != nil || number < f.least || number > f.most || strings.HasPrefix(word, "+") {
		return 0, f.wrong(word)
	}
	return number, nil
}

func (f *field) wrong(word string) error {
	if word == "" {
		return errors.New("has an empty part")
	}
	if f.names == nil {
		return fmt.Errorf("is %q, which is no number from %d to %d", word, f.least, f.most)
	}
	return fmt.Errorf("is %q, which is no number from %d to %d and none of %s", word, f.least, f.most, strings.Join(f.names, " "))
}

// possible tells whether there is a day that fits.
func (c *cron) possible() bool {
	if !c.anyDay && !c.anyWeek {
		return true
	}
	leap := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := range 366 {
		if date := leap.AddDate(0, 0, day); has(c.days, date.Day()) && has(c.months, int(date.Month())) {
			return true
		}
	}
	return false
}

func has(set uint64, number int) bool { return set&(1<<number) != 0 }

// fits tells whether the expression is due on a date at all.
func (c *cron) fits(date time.Time) bool {
	day, week := has(c.days, date.Day()), has(c.weekday, int(date.Weekday()))
	if !has(c.months, int(date.Month())) {
		return false
	}
	if c.anyDay || c.anyWeek {
		return day && week
	}
	return day || week
}
