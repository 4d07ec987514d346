package integration

import (
	"slices"
	"time"

	"github.com/hookstep-dev/hookstep/host/integration/document"
)

func varTypes() []string {
	return []string{
		string(VarString), string(VarNumber), string(VarBoolean), string(VarDate), string(VarTimestamp), string(VarPicklist),
		string(VarCode), string(VarList), string(VarKeyValueList), string(VarJSON), string(VarSchedule), string(VarConnection),
	}
}

// encode gives the value as the JSON that code sees, nil when it is not of the variable's type; the report says why.
// It never writes a value into the report that came from the environment or from a file.
func (v *ConfigVar) encode(value *document.Node, report *document.Report) []byte {
	value, ok := v.structured(value, report)
	if !ok || value.Broken {
		return nil
	}
	switch v.Type {
	case VarString, VarCode:
		return v.scalar(value, document.Text, report)
	case VarNumber:
		return v.scalar(value, document.Number, report)
	case VarBoolean:
		return v.scalar(value, document.Flag, report)
	case VarDate:
		return v.moment(value, time.DateOnly, "a date such as 2026-01-31", report)
	case VarTimestamp:
		return v.moment(value, time.RFC3339, "a timestamp such as 2026-01-31T08:30:00Z", report)
	case VarPicklist:
		return v.picked(value, report)
	case VarList:
		return v.list(value, report)
	case VarKeyValueList:
		return v.pairs(value, report)
	case VarJSON:
		return value.AppendJSON(nil)
	case VarSchedule:
		return v.schedule(value, report)
	case VarConnection: // its inputs are read on their own
	}
	return nil
}

// structured reads the JSON that a reference to the environment or a file brought for a variable that is no scalar.
func (v *ConfigVar) structured(value *document.Node, report *document.Report) (*document.Node, bool) {
	composed := []VarType{VarList, VarKeyValueList, VarJSON, VarSchedule}
	if !value.Hidden || value.Broken || value.Kind != document.Text || !slices.Contains(composed, v.Type) {
		return value, true
	}
	read, err := value.FromJSON()
	switch {
	case err == nil:
		return read, true
	case v.Type == VarSchedule: // a cron expression
		return value, true
	}
	report.Errorf(value, "config variable %q is a %s: the value is %s", v.Name, v.Type, err)
	return nil, false
}

func (v *ConfigVar) wrong(value *document.Node, expected string, report *document.Report) []byte {
	hint := ""
	if v.Type != VarNumber && v.Type != VarBoolean && (value.Kind == document.Number || value.Kind == document.Flag) {
		hint = "; write it in quotes"
	}
	report.Errorf(value, "config variable %q is a %s: expected %s, found %s%s", v.Name, v.Type, expected, value.Kind, hint)
	return nil
}

func (v *ConfigVar) scalar(value *document.Node, kind document.Kind, report *document.Report) []byte {
	if !value.Is(kind) {
		return v.wrong(value, string(kind), report)
	}
	if kind == document.Text {
		return document.AppendQuoted(nil, value.Text)
	}
	return []byte(value.Text)
}

func (v *ConfigVar) moment(value *document.Node, layout, expected string, report *document.Report) []byte {
	if !value.Is(document.Text) {
		return v.wrong(value, expected, report)
	}
	if _, err := time.Parse(layout, value.Text); err != nil {
		report.Errorf(value, "config variable %q: %s is not %s", v.Name, value.Shown(), expected)
		return nil
	}
	return document.AppendQuoted(nil, value.Text)
}

func (v *ConfigVar) picked(value *document.Node, report *document.Report) []byte {
	if !value.Is(document.Text) {
		return v.wrong(value, "one of its options", report)
	}
	if v.Options != nil && !slices.Contains(v.Options, value.Text) {
		hint := ""
		if !value.Hidden {
			hint = document.DidYouMean(value.Text, v.Options)
		}
		report.Errorf(value, "config variable %q: %s is not one of its options%s", v.Name, value.Shown(), hint)
		return nil
	}
	return document.AppendQuoted(nil, value.Text)
}

func (v *ConfigVar) list(value *document.Node, report *document.Report) []byte {
	if !value.Is(document.List) {
		return v.wrong(value, "a list of texts", report)
	}
	for _, item := range value.Items {
		if item.Kind != document.Text {
			return v.wrong(item, "texts in the list", report)
		}
	}
	return value.AppendJSON(nil)
}

// pairs reads a mapping of texts, or a list of {key, value}.
func (v *ConfigVar) pairs(value *document.Node, report *document.Report) []byte {
	if value.Kind != document.Map && value.Kind != document.List {
		return v.wrong(value, "a mapping, or a list of {key, value}", report)
	}
	return pairsJSON(value, report)
}

// pairsJSON gives a mapping of texts or a list of {key, value} as the list; nil if it is none, which is reported.
func pairsJSON(value *document.Node, report *document.Report) []byte {
	before := len(report.Problems)
	if value.Kind == document.Map {
		eachOf(anyText()).Check(value, report)
		value = pairList(value)
	} else {
		listOf(pairShape()).Check(value, report)
	}
	if len(report.Problems) > before {
		return nil
	}
	return value.AppendJSON(nil)
}

func pairShape() *shape {
	return keys(key{Name: "key", Shape: text(), Required: true}, key{Name: "value", Shape: anyText(), Required: true})
}

func pairList(mapping *document.Node) *document.Node {
	list := &document.Node{Kind: document.List}
	for _, member := range mapping.Members {
		name := &document.Node{Kind: document.Text, Text: member.Key}
		list.Items = append(list.Items, &document.Node{Kind: document.Map, Members: []document.Member{
			{Key: "key", Value: name}, {Key: "value", Value: member.Value},
		}})
	}
	return list
}

// schedule reads a cron expression, or a mapping of its parts.
func (v *ConfigVar) schedule(value *document.Node, report *document.Report) []byte {
	before := len(report.Problems)
	whole := keys(
		key{Name: "value", Shape: anyText(), Required: true},
		key{Name: "schedule_type", Shape: text()},
		key{Name: "time_zone", Shape: text()},
	)
	oneOf(text(), whole).Check(value, report)
	if len(report.Problems) > before {
		return nil
	}
	expression := value.String()
	if value.Kind == document.Map {
		expression = value.Get("value").String()
	}
	encoded := document.AppendQuoted([]byte(`{"value":`), expression)
	encoded = document.AppendQuoted(append(encoded, `,"schedule_type":`...), or(value.Get("schedule_type"), "custom_cron"))
	encoded = document.AppendQuoted(append(encoded, `,"time_zone":`...), or(value.Get("time_zone"), "UTC"))
	return append(encoded, '}')
}

func or(value *document.Node, otherwise string) string {
	if value.String() == "" {
		return otherwise
	}
	return value.String()
}
