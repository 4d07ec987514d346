// Package timetable tells when something that is scheduled is due.
//
// All that it tells follows from the timetable and the zone's rules alone, never from when a program was started: hosts that
// ask at different times agree.
package timetable

import (
	"fmt"
	"strings"
	"time"
)

// Timetable is a rule for when something is due. The zero Timetable is never due. It does not change.
type Timetable struct {
	text   string
	cron   *cron          // of a cron expression
	zone   *time.Location // of that
	period time.Duration  // of a fixed period
	at     time.Time      // of a single time
}

// String says the rule in one line. Equal rules have equal lines.
func (t Timetable) String() string { return t.text }

// IsZero tells that nothing was scheduled.
func (t Timetable) IsZero() bool { return t.text == "" }

// Equal tells whether two timetables have the same rule.
func (t Timetable) Equal(other Timetable) bool { return t.text == other.text }

// Next gives the first time after another one, in UTC; the zero time if there is none.
//
// A cron expression is due when a clock on the wall of its zone shows a time that fits it. Where the clock is put forward, a time
// that it does not show is due at the first moment after the change; several such times are due once. Where it is put
// back, a time that it shows twice is due the first time only. An expression whose hour begins with * is due in each hour that
// passes instead: as often as the clock shows a time that fits, never for one that it does not show.
//
// A period is counted from 1970-01-01T00:00:00Z, whatever clocks show.
func (t Timetable) Next(after time.Time) time.Time {
	switch {
	case t.cron != nil:
		return t.cron.next(after, t.zone)
	case t.period > 0:
		return nextOf(t.period, after)
	case t.at.After(after):
		return t.at
	}
	return time.Time{}
}

// nextOf counts in whole milliseconds: the nanoseconds of a period's multiples end with the year 2262.
func nextOf(period time.Duration, after time.Time) time.Time {
	step := period.Milliseconds()
	passed := after.UnixMilli() / step
	if after.UnixMilli() < 0 && after.UnixMilli()%step != 0 {
		passed--
	}
	return time.UnixMilli((passed + 1) * step).UTC()
}

// Cron is due as a cron expression of five fields says, or a word such as @daily. See Next for the rules of the zone.
//
// The fields are minute (0–59), hour (0–23), day of the month (1–31), month (1–12 or JAN–DEC), day of the week (0–7 or SUN–SAT,
// both 0 and 7 are Sunday). A field is *, a number, a range a-b, each with /n after * or a range for every nth, or a list of
// these with commas. When both days are given, that is neither begins with *, one that fits is enough.
func Cron(expression string, zone *time.Location) (Timetable, error) {
	parsed, err := parse(expression)
	if err != nil {
		return Timetable{}, err
	}
	return Timetable{text: fmt.Sprintf("cron %s in %s", parsed.text, zone), cron: parsed, zone: zone}, nil
}

// Every is due in a fixed period of whole seconds.
func Every(period time.Duration) (Timetable, error) {
	if period < time.Second || period%time.Second != 0 {
		return Timetable{}, fmt.Errorf("%s is no whole number of seconds", period)
	}
	return Timetable{text: "every " + short(period), period: period}, nil
}

// short writes a whole number of seconds without the parts that are nothing.
func short(period time.Duration) string {
	text := period.String()
	for _, nothing := range []string{"0s", "0m"} {
		if rest, ok := strings.CutSuffix(text, nothing); ok && strings.ContainsAny(rest[len(rest)-1:], "hm") {
			text = rest
		}
	}
	return text
}

// At is due once: at a date with time in a zone, or at a timestamp with an offset of its own, where the zone is nil.
func At(text string, zone *time.Location) (Timetable, error) {
	at, err := time.Parse(time.RFC3339, text)
	switch {
	case err == nil && zone != nil:
		return Timetable{}, fmt.Errorf("%q has an offset already; leave it or the time zone out", text)
	case err != nil:
		local, wrong := time.Parse("2006-01-02T15:04:05", text)
		if wrong != nil {
			return Timetable{}, fmt.Errorf("%q is no time such as 2026-12-24T18:00:00", text)
		}
		if zone == nil {
			zone = time.UTC
		}
		found, _ := moments(local, clockAround(midnight(local), zone), nil)
		at = found[0]
	}
	at = at.Truncate(time.Millisecond).UTC()
	return Timetable{text: "at " + at.Format(time.RFC3339Nano), at: at}, nil
}

// Zone finds a time zone by its name in the IANA database, as in "Europe/Berlin".
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf(`%q is no time zone: write its name, as in "Europe/Berlin" or "UTC"`, name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf(`there is no time zone %q: write its name, as in "Europe/Berlin" or "UTC"`, name)
	}
	return zone, nil
}
