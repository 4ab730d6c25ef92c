package catalog

import (
	"regexp"
	"slices"
)

// Job is work outside of the inventory: a connection, a request, a mail, a backup. Only its result
// is recorded: the action's event with the action's state, or the event and the state of a failure.
type Job struct {
	Run      string            `yaml:"run" json:"run"`                     // one of Runs
	With     map[string]string `yaml:"with" json:"with,omitempty"`         // what the work needs; {field} is a value of the object or an input
	Objects  string            `yaml:"objects" json:"objects,omitempty"`   // a kind, in full: those of its objects that refer to this one are sent along
	Failed   string            `yaml:"failed" json:"failed"`               // event type of a failure, in full
	FailedTo string            `yaml:"failedTo" json:"failedTo,omitempty"` // state after a failure; empty: as before
	Output   []Field           `yaml:"output" json:"output,omitempty"`     // what the work says afterwards, for the kind's fields and the events' labels
}

var jobValue = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// names are the fields and inputs that the job speaks of, by what they are needed for.
func (j Job) names() map[string][]string {
	out := map[string][]string{}
	for need, text := range j.With {
		for _, m := range jobValue.FindAllStringSubmatch(text, -1) {
			out[need] = append(out[need], m[1])
		}
	}
	return out
}

// Filled is With with the values that value gives for fields and inputs, and the names of those that
// have none.
func (j Job) Filled(value func(name string) string) (with map[string]string, missing []string) {
	with = map[string]string{}
	for need, text := range j.With {
		with[need] = jobValue.ReplaceAllStringFunc(text, func(m string) string {
			name := m[1 : len(m)-1]
			v := value(name)
			if v == "" && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			return v
		})
	}
	slices.Sort(missing)
	return with, missing
}
