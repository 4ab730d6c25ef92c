package importer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"annals/backend/audit"
	"annals/backend/importer"
	"annals/backend/tenant"
)

// said is what a row became, as far as a test says.
type said struct {
	Type, State, Activity, Category, Code string
	Outcome                               audit.Outcome
	Actor, Behalf, Object, Linked         string // kind:id:subId:name, kind:id:revision:name
	Subject, Customer, IP, Node           string
	Description                           string
	Changes                               string // field old>new, …
	Data                                  string // label=value, …
}

func saying(e audit.Event) said {
	object := func(o *audit.Object) string {
		if o == nil {
			return ""
		}
		return o.Kind + ":" + o.ID + ":" + o.Revision + ":" + o.Name
	}
	actor := func(a *audit.Actor) string {
		if a == nil {
			return ""
		}
		return a.Kind + ":" + a.ID + ":" + a.SubID + ":" + a.Name
	}
	s := said{Type: e.Type, State: e.State, Activity: e.Activity, Category: e.Category, Code: e.Code, Outcome: e.Outcome, Actor: actor(&e.Actor),
		Behalf: actor(e.OnBehalfOf), Object: object(e.Object), Linked: object(e.LinkedTo), Customer: e.Customer, Node: e.Node, Description: e.Description}
	if e.Subject != nil {
		s.Subject = e.Subject.Name
	}
	if e.IP.IsValid() {
		s.IP = e.IP.String()
	}
	var changes, data []string
	for _, c := range e.Changes {
		changes = append(changes, fmt.Sprintf("%s %v>%v", c.Field, c.Old, c.New))
	}
	for _, d := range e.Data {
		data = append(data, d.Label+"="+d.Value)
	}
	s.Changes, s.Data = strings.Join(changes, ", "), strings.Join(data, ", ")
	return s
}

// differences compares the fields that want has; "-" is for one that must be empty.
func differences(got, want said) (all []string) {
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for i := range w.NumField() {
		expected := strings.TrimSuffix(w.Field(i).String(), "-")
		if w.Field(i).String() != "" && g.Field(i).String() != expected {
			all = append(all, fmt.Sprintf("%s is %q, want %q", w.Type().Field(i).Name, g.Field(i).String(), expected))
		}
	}
	return all
}

func TestMeaning(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	mark := func(secret string) string { return h.log.Fingerprint(secret) }
	heads := map[string]string{"mor": strings.Join(morColumns, ","), "sippy": "Resource,Action,Action by,Date,User IP/Node", "alternet": strings.TrimSpace(alternetHeader),
		"sbc": "Modified Time,Modified By,Category,Event,Object,Description,Sales Organization,Dealer"}
	const at = "2024-10-01 07:00:00"
	for i, c := range []struct {
		system, row string
		want        said
	}{
		{"mor", "1," + at + ",5,mia,login,203.0.113.7,,,,,", said{Type: "mor.login", Actor: "user:5::mia", Object: "mor.user:5::mia", IP: "203.0.113.7", Data: "-", Outcome: audit.Success}},
		{"mor", "1," + at + ",5,mia,bad_login,mia/hun/ter2,2001:db8::7,,,,", said{Type: "mor.bad_login", Outcome: audit.Failure, IP: "2001:db8::7", Data: "Entered username=mia, Entered password=" + mark("hun/ter2")}},
		{"mor", "1," + at + ",5,mia,bad_login,hunter2,203.0.113.7,,,,", said{Data: "Entered password=" + mark("hunter2")}},
		{"mor", "1," + at + ",5,mia,user_balance_changed,1.5,2.5,,,,", said{Actor: "user:0::admin", Object: "mor.user:5::mia", Subject: "mia", Changes: "balance 1.5>2.5"}},
		{"mor", "1," + at + ",0,admin,error,Oh,no,,,,", said{Actor: "system:::source N", Subject: "admin", Object: "-", Outcome: audit.Failure}},
		{"mor", "1," + at + ",5,mia,email_send,13,invoice,,,,", said{Object: "mor.user:13::13", Subject: "13"}},
		{"mor", "1," + at + ",5,mia,backup_created,database,1,,,,", said{Outcome: audit.Failure, Object: "mor.backup:::"}},
		{"mor", "1," + at + ",5,mia,device_pin_changed,4711,0815,,,device,9", said{Object: "mor.device:9::9", Changes: "pin " + mark("4711") + ">" + mark("0815")}},
		{"mor", "1," + at + ",5,mia,did_assigned,390555,dialplan 4,,,,", said{Object: "mor.did:390555::390555", Linked: "mor.dialplan:4::dialplan 4", Description: "DID 390555 assigned to dialplan 4"}},
		{"mor", "1," + at + ",5,mia,user_edited,,,,,Spaceship,9", said{Object: ":9::Spaceship 9"}},
		{"mor", "1," + at + ",5,mia,,,,,,,", said{Type: "mor.unknown"}},
		{"mor", "1," + at + ",,,logout,,,,,,", said{Actor: "system:::source N"}},

		{"sippy", "accounts:31,\"Uaccounts:i_account=31:name=Gold: all, in = one,web_password=a,b=c\",u:7:5:mia," + at + ",203.0.113.7",
			said{Type: "sippy.U", Actor: "web_user:7:5:mia", Object: "sippy.account:31::31", IP: "203.0.113.7", Node: "-", State: "modification",
				Changes: "name <nil>>Gold: all, in = one, web_password <nil>>" + mark("a,b=c"),
				Code:    "Uaccounts:i_account=31:name=Gold: all, in = one,web_password=" + mark("a,b=c"),
				Data:    "Table=accounts, Keys=i_account=31, New values=name=Gold: all, in = one,web_password=" + mark("a,b=c")}},
		{"sippy", "dids:9,Ddids:i_did=9,\"c:7:0:ACME: \"\"x\"\", Inc.\"," + at + ",node-3", said{Actor: `customer:7:0:ACME: "x", Inc.`, Node: "node-3", IP: "-", Changes: "-"}},
		{"sippy", "accounts:1,Aaccounts:ip=2001:db8::1:username=x," + "t:0:0:2001:db8::9," + at + ",2001:db8::8", said{Actor: "trusted_api:0:0:2001:db8::9", IP: "2001:db8::8", Data: "Table=accounts, Keys=ip=2001:db8::1, New values=username=x"}},
		{"sippy", "customers:7,AUTH_FAILcustomer:username=a:b=c,a:3:0:x," + at + ",", said{Type: "sippy.AUTH_FAIL", Data: "Signed in as=customer, User name=a:b=c", Outcome: audit.Failure}},
		{"sippy", "web_users:5,MFA_VRFYweb_user:mia:w:TOTP,v:2:0:ven," + at + ",", said{Actor: "vendor:2:0:ven", Data: "Signed in as=web_user, User name=mia:w, MFA type=TOTP"}},
		{"sippy", "accounts:3,FUNDSdebit:i_account=3:9.99,admin," + at + ",", said{Actor: "user:::admin", Data: "Operation=debit, Of=i_account=3, Amount=9.99"}},
		{"sippy", "zebras:3,ZAPzebras:pin=1234,," + at + ",", said{Type: "sippy.unknown", Object: ":3::zebras 3", Actor: "system:::source N", Data: "Action=ZAPzebras:pin=" + mark("1234"), Code: "ZAPzebras:pin=" + mark("1234")}},
		{"sippy", ",MFA_RST_ALL,u:1:1:x," + at + ",", said{Type: "sippy.MFA_RST_ALL", Object: "-", Code: "MFA_RST_ALL"}},

		{"sbc", at + "+02:00,mia,Subscription,Exceedence,Subscription 9,Consumption limit is exceeded,,", said{Type: "sbc.consumption_limit_exceeded", State: "exceedance", Category: "Subscription", Object: "sbc.subscription:9::Subscription 9", Actor: "user:::mia"}},
		{"sbc", at + ",,Subscription,Quota Reset,Subscription 9,Quota Counter has been reset,,", said{State: "quota_reset", Actor: "system:::source N"}},
		{"sbc", at + ",mia,Weather,Deletion,Barometer 9,\"It broke, password=hunter2\",,", said{Type: "sbc.unknown", State: "deletion", Category: "Weather", Object: ":Barometer 9::Barometer 9", Data: "Category=Weather, Event=Deletion, Description=It broke, password=" + mark("hunter2")}},
		{"sbc", at + ",mia,Maintenance,Deletion,ERP System Data file 303,ERP System Data file has been deleted,,", said{Object: "sbc.erp_file:303::ERP System Data file 303"}},

		{"alternet", at + ",Administrative,Payment of 544.20 KES processed for anna,203.0.113.7,mia", said{Type: "alternet.payment", Activity: "administrative", Object: "alternet.client:anna::anna", Customer: "anna"}},
		{"alternet", at + ",User,Router edge-1 configuration changed,node-3,mia", said{Activity: "user", Object: "alternet.router:edge-1::edge-1", Node: "node-3"}},
		{"alternet", at + ",System,Login successful,,", said{Activity: "system", Actor: "system:::source N"}},
		{"alternet", at + ",Robot,Tea drunk,,mia", said{Type: "alternet.unknown", Activity: "system", Data: "Description=Tea drunk, Activity Type=Robot"}},
		{"alternet", at + ",User,Client anna modified: password old to new,,mia", said{Changes: "password " + mark("old") + ">" + mark("new")}},
	} {
		name := fmt.Sprint("source ", i)
		res, rejects := h.load(c.system, heads[c.system]+"\n"+c.row+"\n", func(o *importer.Options) { o.Source = name })
		if res.Accepted != 1 {
			t.Errorf("%s is not accepted: %v", c.row, rejects)
			continue
		}
		events := h.events(c.system)
		e := events[slices.IndexFunc(events, func(e audit.Event) bool { return e.Source == name })]
		c.want.Actor = strings.Replace(c.want.Actor, "source N", name, 1)
		for _, d := range differences(saying(e), c.want) {
			t.Errorf("%s: %s", c.row, d)
		}
	}
}

func TestSippyIsFoundInItsOwnNotation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.load("sippy", file(t, "sippy"), nil)
	for notation, want := range map[string]int{"u:7:5:mia": 6, "a:31:0:mia:w, the 2nd": 5, "t:0:0:2001:db8::1": 4, "c:7:0:ACME, Inc.": 5, "u:7:5:nobody": 0} {
		page, err := h.log.Search(t.Context(), h.scope(), audit.Filter{Actor: notation}, audit.Paging{Limit: 50})
		if err != nil || len(page.Items) != want {
			t.Errorf("%s: %d events (%v), want %d", notation, len(page.Items), err, want)
		}
		for _, e := range page.Items {
			if e.Actor.Notation() != notation {
				t.Errorf("%s found %s", notation, e.Actor.Notation())
			}
		}
	}
	page, err := h.log.Search(t.Context(), h.scope(), audit.Filter{Q: "FUNDSdebit:i_account=31"}, audit.Paging{Limit: 50})
	if err != nil || len(page.Items) != 1 || page.Items[0].Code != "FUNDSdebit:i_account=31:9.99" {
		t.Errorf("by its code: %d events, %v; want the one", len(page.Items), err)
	}
}

// What came in from SAFE is kept field by field: values, types and order.
func TestSafeIsKeptAsItCame(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const element = `{ "id" : 700, "user":"mia", "activityType": "Login", "activityDate":"2024-10-01","activityTime":"07:00:00",
 "onBehalfOfUser":"zoë", "bulkImportFileID":"B1","bulkImportFileLineNumber":"18", "CDRFileID":"", "CDRFileLineNumber":null, "linkedTo": 1e3, "usedExpertMode":"Yes",
 "usedAPI":"Yes","fromProvider":"No","customerID":"C1","activityReason":"Fraud","activityOnType":"Tariff","activityOn":"12","activityOnRevisionNumber":"3",
 "activityDetails":"C:\\u0000, \u00e9, <b>, password=hunter2", "activityCommentary":"two\nlines" }`
	h.load("safe", "["+element+"]", nil)
	e := h.one("safe")
	want := fields(t, strings.ReplaceAll(element, "hunter2", h.log.Fingerprint("hunter2")))
	if got := fields(t, string(e.Original)); !slices.Equal(got, want) {
		t.Errorf("kept %q, want %q", got, want)
	}
	if s := saying(e); s.Behalf != "user:::zoë" || s.Object != "safe.tariff:12:3:12" || s.Linked != ":1e3::1e3" || s.Customer != "C1" {
		t.Errorf("%+v", s)
	}
	if e.ExternalID != "700" || !e.UsedAPI || !e.ExpertMode || e.FromProvider || e.Reason != "Fraud" || e.Commentary != "two\nlines" ||
		*e.ImportFile != (audit.FileLine{ID: "B1", Line: 18}) || e.CDRFile != nil {
		t.Errorf("%+v", e)
	}
}

// fields are the names and values of a JSON object, each with its type.
func fields(t *testing.T, object string) (all []string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(object))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", object, err)
		}
		all = append(all, fmt.Sprintf("%T %v", token, token))
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, c := range []struct{ zone, text, want string }{
		{"UTC", "2024-10-01 07:00:00", "2024-10-01T07:00:00Z"},
		{"UTC", "2024-10-01T07:00:00.123456789", "2024-10-01T07:00:00.123456Z"},
		{"Europe/Lisbon", "2024-10-01T07:00:00+05:30", "2024-10-01T01:30:00Z"},
		{"Europe/Lisbon", "2024-10-01 07:00:00 -0230", "2024-10-01T09:30:00Z"},
		{"Europe/Lisbon", "2024-10-01T07:00:00Z", "2024-10-01T07:00:00Z"},
		{"Europe/Lisbon", "2024-07-01 07:00:00", "2024-07-01T06:00:00Z"},
		{"Europe/Lisbon", "2024-12-01 07:00:00", "2024-12-01T07:00:00Z"},
		{"Europe/Lisbon", "2024-03-31 01:30:00", ""},                     // left out
		{"Europe/Lisbon", "2024-10-27 01:30:00", "2024-10-27T00:30:00Z"}, // came twice
		{"Europe/Lisbon", "2024-10-27 02:00:00", "2024-10-27T02:00:00Z"},
		{"America/New_York", "2024-11-03 01:30:00", "2024-11-03T05:30:00Z"},    // came twice
		{"Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06T14:45:00Z"}, // came twice, half an hour
		{"Australia/Lord_Howe", "2024-10-06 02:15:00", ""},                     // left out
		{"UTC", "2024-02-30 07:00:00", ""},
		{"UTC", "01/10/2024 07:00", ""},
		{"UTC", "2024-10-01", ""},
		{"UTC", "2024-10-01 7:00:00", "2024-10-01T07:00:00Z"},
		{"UTC", "1989-12-31 23:59:59", ""},
		{"UTC", time.Now().AddDate(0, 0, 3).Format(time.DateTime), ""},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		source := c.zone + c.text
		_, rejects := h.load("alternet", alternetHeader+c.text+",User,Logged out,,mia\n", func(o *importer.Options) { o.Location, o.Source = zone, source })
		got := ""
		for _, e := range h.events("alternet") {
			if e.Source == source {
				got = e.OccurredAt.Format(time.RFC3339Nano)
			}
		}
		if got != c.want {
			t.Errorf("%s in %s is %q, want %q (%v)", c.text, c.zone, got, c.want, rejects)
		}
	}
}

// Who acted stands where the entry belongs; who runs the source stands where the source does.
func TestWhoStandsWhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	org := h.tenant(h.root, "Polar")
	at := func(o *importer.Options) { o.Tenant = org }
	h.load("mor", strings.Join(morColumns, ",")+"\n1,2024-10-01 07:00:00,0,admin,logout,,,,,,\n2,2024-10-01 07:00:01,5,mia,logout,,,,,,\n3,2024-10-01 07:00:02,5,mia,error,Oh,,,,,\n", at)
	h.load("sippy", "Resource,Action,Action by,Date,User IP/Node\ndids:9,Ddids:i_did=9,t:0:0:192.0.2.1,2024-10-01 07:00:03,\ndids:9,Ddids:i_did=9,a:5:0:mia,2024-10-01 07:00:04,\n", nil)
	h.load("sbc", file(t, "sbc"), createTenants)
	var got []string
	for _, system := range []string{"mor", "sippy"} {
		for _, e := range h.events(system) {
			got = append(got, e.Actor.Level)
		}
	}
	if want := []string{"sales_org", "sales_org", "user", "root", "root"}; !slices.Equal(got, want) {
		t.Errorf("levels %v, want %v", got, want)
	}
	for _, e := range h.events("sbc") {
		want := tenant.Root
		if e.Dealer != nil {
			want = tenant.Dealer
		} else if e.SalesOrg != nil {
			want = tenant.SalesOrg
		}
		if e.Actor.Level != string(want) {
			t.Errorf("%s stands at %s, want %s", e.Description, e.Actor.Level, want)
		}
	}
}
