package timetable_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"github.com/hookstep-dev/hookstep/host/integration/timetable"
)

// fataler is a test, of whichever kind.
type fataler interface{ Fatal(args ...any) }

func zone(t fataler, name string) *time.Location {
	found, err := timetable.Zone(name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestNext has the next times after a first one, as clocks in the zone show them, with the zone's offset.
func TestNext(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ expression, zone, after, want string }{
		{"0 9 * * 1-5", "Europe/Berlin", "2026-11-20T09:00+01:00", "2026-11-23T09:00+01:00 2026-11-24T09:00+01:00"},
		{"*/15 * * * *", "UTC", "2026-11-20T09:50Z", "2026-11-20T10:00Z 2026-11-20T10:15Z"},
		{"10-30/10,55 6 * * *", "UTC", "2026-11-20T00:00Z", "2026-11-20T06:10Z 2026-11-20T06:20Z 2026-11-20T06:30Z 2026-11-20T06:55Z 2026-11-21T06:10Z"},
		{"@monthly", "UTC", "2026-11-20T00:00Z", "2026-12-01T00:00Z 2027-01-01T00:00Z"},
		{"@hourly", "UTC", "2026-11-20T00:00Z", "2026-11-20T01:00Z 2026-11-20T02:00Z"},
		{"0 0 * JAN,mar SUN", "UTC", "2026-12-31T00:00Z", "2027-01-03T00:00Z 2027-01-10T00:00Z"},
		{"0 0 * * 0-0", "UTC", "2026-11-20T00:00Z", "2026-11-22T00:00Z 2026-11-29T00:00Z"},
		{"0 0 * * 7", "UTC", "2026-11-20T00:00Z", "2026-11-22T00:00Z"},
		{"0 0 * * FRI-SUN", "UTC", "2026-11-20T00:00Z", "2026-11-21T00:00Z 2026-11-22T00:00Z 2026-11-27T00:00Z"},

		// Dates that not every month or year has.
		{"0 0 31 * *", "UTC", "2026-01-31T00:00Z", "2026-03-31T00:00Z 2026-05-31T00:00Z 2026-07-31T00:00Z 2026-08-31T00:00Z"},
		{"0 0 29 2 *", "UTC", "2026-01-01T00:00Z", "2028-02-29T00:00Z 2032-02-29T00:00Z"},
		{"0 0 29 2 *", "UTC", "2096-03-01T00:00Z", "2104-02-29T00:00Z"},
		{"0 0 29 2 */6", "UTC", "2026-01-01T00:00Z", "2032-02-29T00:00Z 2048-02-29T00:00Z"},
		// Both days are given: one is enough. One that begins with * gives none.
		{"0 0 13 * FRI", "UTC", "2026-11-01T00:00Z", "2026-11-06T00:00Z 2026-11-13T00:00Z 2026-11-20T00:00Z 2026-11-27T00:00Z 2026-12-04T00:00Z 2026-12-11T00:00Z 2026-12-13T00:00Z"},
		{"0 0 */2 * FRI", "UTC", "2026-11-01T00:00Z", "2026-11-13T00:00Z 2026-11-27T00:00Z"},

		// The clock is put forward, 2:00 to 3:00.
		{"30 2 * * *", "Europe/Berlin", "2026-03-27T12:00+01:00", "2026-03-28T02:30+01:00 2026-03-29T03:00+02:00 2026-03-30T02:30+02:00"},
		{"*/10 2 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T03:00+02:00 2026-03-30T02:00+02:00"},
		{"0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T03:00+02:00 2026-03-30T02:00+02:00"},
		{"30 * * * *", "Europe/Berlin", "2026-03-29T01:00+01:00", "2026-03-29T01:30+01:00 2026-03-29T03:30+02:00"},
		{"0 */2 * * *", "Europe/Berlin", "2026-03-29T00:00+01:00", "2026-03-29T04:00+02:00"},
		// It is put back, 3:00 to 2:00.
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-25T02:30+02:00 2026-10-26T02:30+01:00"},
		{"30 2 * * *", "Europe/Berlin", "2026-10-25T02:45+02:00", "2026-10-26T02:30+01:00"},
		{"30 * * * *", "Europe/Berlin", "2026-10-25T01:30+02:00", "2026-10-25T02:30+02:00 2026-10-25T02:30+01:00 2026-10-25T03:30+01:00"},
		{"0 */2 * * *", "Europe/Berlin", "2026-10-25T00:00+02:00", "2026-10-25T02:00+02:00 2026-10-25T02:00+01:00 2026-10-25T04:00+01:00"},
		{"0 1 * * *", "America/New_York", "2026-11-01T00:00-04:00", "2026-11-01T01:00-04:00 2026-11-02T01:00-05:00"},

		// Half an hour: 2:00 to 2:30 in October, back to 1:30 in April.
		{"15 2 * * *", "Australia/Lord_Howe", "2026-10-04T00:00+10:30", "2026-10-04T02:30+11:00 2026-10-05T02:15+11:00"},
		{"15 * * * *", "Australia/Lord_Howe", "2026-10-04T01:00+10:30", "2026-10-04T01:15+10:30 2026-10-04T03:15+11:00"},
		{"45 * * * *", "Australia/Lord_Howe", "2026-04-05T01:00+11:00", "2026-04-05T01:45+11:00 2026-04-05T01:45+10:30 2026-04-05T02:45+10:30"},
		{"45 1 * * *", "Australia/Lord_Howe", "2026-04-05T01:00+11:00", "2026-04-05T01:45+11:00 2026-04-06T01:45+10:30"},

		// Midnight is left out, or comes twice.
		{"0 0 * * *", "America/Sao_Paulo", "2018-11-03T00:00-03:00", "2018-11-04T01:00-02:00 2018-11-05T00:00-02:00"},
		{"30 23 * * *", "America/Sao_Paulo", "2018-02-17T23:00-02:00", "2018-02-17T23:30-02:00 2018-02-18T23:30-03:00"},
		{"30 * * * *", "America/Sao_Paulo", "2018-02-17T23:00-02:00", "2018-02-17T23:30-02:00 2018-02-17T23:30-03:00 2018-02-18T00:30-03:00"},
		{"0 0 * * FRI", "Africa/Cairo", "2026-04-20T00:00+02:00", "2026-04-24T01:00+03:00 2026-05-01T00:00+03:00"},
		{"15 0 30 10 *", "Africa/Cairo", "2026-10-01T00:00+03:00", "2026-10-30T00:15+02:00"},
		// Back over midnight, 0:01 to 23:01 of the day before.
		{"30 23 * * *", "America/St_Johns", "2010-11-06T22:00-02:30", "2010-11-06T23:30-02:30 2010-11-07T23:30-03:30"},
		{"0,30 * * * *", "America/St_Johns", "2010-11-06T23:00-02:30", "2010-11-06T23:30-02:30 2010-11-07T00:00-02:30 2010-11-06T23:30-03:30 2010-11-07T00:00-03:30"},
		// A day is left out.
		{"0 9 * * *", "Pacific/Apia", "2011-12-29T00:00-10:00", "2011-12-29T09:00-10:00 2011-12-31T00:00+14:00 2011-12-31T09:00+14:00"},
	} {
		rule, err := timetable.Cron(test.expression, zone(t, test.zone))
		if err != nil {
			t.Error(err)
			continue
		}
		checkNext(t, rule, zone(t, test.zone), test.after, test.want)
	}
}

const shown = "2006-01-02T15:04Z07:00"

func checkNext(t *testing.T, rule timetable.Timetable, in *time.Location, after, want string) {
	t.Helper()
	at, err := time.Parse(shown, after)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for range strings.FieldsSeq(want) {
		at = rule.Next(at)
		got = append(got, at.In(in).Format(shown))
	}
	if diff := strings.Join(got, " "); diff != want {
		t.Errorf("%s\nafter %s\ngave  %s\nwant  %s", rule, after, diff, want)
	}
}

func TestEvery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		period      time.Duration
		after, want string
	}{
		{5 * time.Minute, "2026-11-20T09:50Z", "2026-11-20T09:55Z 2026-11-20T10:00Z"},
		{7 * time.Hour, "1970-01-01T00:00Z", "1970-01-01T07:00Z 1970-01-01T14:00Z 1970-01-01T21:00Z 1970-01-02T04:00Z"},
		{time.Hour, "1969-12-31T22:30Z", "1969-12-31T23:00Z 1970-01-01T00:00Z"},
		{time.Hour, "2400-01-01T00:00Z", "2400-01-01T01:00Z"},
		{time.Hour, "2026-10-25T00:30Z", "2026-10-25T01:00Z 2026-10-25T02:00Z"},
	} {
		rule, err := timetable.Every(test.period)
		if err != nil {
			t.Fatal(err)
		}
		checkNext(t, rule, time.UTC, test.after, test.want)
	}
}

func TestAt(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, zone, want string }{
		{"2026-12-24T18:00:00", "Europe/Berlin", "2026-12-24T17:00:00Z"},
		{"2026-12-24T18:00:00", "", "2026-12-24T18:00:00Z"},
		{"2026-12-24T18:00:00.5+05:30", "", "2026-12-24T12:30:00.5Z"},
		{"2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:00:00Z"},
		{"2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00Z"},
	} {
		var in *time.Location
		if test.zone != "" {
			in = zone(t, test.zone)
		}
		rule, err := timetable.At(test.text, in)
		if err != nil {
			t.Error(err)
			continue
		}
		want, err := time.Parse(time.RFC3339Nano, test.want)
		if err != nil {
			t.Fatal(err)
		}
		if got := rule.Next(time.Unix(0, 0)); !got.Equal(want) {
			t.Errorf("%s in %q is %s, want %s", test.text, test.zone, got, want)
		}
		if got := rule.Next(want); !got.IsZero() {
			t.Errorf("%s comes again, %s", test.text, got)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":               "five fields",
		"* * * *":        "five fields",
		"0 * * * * *":    "five fields",
		"@fortnightly":   "none of @hourly",
		"60 * * * *":     `the minute is "60", which is no number from 0 to 59`,
		"* 24 * * *":     "the hour is",
		"* * 0 * *":      "the day of the month is",
		"* * * 13 *":     "and none of JAN FEB",
		"* * * * 8":      "the day of the week is",
		"* * * * MOM":    "none of SUN MON",
		"* * * Mon *":    "the month is",
		"1,,2 * * * *":   "empty part",
		"1, * * * *":     "empty part",
		"*/0 * * * *":    "the step",
		"*/60 * * * *":   "the step",
		"*/x * * * *":    "the step",
		"5/15 * * * *":   "write 5-59/15",
		"* 22-2 * * *":   "two ranges",
		"* * * * FRI-1":  "two ranges",
		"-5 * * * *":     "empty part",
		"+5 * * * *":     "is",
		"? * * * *":      "is",
		"* * L * *":      "is",
		"0 0 31 2 *":     "never due",
		"0 0 31 4,6 *":   "never due",
		"0 0 30 2 */2":   "never due",
		"1-2-3 * * * *":  "is",
		"*-5 * * * *":    "is",
		"1/2/3 * * * *":  "the step",
		"TZ=UTC * * * *": "is",
	} {
		if rule, err := timetable.Cron(expression, time.UTC); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gave %q, %v, want %q", expression, rule, err, want)
		}
	}
	for _, name := range []string{"", "Local", "Europe/Atlantis", "../../etc/passwd"} {
		if _, err := timetable.Zone(name); err == nil {
			t.Errorf("the zone %q was taken", name)
		}
	}
	for _, period := range []time.Duration{0, -time.Second, time.Millisecond, 1500 * time.Millisecond} {
		if _, err := timetable.Every(period); err == nil {
			t.Errorf("the period %s was taken", period)
		}
	}
	for _, text := range []string{"", "2026-12-24", "tomorrow", "2026-02-30T00:00:00", "2026-12-24 18:00:00"} {
		if _, err := timetable.At(text, time.UTC); err == nil {
			t.Errorf("the time %q was taken", text)
		}
	}
	if _, err := timetable.At("2026-12-24T18:00:00Z", time.UTC); err == nil {
		t.Error("an offset and a zone were taken")
	}
}

// TestAgainstEveryMinute compares with a walk over the minutes of years that asks the zone for nothing but what its clock shows.
func TestAgainstEveryMinute(t *testing.T) {
	t.Parallel()
	zones := []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo", "America/St_Johns",
		"Asia/Kolkata", "Pacific/Apia", "Asia/Tehran", "Antarctica/Troll", "Africa/Casablanca",
	}
	const most = 5_000 // of a rule that is due often
	rapid.Check(t, func(t *rapid.T) {
		in := zone(t, rapid.SampledFrom(zones).Draw(t, "zone"))
		expression := strings.Join([]string{
			drawField(t, 0, 59), drawField(t, 0, 23), drawField(t, 1, 31), drawField(t, 1, 12), drawField(t, 0, 6),
		}, " ")
		rule, err := timetable.Cron(expression, in)
		if err != nil {
			t.Skip(err)
		}
		from := time.Date(rapid.IntRange(2005, 2030).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, rapid.IntRange(1, 6).Draw(t, "months"), 0)
		at := from.Add(-time.Second)
		seen := 0
		for want := range walk(expression, in, from, to) {
			if at = rule.Next(at); !at.Equal(want) {
				t.Fatalf("%s: got %s, want %s", rule, at.In(in), want.In(in))
			}
			if seen++; seen == most {
				return
			}
		}
		if after := rule.Next(at); after.Before(to) {
			t.Fatalf("%s: got %s, which no minute has", rule, after.In(in))
		}
	})
}

func drawField(t *rapid.T, least, most int) string {
	switch rapid.IntRange(0, 4).Draw(t, "form") {
	case 0, 1:
		return "*"
	case 2:
		return fmt.Sprintf("*/%d", rapid.IntRange(2, most).Draw(t, "step"))
	case 3:
		from := rapid.IntRange(least, most).Draw(t, "from")
		return fmt.Sprintf("%d-%d", from, rapid.IntRange(from, most).Draw(t, "to"))
	}
	return fmt.Sprint(rapid.IntRange(least, most).Draw(t, "number"))
}

// walk gives the minutes at which an expression is due by the rules that Next states, one after the other: it goes through the minutes
// that pass and looks at the clock before and after each.
func walk(expression string, in *time.Location, from, to time.Time) func(yield func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		rule := read(expression)
		start := from.AddDate(0, 0, -2)
		before := clock(start.Add(-time.Minute), in)
		latest := before // what the clock has shown
		for at := start; at.Before(to); at = at.Add(time.Minute) {
			now := clock(at, in)
			due := (rule.hourly || now.After(latest)) && rule.matches(now)
			for left := before.Add(time.Minute); !rule.hourly && left.Before(now); left = left.Add(time.Minute) { // the clock was put forward
				due = due || left.After(latest) && rule.matches(left)
			}
			before = now
			if now.After(latest) {
				latest = now
			}
			if due && !at.Before(from) && !yield(at) {
				return
			}
		}
	}
}

func clock(at time.Time, in *time.Location) time.Time {
	local := at.In(in)
	return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), 0, 0, time.UTC)
}

// drawn is an expression of fields that drawField makes.
type drawn struct {
	sets   [5]map[int]bool
	hourly bool
	either bool // one of the two days is enough
}

func read(expression string) drawn {
	words := strings.Fields(expression)
	least := [5]int{0, 0, 1, 1, 0}
	made := drawn{hourly: words[1][0] == '*', either: words[2][0] != '*' && words[4][0] != '*'}
	for i, word := range words {
		made.sets[i] = map[int]bool{}
		for number := least[i]; number < 60; number++ {
			made.sets[i][number] = holds(word, number, least[i])
		}
	}
	return made
}

func holds(word string, number, least int) bool {
	var from, to, step int
	if word == "*" {
		return true
	}
	if _, err := fmt.Sscanf(word, "*/%d", &step); err == nil {
		return (number-least)%step == 0
	}
	if _, err := fmt.Sscanf(word, "%d-%d", &from, &to); err == nil {
		return from <= number && number <= to
	}
	return word == fmt.Sprint(number)
}

func (d *drawn) matches(shown time.Time) bool {
	if !d.sets[0][shown.Minute()] || !d.sets[1][shown.Hour()] || !d.sets[3][int(shown.Month())] {
		return false
	}
	day, week := d.sets[2][shown.Day()], d.sets[4][int(shown.Weekday())]
	return day && week || d.either && (day || week)
}

func TestEqualRulesHaveEqualLines(t *testing.T) {
	t.Parallel()
	line := func(rule timetable.Timetable, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return rule.String()
	}
	berlin := zone(t, "Europe/Berlin")
	for want, got := range map[string]string{
		"cron 0 9 * * MON-FRI in Europe/Berlin": line(timetable.Cron(" 0  9 * * mon-fri ", berlin)),
		"cron 0 * * * * in UTC":                 line(timetable.Cron("@hourly", time.UTC)),
		"every 1h30m":                           line(timetable.Every(90 * time.Minute)),
		"at 2026-12-24T17:00:00Z":               line(timetable.At("2026-12-24T18:00:00", berlin)),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	rule, err := timetable.Cron("*/5 * * * *", zone(b, "Europe/Berlin"))
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		at = rule.Next(at)
	}
}
