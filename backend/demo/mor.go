package demo

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// What happens to the objects of a MOR switch: action, data 1-4, target type and id.
var morLives = [][]string{
	{"did_created|${did}", "did_reserved|${did}|${customer}", "did_assigned|${did}|dialplan ${plan}", "did_rate_edited|${did}|${rate}", "did_edited|${did}",
		"did_edit_provider|${did}|provider ${plan}", "did_made_available|${did}", "did_reserved|${did}|${customer}", "did_assigned|${did}|dialplan ${plan}",
		"did_edited|${did}", "did_closed|${did}", "did_deleted|${did}"},
	{"device_created|||||device|${id}", "device_secret_changed|${secret}|${secret}|||device|${id}", "device_pin_changed|${pin}|${pin}|||device|${id}",
		"device_voice_mail_password_changed|${pin}|${pin}|||device|${id}", "device_secret_changed|${secret}|${secret}|||device|${id}", "device_pin_changed|${pin}|${pin}|||device|${id}"},
	{"user_created|||||user|${id}", "email_send|${id}|registration_email|||user|${id}", "user_tariff_changed|${was}|${becomes}|||user|${id}", "first_call|call ${number}",
		"PayPal|Payment completed: ${amount} EUR", "user_balance_changed|${balance}|${newbalance}", "user_edited|||||user|${id}", "login|203.0.113.${few}",
		"warning_balance_send|${id}|warning_balance_email|||user|${id}", "user_balance_changed|${balance}|${newbalance}", "email_send|${id}|invoice_email|||user|${id}",
		"user_tariff_changed|${was}|${becomes}|||user|${id}", "SMS_callback|003|3.000|1 - user balance was charged.|api_id=1&status=003|sms|${number}",
		"invoice_deleted|invoice of user ${id}", "user_edited|||||user|${id}"},
	{"dp_created|dialplan ${plan}", "dp_edited|dialplan ${plan}", "dp_edited|dialplan ${plan}", "tariff_import|Tariff_was_imported_from_CSV", "dp_edited|dialplan ${plan}",
		"callback_rule_edited|rule ${few}", "dp_deleted|dialplan ${plan}"},
}

var morTariffs = []string{"Retail EU", "Retail World", "Retail World Flat – évolué 2026", "Wholesale A-Z", "Mobile 500", "Pão & Queijo (promo)"}

// ofCustomer are the actions whose row names the customer as its user.
var ofCustomer = []string{"first_call", "PayPal", "user_balance_changed", "SMS_callback", "login"}

func morStory(c calendar, begin, living int) *story {
	return &story{calendar: c, lives: morLives, living: living, begin: begin, choices: morTariffs, value: func(t *thing, name string) string {
		switch name {
		case "did":
			return fmt.Sprintf("35121%06d", 400_000+t.id*37)
		case "plan": // of the reseller, or of the dealer
			return strconv.Itoa(begin/20 + c.IntN(7))
		case "customer":
			return strconv.Itoa(t.id + 100)
		}
		panic("cannot happen: no value for " + name)
	}}
}

// mor writes the actions of one MOR switch, apart for a reseller and for the dealer above.
func mor(now time.Time) (quay, harbor []byte) {
	c := newCalendar(now, 1)
	type action struct {
		row
		reseller bool
	}
	var actions []action
	write := func(reseller bool, at time.Time, userID, username string, cells ...string) {
		cells = append([]string{userID, username}, cells...)
		for len(cells) < 9 {
			cells = append(cells, "")
		}
		actions = append(actions, action{row{at, cells}, reseller})
	}
	stories := map[bool]*story{true: morStory(c, 40, 14), false: morStory(c, 400, 34)}
	act := func(reseller bool, m moment, about *story) {
		t, cells := about.next()
		if slices.Contains(ofCustomer, cells[0]) {
			write(reseller, m.at, strconv.Itoa(t.id), customers[t.id%len(customers)], cells...)
			return
		}
		write(reseller, m.at, m.who.id, m.who.name, cells...)
	}
	staff := map[bool][]worker{
		true:  {{"farah.aziz", "31", "Europe/Lisbon", 31}, {"goran.ilic", "33", "Europe/Belgrade", 33}},
		false: {{"kofi.mensah", "12", "Europe/Lisbon", 12}, {"tiago.lourenço", "14", "Europe/Lisbon", 14}, {"dora.novak", "17", "Europe/Prague", 17}, {"otto.berg", "21", "Europe/Lisbon", 41}},
	}
	for _, reseller := range []bool{true, false} {
		for _, m := range c.moments(staff[reseller], 5) {
			switch {
			case m.first:
				if c.IntN(8) == 0 {
					write(reseller, m.at.Add(-25*time.Second), m.who.id, m.who.name, "bad_login", m.who.name+"/"+stories[reseller].secret(), m.address)
				}
				write(reseller, m.at, m.who.id, m.who.name, "login", m.address)
			case m.last:
				write(reseller, m.at, m.who.id, m.who.name, "logout")
			case !reseller && c.IntN(12) == 0: // the dealer helps the reseller out
				act(false, m, stories[true])
			default:
				act(reseller, m, stories[reseller])
			}
		}
	}
	for i, at := range c.every(24*time.Hour, 2*time.Hour+30*time.Minute) {
		result := "0"
		if i == 17 {
			result = "1"
			write(false, at.Add(2*time.Second), "0", "admin", "error", "Can't write backup", "No space left on device")
		}
		write(false, at, "0", "admin", "backup_created", "database", result)
		if i%7 == 3 {
			write(false, at.Add(time.Hour), "0", "admin", "system_validated")
			write(false, at.Add(3*time.Hour), "0", "admin", "error", "Can't send email", "getaddrinfo: Name or service not known")
		}
	}
	guesses := morStory(c, 0, 1)
	for i, at := range c.burst(3*24*time.Hour+2*time.Hour, 18, 14*time.Second) {
		name := []string{"admin", "root", "kofi", "kofi.mensah", "test"}[i%5]
		write(false, at, "", "", "bad_login", name+"/"+guesses.secret(), "192.0.2.145")
		if i%6 == 5 {
			write(false, at.Add(time.Second), "", "", "hacking_attempt", "/users/edit/"+strconv.Itoa(i), "192.0.2.145", `{"id"=>"`+strconv.Itoa(i)+`", "password"=>"`+guesses.secret()+`"}`)
		}
		if i == 17 {
			write(false, at.Add(4*time.Second), "", "", "login_blocked", "kofi.mensah", "192.0.2.145")
			write(false, at.Add(5*time.Hour), "12", "kofi.mensah", "unauthorized_login", "kofi.mensah", "198.51.100.12")
			write(false, at.Add(5*time.Hour+time.Minute), "12", "kofi.mensah", "login_authorized", "kofi.mensah", "198.51.100.12")
		}
	}
	actions = slices.DeleteFunc(actions, func(a action) bool { return a.at.After(now) })
	slices.SortStableFunc(actions, func(a, b action) int { return a.at.Compare(b.at) })
	files := map[bool][][]string{}
	for i, a := range actions {
		files[a.reseller] = append(files[a.reseller], append([]string{strconv.Itoa(70_000 + i), a.at.Format(time.DateTime)}, a.cells...))
	}
	const header = "id,date,user_id,username,action,data,data2,data3,data4,target_type,target_id"
	return writeCSV(header, files[true]), writeCSV(header, files[false])
}
