package catalog

import (
	"bufio"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func loaded(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load("")
	if err != nil {
		t.Fatalf("our own files:\n%v", err)
	}
	return c
}

// lines reads a list of testdata: the documents' own names, one on each line.
func lines(t testing.TB, name string) []string {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		all = append(all, scanner.Text())
	}
	if err := scanner.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(all), err)
	}
	return all
}

func TestEveryDocumentedNameHasItsRow(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	t.Run("annals", func(t *testing.T) {
		for _, name := range lines(t, "annals.txt") {
			if _, ok := c.Type("annals." + name); !ok {
				t.Errorf("no row for %s", name)
			}
		}
	})
	t.Run("mor", func(t *testing.T) {
		for _, action := range lines(t, "mor.txt") {
			if row, _, ok := c.Match("mor", action); !ok || row.Match != action {
				t.Errorf("no row for action %s", action)
			}
		}
	})
	t.Run("sippy", func(t *testing.T) {
		for _, line := range lines(t, "sippy.txt") {
			code, rest, _ := strings.Cut(line, "|")
			hint, syntax, _ := strings.Cut(rest, "|")
			row, _, ok := c.Match("sippy", code)
			if !ok || row.Code != code || row.Syntax != syntax || !slices.Contains(row.Documented, hint) {
				t.Errorf("%s: got code %q, syntax %q, documented %q", line, row.Code, row.Syntax, row.Documented)
			}
		}
	})
	t.Run("sbc scenarios", func(t *testing.T) {
		system, _ := c.System("sbc")
		for _, line := range lines(t, "sbc_scenarios.txt") {
			fields := strings.SplitN(line, "|", 3)
			want, err := strconv.Atoi(fields[0])
			if err != nil {
				t.Fatal(err)
			}
			got := 0
			for _, row := range system.Events {
				if row.Category == fields[1] && slices.Contains(row.Documented, fields[2]) {
					got++
				}
			}
			if got < want {
				t.Errorf("%s: got %d rows, want %d", line, got, want)
			}
		}
	})
	t.Run("sbc descriptions", func(t *testing.T) {
		for _, text := range lines(t, "sbc_descriptions.txt") {
			row, _, ok := c.Match("sbc", text)
			if !ok || row.Origin == "ingest" {
				t.Errorf("%s: got %q, want a row of its own", text, row.Name)
			}
		}
	})
	t.Run("sbc categories and states", func(t *testing.T) {
		system, _ := c.System("sbc")
		for _, category := range lines(t, "sbc_categories.txt") {
			if !slices.ContainsFunc(system.Events, func(e EventType) bool { return e.Category == category }) {
				t.Errorf("no row of category %s", category)
			}
		}
		for _, word := range lines(t, "sbc_states.txt") {
			state, ok := StateOf(word)
			if !ok || !slices.ContainsFunc(system.Events, func(e EventType) bool { return e.State == state }) {
				t.Errorf("no row of state %s (%q)", word, state)
			}
		}
	})
	t.Run("alternet", func(t *testing.T) {
		system, _ := c.System("alternet")
		for _, line := range lines(t, "alternet.txt") {
			activity, item, _ := strings.Cut(line, "|")
			if !slices.ContainsFunc(system.Events, func(e EventType) bool {
				return e.Activity == strings.ToLower(activity) && slices.Contains(e.Documented, item)
			}) {
				t.Errorf("no row for %s", line)
			}
		}
	})
	t.Run("safe fields", func(t *testing.T) {
		system, _ := c.System("safe")
		var got []string
		for _, column := range system.Columns {
			got = append(got, column.Name+"|"+column.Label)
		}
		if want := lines(t, "safe_fields.txt"); !slices.Equal(got, want) {
			t.Errorf("got fields %q, want %q", got, want)
		}
	})
}

func TestTheExportsHaveNoUnknownEntry(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, line := range lines(t, "samples.txt") {
		system, text, _ := strings.Cut(line, "\t")
		row, values, ok := c.Match(system, text)
		if !ok {
			t.Errorf("%s %q: unknown", system, text)
			continue
		}
		if system == "sbc" && row.Origin == "ingest" {
			t.Errorf("sbc %q: matches only %s", text, row.Name)
		}
		if strings.Contains(text, "client") && row.Object == "alternet.client" && values["object"] == "" {
			t.Errorf("%q: got no object in %v", text, values)
		}
	}
}

func TestEveryRowReadsWell(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, system := range c.Systems() {
		if _, ok := c.Type(system.Name + ".unknown"); !ok {
			t.Errorf("%s has no row unknown", system.Name)
		}
		labels := map[string]string{}
		for _, row := range system.Events {
			full := Values{
				Object: "Thing 7", LinkedTo: "Other 8", Subject: "bea", Customer: "C1",
				Field: "field", Old: "before", New: "after", Data: map[string]string{},
			}
			for _, d := range row.Data {
				full.Data[d.Label] = "value"
			}
			for _, v := range []Values{full, {}, {Object: "Thing 7"}, {New: "after"}} {
				got := row.Sentence(v)
				if got == "" || strings.TrimSpace(got) != got || strings.ContainsAny(got, "{}[]") ||
					strings.Contains(got, "  ") || strings.HasSuffix(got, ":") {
					t.Errorf("%s: sentence %q", row.Name, got)
				}
			}
			for _, forbidden := range []string{"{actor", "{user", "{who", " by {"} {
				if strings.Contains(row.Template, forbidden) {
					t.Errorf("%s names its actor: %q", row.Name, row.Template)
				}
			}
			if other := labels[row.Label]; other != "" {
				t.Errorf("%s and %s have the same label", row.Name, other)
			}
			labels[row.Label] = row.Name
			if !slices.ContainsFunc(Classes(), func(w Word) bool { return w.Name == row.Class }) {
				t.Errorf("%s: unknown class %q", row.Name, row.Class)
			}
			if row.Outcome == "failure" && row.Severity == "info" {
				t.Errorf("%s failed, but its severity is info", row.Name)
			}
		}
	}
}

func TestEveryKindHasATitleAndCanBeFound(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, system := range c.Systems() {
		for _, kind := range system.Kinds {
			for _, word := range []string{kind.Label, strings.ToUpper(kind.Plural)} {
				if found, ok := c.KindByAlias(system.Name, word); !ok || found.Name != kind.Name {
					t.Errorf("%s %q: got %q, want %q", system.Name, word, found.Name, kind.Name)
				}
			}
			if got, want := kind.Title("7"), kind.Label+" 7"; got != want {
				t.Errorf("title: got %q, want %q", got, want)
			}
		}
	}
}

func TestMatchGivesTheNamedValues(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, test := range []struct {
		system, text, want string
		values             map[string]string
	}{
		{"mor", "login", "mor.login", nil},
		{"mor", "Login", "", nil},
		{"mor", "unknown", "", nil},
		{"nobody", "login", "", nil},
		{"sippy", "FW_OPEN80", "sippy.FW_OPEN80", nil},
		{"alternet", "Payment of 1,544.20 KES processed for client45", "alternet.payment",
			map[string]string{"amount": "1,544.20", "currency": "KES", "object": "client45"}},
		{"alternet", "Client client53 modified: plan Home 50 to Home 100", "alternet.client_modified",
			map[string]string{"object": "client53", "field": "plan", "old": "Home 50", "new": "Home 100"}},
		{"alternet", "Client client53 modified", "alternet.client_modified", map[string]string{"object": "client53"}},
		{"alternet", "Client client53 modified: address", "alternet.client_modified",
			map[string]string{"object": "client53", "text": "address"}},
		{"alternet", "Health check: database ok, router core-80 unreachable", "alternet.health_check_failed",
			map[string]string{"object": "core-80", "text": "database ok, router core-80 unreachable"}},
		{"alternet", "Health check: all ok", "alternet.health_check", map[string]string{"text": "all ok"}},
		{"alternet", "Client A created\nClient B created", "alternet.client_created",
			map[string]string{"object": "A created\nClient B"}},
		{"sbc", "Subscription|Renewal|Subscription has been renewed", "sbc.subscription_renewed", nil},
		{"sbc", "Subscription|Renewal|Renewed by phone", "sbc.subscription_renewal", map[string]string{"text": "Renewed by phone"}},
		{"sbc", "Subscription|Renewal|", "sbc.subscription_renewal", map[string]string{}},
		{"sbc", "Subscription|Exceedence|Something", "sbc.subscription_exceedance", map[string]string{"text": "Something"}},
		{"sbc", "Configuration|Modification|Audit log retention changed to 365", "sbc.retention_changed",
			map[string]string{"new": "365"}},
		{"sbc", "Teapot|Renewal|Subscription has been renewed", "", nil},
		{"safe", "Tariff Unapproval", "safe.tariff_unapproved", nil},
	} {
		row, values, ok := c.Match(test.system, test.text)
		if row.Name != test.want || ok != (test.want != "") || !reflect.DeepEqual(values, test.values) {
			t.Errorf("%s %q: got %q %v %v, want %q %v", test.system, test.text, row.Name, values, ok, test.want, test.values)
		}
	}
}

func TestKindsAreFoundByTheSourcesOwnWords(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, test := range []struct{ system, word, want string }{
		{"sippy", "accounts", "sippy.account"},
		{"sippy", "i_accout", "sippy.account"},
		{"sippy", "tariffs", "sippy.tariff"},
		{"sippy", "dids", "sippy.did"},
		{"sippy", "customers", "sippy.customer"},
		{"sippy", "vendors", "sippy.vendor"},
		{"sippy", "web_users", "sippy.web_user"},
		{"sippy", "queue", "sippy.queue_item"},
		{"sippy", "calls", "sippy.call"},
		{"sippy", "environments", "sippy.environment"},
		{"sippy", "subscriptions", "sippy.subscription"},
		{"sbc", "x-pos server", "sbc.xpos_server"},
		{"sbc", "Audit log retention", "sbc.audit_log_retention"},
		{"safe", "Service", "safe.service"},
		{"safe", "C00290", "safe.customer"},
		{"safe", "C00290x", ""},
		{"safe", "", ""},
		{"nobody", "Service", ""},
	} {
		kind, ok := c.KindByAlias(test.system, test.word)
		if kind.Name != test.want || ok != (test.want != "") {
			t.Errorf("%s %q: got %q, want %q", test.system, test.word, kind.Name, test.want)
		}
	}
	for _, test := range []struct{ system, text, kind, id string }{
		{"sbc", "Subscription 302", "sbc.subscription", "302"},
		{"sbc", "ERP System Data file 303", "sbc.erp_file", "303"},
		{"sbc", " Coordinate system file 216 ", "sbc.coordinate_system_file", "216"},
		{"mor", "dialplan 5", "mor.dialplan", "5"},
		{"mor", "call 2793", "mor.call", "2793"},
		{"mor", "invoice of user 19", "", ""},
		{"sbc", "302", "", ""},
	} {
		kind, id, ok := c.SplitObject(test.system, test.text)
		if kind.Name != test.kind || id != test.id || ok != (test.kind != "") {
			t.Errorf("%q: got %q %q, want %q %q", test.text, kind.Name, id, test.kind, test.id)
		}
	}
}

func TestASentenceSaysWhatItCan(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	long := strings.Repeat("ä", 500)
	for _, test := range []struct {
		row    string
		values Values
		want   string
	}{
		{"mor.device_pin_changed", Values{Object: "Device 64"}, "Device 64: PIN changed"},
		{"mor.device_pin_changed", Values{}, "Device: PIN changed"},
		{"mor.user_balance_changed", Values{Subject: "lars", Old: "401.40", New: "649.66"}, "Balance of lars changed from 401.40 to 649.66"},
		{"mor.user_balance_changed", Values{New: "649.66"}, "Balance changed to 649.66"},
		{"mor.did_assigned", Values{Object: "DID 370", LinkedTo: "dialplan 5"}, "DID 370 assigned to dialplan 5"},
		{"sbc.subscription_renewed", Values{Object: "Subscription 302"}, "Subscription has been renewed"},
		{"sbc.retention_changed", Values{New: "365"}, "Audit log retention changed to 365"},
		{"alternet.payment", Values{Object: "Client client45", Customer: "client45", Data: map[string]string{"Amount": "1.00", "Currency": "KES"}},
			"Payment processed for client45, 1.00 KES"},
		{"annals.AUTH_FAIL", Values{Data: map[string]string{"Cause": "wrong\npass\tword"}}, "Sign-in failed: wrong pass word"},
		{"annals.AUTH_FAIL", Values{Data: map[string]string{"Cause": "{object}"}}, "Sign-in failed: {object}"},
		{"annals.AUTH_FAIL", Values{Data: map[string]string{"Cause": long}}, "Sign-in failed: " + long[:200] + "…"},
		{"annals.user_deleted", Values{Object: "User ana"}, "User ana deleted"},
		{"safe.user_deleted", Values{}, "User deleted"},
	} {
		row, ok := c.Type(test.row)
		if got := row.Sentence(test.values); !ok || got != test.want {
			t.Errorf("%s: got %q, want %q", test.row, got, test.want)
		}
	}
}

func TestJSONIsCamelCaseWithoutNull(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	text, err := json.Marshal(c.Systems())
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{":null", "secretFields", `"Name":`} {
		if strings.Contains(string(text), forbidden) {
			t.Errorf("the catalogue's JSON has %s", forbidden)
		}
	}
	if !strings.Contains(string(text), `"template":"Signed in"`) {
		t.Error("the catalogue's JSON has no templates")
	}
}

func TestLoadIsQuick(t *testing.T) {
	t.Parallel()
	best := time.Hour
	for range 3 {
		start := time.Now()
		loaded(t)
		best = min(best, time.Since(start))
	}
	if limit := 2 * time.Second; best > limit { // 100 ms, and room for the race detector on a busy machine
		t.Errorf("loading took %v, want below %v", best, limit)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		loaded(b)
	}
}

func BenchmarkMatch(b *testing.B) {
	c := loaded(b)
	texts := map[string]string{
		"exact": "mor\tlogin", "pattern": "alternet\tManual adjustment of 84.83 KES for client45",
		"last pattern": "sbc\tEnterprise Subscriptions|Deletion|anything", "none": "alternet\tThe cat slept",
	}
	for name, line := range texts {
		system, text, _ := strings.Cut(line, "\t")
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Match(system, text)
			}
		})
	}
}

// A source's sign-in event comes about as ours of the same class, and of the same name where there is one.
func TestSigningInComesAboutAsOurOwnEntry(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, row := range c.Coverage() {
		if row.How != "sign-in" {
			continue
		}
		ours, ok := c.Type(strings.Join(row.By, ""))
		if !ok || ours.Class != row.Event.Class || ours.Outcome != row.Event.Outcome || row.Event.Code != "" && ours.Name != "annals."+row.Event.Code {
			t.Errorf("%s is said to come about as %q", row.Event.Name, row.By)
		}
	}
}
