package catalog

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// doorbell is the valid file with an action that has a job, on line 35.
var doorbell = strings.NewReplacer(
	"      - {name: owner,", "      - {name: intercom, label: Intercom, type: hostname}\n      - {name: pin, label: PIN, type: text, secret: true}\n      - {name: owner,",
	"    timers:", `      - {name: ring, label: Ring, event: opened, to: open, job: {run: connect, with: {what: door, host: "{intercom}", port: "80"}, failed: opened, failedTo: closed, output: [{name: result, label: Badge, type: text}]}}`+"\n    timers:",
).Replace(valid)

func TestAJobIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := Load(write(t, map[string]string{"pbx.yaml": doorbell})); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ old, new, want string }{
		{"run: connect", "run: dance", `35: unknown run "dance": use one of connect, post, mail, backup`},
		{`, port: "80"`, "", "35: connect needs with: port"},
		{`port: "80"`, `port: "80", colour: red`, `35: connect does not need "colour"`},
		{"{intercom}", "{extension}", "35: {extension} is neither a field of the kind nor an input"},
		{"{intercom}", "{pin}", "35: {pin} is secret"},
		{", failed: opened", "", "35: a job needs the event of its failure"},
		{"failed: opened", "failed: shut", `35: unknown event "pbx.shut"`},
		{"failedTo: closed", "failedTo: ajar", `35: kind "door" has no state "ajar"`},
		{"failed: opened", "failed: opened, objects: door", "35: only post sends objects along"},
		{"{name: result, label: Badge", "{name: mood, label: Badge", `35: connect gives result, error, not "mood"`},
		{"name: ring", "name: update", `35: "update" is done at once`},
		{"action: close}", "action: close, every: fortnight}", `37: unknown every "fortnight"`},
		{"action: close}", "action: close, every: owner}", `37: unknown every "owner"`},
	} {
		broken := strings.Replace(doorbell, test.old, test.new, 1)
		if broken == doorbell {
			t.Fatalf("%q is not in the file", test.old)
		}
		dir := write(t, map[string]string{"pbx.yaml": broken})
		_, err := Load(dir)
		if want := filepath.Join(dir, "pbx.yaml") + ":" + test.want; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got\n%v\nwant\n%s", err, want)
		}
	}
}

func TestAJobIsFilledOnce(t *testing.T) {
	t.Parallel()
	j := Job{With: map[string]string{"to": "{email}", "text": "{text} for {name} {"}}
	values := map[string]string{"email": "a@test.example", "text": "{name}"}
	with, missing := j.Filled(func(name string) string { return values[name] })
	if with["to"] != "a@test.example" || with["text"] != "{name} for  {" || fmt.Sprint(missing) != "[name]" {
		t.Errorf("got %q, missing %v", with, missing)
	}
}

func TestATimerMovesOnByItsInterval(t *testing.T) {
	t.Parallel()
	fired := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	for _, test := range []struct{ every, from, want string }{
		{"hour", "2026-03-31T10:30:00Z", "2026-03-31T12:30:00Z"},
		{"hour", "2026-03-31T12:00:00Z", "2026-03-31T13:00:00Z"},
		{"day", "2026-03-30", "2026-04-01"},
		{"week", "2020-01-01T09:00:00Z", "2026-04-01T09:00:00Z"},
		{"month", "2026-01-31", "2026-04-30"},
		{"year", "2024-02-29", "2027-02-28"},
		{"pace", "2026-03-31T10:30:00Z", "2026-04-07T10:30:00Z"}, // as the field says
		{"mood", "2026-03-31T10:30:00Z", "<nil>"},                // which says none
		{"", "2026-03-31T10:30:00Z", "<nil>"},
	} {
		got := fmt.Sprint(Timer{Field: "at", Every: test.every}.Next(map[string]any{"at": test.from, "pace": "week", "mood": "good"}, fired))
		if got != test.want {
			t.Errorf("every %s from %s: got %s, want %s", test.every, test.from, got, test.want)
		}
	}
}
