package catalog

import (
	"slices"
	"time"
)

// Timer does an action when the time in a field has come.
type Timer struct {
	Field  string `yaml:"field" json:"field"`
	Action string `yaml:"action" json:"action"`
	Every  string `yaml:"every" json:"every,omitempty"` // an interval by which the field then moves on, or the field that holds it; empty: once
}

// Next is the value of the timer's field after it has fired at a time: the first one behind it, a
// whole number of intervals on, or nil. Dates and times keep their form.
func (t Timer) Next(values map[string]any, fired time.Time) any {
	every := t.Every
	if !slices.Contains(intervals(), every) {
		every, _ = values[every].(string)
	}
	text, _ := values[t.Field].(string)
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil && slices.Contains(intervals(), every) {
			return after(at, every, fired).Format(layout)
		}
	}
	return nil
}

// after is the first time behind fired that is a whole number of intervals on. It is counted from the
// first one, so that the 31st comes back after a shorter month.
func after(at time.Time, every string, fired time.Time) time.Time {
	if length := map[string]time.Duration{"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}[every]; length > 0 {
		return at.Add(length * (max(fired.Sub(at)/length, 0) + 1))
	}
	months := map[string]int{"month": 1, "year": 12}[every]
	for n := months; ; n += months {
		if next := addMonths(at, n); next.After(fired) {
			return next
		}
	}
}

// addMonths is the same day n months on, or the last of a month that is too short.
func addMonths(at time.Time, n int) time.Time {
	next := at.AddDate(0, n, 0)
	if next.Day() != at.Day() {
		next = next.AddDate(0, 0, -next.Day())
	}
	return next
}
