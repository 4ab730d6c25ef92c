package demo

import (
	"fmt"
	"time"
)

// What happens at an internet provider: activity type and description.
var alternetLives = [][]string{
	{"Administrative|Client ${client} created", "Administrative|Payment of ${amount} KES processed for ${client}", "Administrative|Client ${client} modified: plan ${was} to ${becomes}",
		"Administrative|Payment of ${amount} KES processed for ${client}", "System|Client ${client} expired and was deactivated", "Administrative|Payment of ${amount} KES processed for ${client}",
		"Administrative|Client ${client} modified: reactivated after payment", "Administrative|Manual adjustment of ${amount} KES for ${client}", "Administrative|Client ${client} modified: plan ${was} to ${becomes}",
		"Administrative|Refund of ${amount} KES to ${client}", "Administrative|Payment of ${amount} KES processed for ${client}", "System|Client ${client} expired and was deactivated", "Administrative|Client ${client} deleted"},
	{"Administrative|Client ${client} created", "Administrative|Payment of ${amount} KES processed for ${client}", "Administrative|Payment of ${amount} KES processed for ${client}",
		"Administrative|Client ${client} modified: router core-2 to core-3", "Administrative|Payment of ${amount} KES processed for ${client}"},
	{"Administrative|Router core-${few} configuration changed", "Administrative|Plan ${was} updated", "Administrative|System settings modified: sms gateway", "Administrative|Router core-${few} configuration changed",
		"Administrative|System settings modified: payment reminder", "Administrative|Voucher batch ${number} printed"},
}

var alternetPlans = []string{"Home 20", "Home 50", "Home 100", "Biashara 200", "Shule 50 (education)"}

// alternetClients have names as clients have: short, long, with accents.
var alternetClients = []string{"client", "Mama Njeri Café – ", "Kituo cha Afya Ng’ong’ ", "client", "École Primaire Uhuru ", "Savannah Lodges & Safari Outfitters (Nairobi, Naivasha, Maasai Mara) ", "client"}

// alternet writes the activity log of an internet provider's billing.
func alternet(now time.Time) []byte {
	c := newCalendar(now, 4)
	var rows []row
	write := func(at time.Time, activity, description, ip, user string) {
		rows = append(rows, row{at, []string{at.Format(time.DateTime), activity, description, ip, user}})
	}
	s := &story{calendar: c, lives: alternetLives, living: 38, begin: 31, choices: alternetPlans, value: func(t *thing, name string) string {
		if name == "client" {
			return fmt.Sprint(alternetClients[t.id%len(alternetClients)], t.id)
		}
		panic("cannot happen: no value for " + name)
	}}
	staff := []worker{{"wanjiru.kamau", "", "Africa/Nairobi", 81}, {"baraka.mwangi", "", "Africa/Nairobi", 82}, {"otieno.odhiambo", "", "Africa/Nairobi", 83}}
	for _, m := range c.moments(staff, 6) {
		switch {
		case m.first:
			if c.IntN(7) == 0 {
				write(m.at.Add(-18*time.Second), "User", "Login failed: wrong password", m.address, m.who.name)
			}
			write(m.at, "User", "Login successful", m.address, m.who.name)
		case m.last:
			write(m.at, "User", one(c, "Logged out", "Logged out", "Session expired"), m.address, m.who.name)
		default:
			_, cells := s.next()
			if cells[0] == "System" {
				write(m.at, cells[0], cells[1], "", "")
				continue
			}
			write(m.at, cells[0], cells[1], m.address, m.who.name)
		}
	}
	for i, at := range c.every(24*time.Hour, time.Hour) {
		write(at, "System", "Scheduled task nightly-maintenance executed", "", "")
		write(at.Add(5*time.Minute), "System", "Health check: database ok, all routers reachable", "", "")
		if i%9 == 4 {
			write(at.Add(7*time.Minute), "System", "Scheduled task sms-reminders failed: gateway answered 503", "", "")
		}
	}
	for i, at := range c.every(8*time.Hour, 30*time.Minute) {
		write(at, "System", fmt.Sprintf("Auto-sync with router core-%d completed: %d clients", 1+i%3, 50+c.IntN(40)), "", "")
	}
	// An afternoon without core-3.
	for i := range 22 {
		at := c.ago(11*24*time.Hour - time.Duration(i)*7*time.Minute)
		write(at, "System", "Health check: database ok, router core-3 unreachable", "", "")
		if i%5 == 2 {
			write(at.Add(20*time.Second), "System", "Auto-sync with router core-3 failed: connection timed out", "", "")
		}
	}
	return writeCSV("Timestamp,Activity Type,Description,IP Address,User", c.inOrder(rows))
}
