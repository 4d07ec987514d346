package integration

import (
	"encoding/json"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
	"github.com/hookstep-dev/hookstep/host/integration/timetable"
)

// timetable reads what a schedule says that is equal for all instances. Problems are reported; then it is the zero Timetable.
func (r *reader) timetable(from *document.Node) timetable.Timetable {
	cron, every, at, zoneName := from.Get("cron"), from.Get("every"), from.Get("at"), from.Get("timeZone")
	zone := r.zone(zoneName)
	var made timetable.Timetable
	var err error
	given := cron
	switch {
	case cron.String() != "":
		if zone == nil {
			zone = time.UTC
		}
		made, err = timetable.Cron(cron.Text, zone)
	case at.String() != "":
		given = at
		made, err = timetable.At(at.Text, zone)
	case every.String() != "":
		given = every
		if zoneName != nil {
			r.file.Errorf(zoneName, "timeZone is for cron and at; a period is counted from 1970-01-01T00:00:00Z")
		}
		if length, ok := document.ParseDuration(every.Text); ok {
			made, err = timetable.Every(length)
		}
	}
	if err != nil {
		r.file.Errorf(given, "%s", err)
	}
	return made
}

// zone is nil without one.
func (r *reader) zone(from *document.Node) *time.Location {
	if from.String() == "" {
		return nil
	}
	zone, err := timetable.Zone(from.Text)
	if err != nil {
		r.file.Errorf(from, "%s", err)
	}
	return zone
}

// timetables gives when the scheduled flows of an instance are due.
func (r *reader) timetables(instance *Instance, from *document.Node, report *document.Report) map[FlowName]timetable.Timetable {
	found := map[FlowName]timetable.Timetable{}
	for i := range r.out.Flows {
		flow := &r.out.Flows[i]
		schedule := flow.Trigger.Schedule
		if schedule == nil {
			continue
		}
		made := r.scheduled[flow.Name]
		if schedule.ConfigVar != "" {
			made = r.configured(schedule.ConfigVar, instance, from, report)
		}
		if !made.IsZero() {
			found[flow.Name] = made
		}
	}
	return found
}

// setSchedule is the value of a config variable of type schedule.
type setSchedule struct {
	Value        string `json:"value"`
	ScheduleType string `json:"schedule_type"` //nolint:tagliatelle // the code contract names it so
	TimeZone     string `json:"time_zone"`     //nolint:tagliatelle // likewise
}

// unscheduled is the schedule_type of a value that schedules nothing.
const unscheduled = "none"

// configured reads what an instance says in a config variable. No value, and the type none, schedule nothing.
func (r *reader) configured(name string, instance *Instance, from *document.Node, report *document.Report) timetable.Timetable {
	var values map[string]json.RawMessage
	var set setSchedule
	if json.Unmarshal(instance.ConfigVars, &values) != nil || values[name] == nil || json.Unmarshal(values[name], &set) != nil {
		return timetable.Timetable{} // what is wrong is reported already
	}
	if set.ScheduleType == unscheduled {
		return timetable.Timetable{}
	}
	zone, err := timetable.Zone(set.TimeZone)
	var made timetable.Timetable
	if err == nil {
		made, err = timetable.Cron(set.Value, zone)
	}
	if err != nil {
		r.unscheduled(name, err, from, report)
	}
	return made
}

// unscheduled reports a value that is no schedule, where it stands: in the instance's file, or where its default is declared.
func (r *reader) unscheduled(name string, why error, from *document.Node, report *document.Report) {
	if value := from.Get("configVars").Get(name); value != nil {
		if value.Hidden {
			report.Errorf(value, "config variable %q: the value is no cron expression of a time zone", name)
			return
		}
		report.Errorf(value, "config variable %q: %s", name, why)
		return
	}
	for _, variable := range r.out.ConfigVars {
		if variable.Name == name {
			r.file.ErrorAtf(variable.Line, 0, "config variable %q: %s", name, why)
		}
	}
}
