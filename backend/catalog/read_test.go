package catalog

import (
	"net/netip"
	"reflect"
	"testing"
)

func conceal(secret string) string { return "<" + secret + ">" }

// cells reads from a map as the importer does from a row.
func cells(row map[string]string) func(string) string {
	return func(column string) string { return row[column] }
}

func TestReadSortsASourcesValues(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, test := range []struct {
		row  string
		cell map[string]string
		want Reading
	}{
		{"mor.login", map[string]string{"data": "198.51.100.7"}, Reading{IP: netip.MustParseAddr("198.51.100.7")}},
		{"mor.login", map[string]string{"data": "not an address"}, Reading{Data: []Datum{{Label: "IP address", Value: "not an address"}}}},
		{"mor.bad_login", map[string]string{"data": "ann/pass/word", "data2": "::1"}, Reading{
			IP: netip.MustParseAddr("::1"),
			Data: []Datum{
				{Label: "Entered username", Value: "ann"},
				{Label: "Entered password", Value: "<pass/word>", Secret: true},
			},
		}},
		{"mor.bad_login", map[string]string{"data": "hunter2"}, Reading{
			Data: []Datum{{Label: "Entered password", Value: "<hunter2>", Secret: true}},
		}},
		{"mor.device_pin_changed", map[string]string{"data": "1234", "data2": "9876"}, Reading{
			Field: "pin", Old: "<1234>", New: "<9876>",
			Data: []Datum{{Label: "Old PIN", Value: "<1234>", Secret: true}, {Label: "New PIN", Value: "<9876>", Secret: true}},
		}},
		{"mor.did_assigned", map[string]string{"data": "370", "data2": "dialplan 5"}, Reading{
			Object: "370", LinkedTo: "dialplan 5",
			Data: []Datum{{Label: "DID", Value: "370"}, {Label: "Dialplan", Value: "dialplan 5"}},
		}},
		{"mor.backup_created", map[string]string{"data": "database", "data2": "1"}, Reading{
			Failed: true,
			Data:   []Datum{{Label: "Backed up", Value: "database"}, {Label: "Return value", Value: "1"}},
		}},
		{"mor.backup_created", map[string]string{"data2": "0"}, Reading{Data: []Datum{{Label: "Return value", Value: "0"}}}},
		{"mor.hacking_attempt", map[string]string{"data3": `{"user"=>{"password"=>"x, y"}}`}, Reading{
			Data: []Datum{{Label: "Parameters", Value: `{"user"=>{"password"=>"<x, y>"}}`}},
		}},
		{"sippy.AUTH_OK", map[string]string{"part1": "customer", "part2": "username=ann"}, Reading{
			Data: []Datum{{Label: "Signed in as", Value: "customer"}, {Label: "User name", Value: "ann"}},
		}},
		{"alternet.payment", map[string]string{"object": "client45", "amount": "1.00", "currency": "KES"}, Reading{
			Object: "client45", Customer: "client45",
			Data: []Datum{{Label: "Amount", Value: "1.00"}, {Label: "Currency", Value: "KES"}, {Label: "Client", Value: "client45"}},
		}},
	} {
		row, ok := c.Type(test.row)
		if got := row.Read(cells(test.cell), conceal); !ok || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s %v:\n got %+v\nwant %+v", test.row, test.cell, got, test.want)
		}
	}
}

func TestSecretFieldsAreKnownByName(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	sippy, _ := c.System("sippy")
	for _, name := range []string{
		"password", "web_password", "voip_password", "vm_password", "api_password", "secret", "pin", "otp",
		"token", "WEB_PASSWORD", "new_web_password", "session_token",
	} {
		if !sippy.SecretField(name) {
			t.Errorf("%s is not secret", name)
		}
	}
	for _, name := range []string{"", "_", "username", "i_account", "pinned", "price_1", "description", "tokens_left"} {
		if sippy.SecretField(name) {
			t.Errorf("%s is secret", name)
		}
	}
}

func TestRedactLeavesNoSecret(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for _, test := range []struct{ system, text, want string }{
		{"sippy", "Uaccounts:i_account=1:web_password=x", "Uaccounts:i_account=1:web_password=<x>"},
		{"sippy", "Aaccounts:i_account=1:username=ann,voip_password=x y,credit_limit=5", "Aaccounts:i_account=1:username=ann,voip_password=<x y>,credit_limit=5"},
		{"sippy", "Uaccounts:i_account=1:web_password=a,b=c:d", "Uaccounts:i_account=1:web_password=<a,b=c:d>"},
		{"sippy", "Uaccounts:i_account=1:api_token=aGk==,username=ann", "Uaccounts:i_account=1:api_token=<aGk==>,username=ann"},
		{"sippy", "Uaccounts:i_account=1:web_password=,pin=2", "Uaccounts:i_account=1:web_password=,pin=<2>"},
		{"sippy", `Uaccounts:i_account=1:web_password="a"b`, `Uaccounts:i_account=1:web_password=<"a"b>`},
		{"sippy", "Utariffs:i_tariff=15:price_1=2.33,price_n=1", "Utariffs:i_tariff=15:price_1=2.33,price_n=1"},
		{"mor", "/login?user=ann&user%5Bpassword%5D=x&go=1", "/login?user=ann&user%5Bpassword%5D=<x>&go=1"},
		{"mor", `{"login"=>{"username"=>"ann", "psw"=>"a\"b"}, "id"=>"1"}`, `{"login"=>{"username"=>"ann", "psw"=>"<a\"b>"}, "id"=>"1"}`},
		{"mor", `{:password=>"x"}`, `{:password=>"<x>"}`},
		{"mor", `{"pin": 12}`, `{"pin": <12}>`},
		{"mor", "api_id=1&password=x&status=003", "api_id=1&password=<x>&status=003"},
		{"mor", "", ""},
	} {
		system, _ := c.System(test.system)
		if got := system.Redact(test.text, conceal); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.text, got, test.want)
		}
	}
}
