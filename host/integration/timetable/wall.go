package timetable

import "time"

// mostDays bounds the search for a date that fits: from one 29 February to the next there are up to eight years, and a */2 of
// weekdays may leave that one out, so that it takes up to five times as long.
const mostDays = 41 * 366

// next gives the first time after another that fits. Dates and times of the wall clock are held as those of UTC: there, each
// exists and each is there once.
func (c *cron) next(after time.Time, zone *time.Location) time.Time {
	date := midnight(onWall(after, zone)).AddDate(0, 0, -1) // a clock that is put back may return to the day before
	for range mostDays {
		if c.fits(date) {
			clock := clockAround(date, zone)
			if found := c.nextOn(date, after, clock); !found.IsZero() && len(clock) == 1 {
				return found
			} else if !found.IsZero() {
				return c.earlier(found, date.AddDate(0, 0, 1), after, zone)
			}
		}
		date = date.AddDate(0, 0, 1)
	}
	return time.Time{}
}

// earlier looks for a time before found although it is on the day after: a clock that is put back shows the new day for a while,
// then the old one again.
func (c *cron) earlier(found, date, after time.Time, zone *time.Location) time.Time {
	if !c.fits(date) {
		return found
	}
	if other := c.nextOn(date, after, clockAround(date, zone)); !other.IsZero() && other.Before(found) {
		return other
	}
	return found
}

// nextOn gives the earliest time after another that the wall clock's date brings; zero without one.
func (c *cron) nextOn(date, after time.Time, clock []stretch) time.Time {
	var best time.Time
	var buffer [4]time.Time
	for minute := firstMinute(date, after, clock); minute < 24*60; minute++ {
		if !has(c.hours, minute/60) || !has(c.minutes, minute%60) {
			continue
		}
		for _, at := range c.due(date.Add(time.Duration(minute)*time.Minute), clock, buffer[:0]) {
			if at.After(after) && (best.IsZero() || at.Before(best)) {
				best = at
			}
		}
		if !best.IsZero() && len(clock) == 1 {
			return best
		}
	}
	return best
}

// firstMinute is where on a date the search begins: where the clock is not changed, the minutes up to after need no look.
func firstMinute(date, after time.Time, clock []stretch) int {
	passed := after.Sub(date.Add(-clock[0].ahead))
	if len(clock) > 1 || passed < 0 {
		return 0
	}
	return int(min(passed/time.Minute+1, 24*60))
}

// due gives when the expression is due for one time on the wall that fits it. The result is in the buffer.
func (c *cron) due(wall time.Time, clock []stretch, buffer []time.Time) []time.Time {
	found, shown := moments(wall, clock, buffer)
	switch {
	case !c.hourly:
		return found[:1]
	case !shown:
		return nil
	}
	return found
}

// stretch is a time without a change of the clock.
type stretch struct {
	from, to time.Time     // to is where the next begins
	ahead    time.Duration // of UTC
}

// clockAround gives the stretches in which the clock of a zone may show a time of a date.
func clockAround(date time.Time, zone *time.Location) []stretch {
	const farthest = 36 * time.Hour // more than any two offsets from UTC are apart
	var found []stretch
	last := date.Add(24*time.Hour + farthest)
	for from := date.Add(-farthest); from.Before(last); {
		here := from.In(zone)
		_, to := here.ZoneBounds()
		_, seconds := here.Zone()
		if to.IsZero() {
			to = last
		}
		found = append(found, stretch{from.UTC(), to.UTC(), time.Duration(seconds) * time.Second})
		from = to
	}
	return found
}

// moments gives when the clock shows a time, the earliest first. If it never shows it, that is the first moment after the change
// that left it out. The result is appended to found.
func moments(wall time.Time, clock []stretch, found []time.Time) (_ []time.Time, shown bool) {
	for _, here := range clock {
		if at := wall.Add(-here.ahead); !at.Before(here.from) && at.Before(here.to) {
			found = append(found, at)
		}
	}
	if len(found) > 0 {
		return found, true
	}
	for _, here := range clock {
		if here.from.Add(here.ahead).After(wall) {
			return append(found, here.from), false
		}
	}
	return append(found, wall), false // the stretches are those of another date
}

// onWall gives what a clock in the zone shows, as a time in UTC.
func onWall(at time.Time, zone *time.Location) time.Time {
	_, seconds := at.In(zone).Zone()
	return at.UTC().Add(time.Duration(seconds) * time.Second)
}

func midnight(wall time.Time) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), 0, 0, 0, 0, time.UTC)
}
