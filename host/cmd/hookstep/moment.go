package main

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

const day = 24 * time.Hour

// relative says a time as people do: how long ago, or until then.
func relative(at, now time.Time) string {
	switch apart := now.Sub(at); {
	case at.IsZero():
		return ""
	case apart >= time.Second:
		return rough(apart) + " ago"
	case apart <= -time.Second:
		return "in " + rough(-apart)
	}
	return "now"
}

// rough is a length in its largest unit.
func rough(length time.Duration) string {
	switch {
	case length < 2*time.Minute:
		return fmt.Sprintf("%d s", length.Round(time.Second)/time.Second)
	case length < 2*time.Hour:
		return fmt.Sprintf("%d min", length.Round(time.Minute)/time.Minute)
	case length < 2*day:
		return fmt.Sprintf("%d h", length.Round(time.Hour)/time.Hour)
	}
	return fmt.Sprintf("%d days", length.Round(day)/day)
}

// took says how long code ran.
func took(millis float64) string {
	switch {
	case millis < 10:
		return fmt.Sprintf("%.1f ms", millis)
	case millis < 10_000:
		return fmt.Sprintf("%.0f ms", millis)
	}
	return rough(time.Duration(millis * float64(time.Millisecond)))
}

// whole says a time to the second, in the zone of whoever looks.
func whole(at time.Time) string { return at.Local().Format("2006-01-02 15:04:05 MST") }

var daysText = regexp.MustCompile(`^([0-9]{1,5})d$`)

// parseLength reads a length such as 90s, 2h or 30d.
func parseLength(text string) (time.Duration, bool) {
	if found := daysText.FindStringSubmatch(text); found != nil {
		days, err := strconv.Atoi(found[1])
		return time.Duration(days) * day, err == nil
	}
	return document.ParseDuration(text)
}

// parseMoment reads a time: how long ago, a day, or the whole of it. Empty is the zero time.
func parseMoment(flag, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if length, ok := parseLength(text); ok {
		return now.Add(-length), nil
	}
	if at, err := time.ParseInLocation(time.DateOnly, text, now.Location()); err == nil {
		return at, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Time{}, usagef("--%s %q: write how long ago (90s, 2h, 7d), a day (2026-01-31) or a time (2026-01-31T12:00:00Z)", flag, text)
}
