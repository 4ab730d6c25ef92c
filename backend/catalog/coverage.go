package catalog

import (
	"fmt"
	"slices"
	"strings"
)

// Coming is how an event of a source comes about here.
type Coming struct {
	Event EventType
	How   string   // action, timer, limit, job (the failure of its work), sign-in (an event of ours of the same class), import
	By    []string // what does it: "mor.did: Assign", "sbc.subscription: field Owner"
}

// own are the events of ours that stand for a source's: signing in happens here by our own entries,
// which have the same class, and where the source has our word for it the same name.
var own = map[string]string{"auth.login": "annals.AUTH_OK", "auth.logout": "annals.AUTH_LOGOUT", "auth.failure": "annals.AUTH_FAIL", "auth.mfa": "annals.MFA_VRFY",
	"auth.credential": "annals.PSWD_CHNG", "auth.session": "annals.SESSION_REVOKE", "security.denied": "annals.AUTHZ_DENIED"}

// Coverage lists, for every event of the sources, how it comes about here.
func (c *Catalog) Coverage() []Coming {
	var out []Coming
	for _, s := range c.systems {
		if s.Name == "annals" {
			continue
		}
		by, how := comings(s)
		for _, e := range s.Events {
			row := Coming{Event: e, How: how[e.Name], By: by[e.Name]}
			switch {
			case row.How != "":
			case own[e.Class] != "" && e.Origin != "ingest":
				row.How, row.By = "sign-in", []string{c.ownOf(e)}
			default:
				row.How = "import"
			}
			out = append(out, row)
		}
	}
	return out
}

func (c *Catalog) ownOf(e EventType) string {
	_, name, _ := strings.Cut(e.Name, ".")
	if same, ok := c.types["annals."+name]; ok && same.Class == e.Class {
		return same.Name
	}
	return own[e.Class]
}

// comings says for a system's event types which actions, fields, timers and limits record them.
func comings(s System) (by map[string][]string, how map[string]string) {
	by, how = map[string][]string{}, map[string]string{}
	for _, k := range s.Kinds {
		note := func(event, kind, what string) {
			if event == "" {
				return
			}
			by[event] = append(by[event], k.Name+": "+what)
			if how[event] == "" || kind == "action" {
				how[event] = kind
			}
		}
		for _, a := range k.Actions {
			kind := "action"
			if len(k.ManagedBy) == 0 {
				continue
			}
			if slices.ContainsFunc(k.Timers, func(t Timer) bool { return t.Action == a.Name }) {
				kind = "timer"
			}
			if slices.ContainsFunc(k.Limits, func(l Limit) bool { return l.Action == a.Name }) {
				kind = "limit"
			}
			note(a.Event, kind, a.Label)
			if a.Job != nil && a.Job.Failed != a.Event {
				note(a.Job.Failed, "job", a.Label+" fails")
			}
			for _, f := range a.Input {
				note(f.Event, "action", a.Label+", "+f.Label)
				note(f.EventOff, "action", a.Label+", not "+f.Label)
			}
		}
		if k.Bulk != nil {
			note(k.Bulk.Event, "action", k.Bulk.Label)
		}
		if a := k.Allowance; a != nil {
			note(a.Event, "action", "Create, as allowed")
			note(a.Failed, "action", "Create, not allowed")
		}
		for _, f := range k.Fields {
			note(f.Event, "action", "field "+f.Label)
			note(f.EventOff, "action", "field "+f.Label+" off")
			note(f.EventAdded, "action", "field "+f.Label+", each added")
			note(f.EventRemoved, "action", "field "+f.Label+", each removed")
		}
	}
	return by, how
}

// CoverageTable is the coverage as a page of the documentation.
func (c *Catalog) CoverageTable() string {
	var b strings.Builder
	b.WriteString("# How each documented event comes about\n\nMade from the catalogue by `make generate`. *action*: somebody does it in the portal or by the API. *timer*, *limit*: the system\n" +
		"does it when its time has come or a limit is passed (and an administrator may). *job*: the work that an action asks for fails.\n*sign-in*: signing in to Annals leaves our own entry of the same class. *import*: it arrives from its own system only.\n")
	rows := c.Coverage()
	counts := map[string]int{}
	for _, r := range rows {
		counts[r.How]++
	}
	fmt.Fprintf(&b, "\n%d event types: %d by action, %d by timer, %d by limit, %d by a failing job, %d by signing in, %d by import only.\n", len(rows), counts["action"], counts["timer"], counts["limit"], counts["job"], counts["sign-in"], counts["import"])
	system := ""
	for _, r := range rows {
		if r.Event.System != system {
			system = r.Event.System
			fmt.Fprintf(&b, "\n## %s\n\n| event | in the source | how | by |\n|---|---|---|---|\n", c.systems[c.byName[system]].Label)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", r.Event.Name, cell(strings.Join(r.Event.Documented, "; ")), r.How, cell(strings.Join(r.By, "; ")))
	}
	return b.String()
}

func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }
