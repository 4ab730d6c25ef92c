package demo

import (
	"fmt"
	"strings"
	"time"
)

// What happens in the Spider Business Center: category, event, object, description. What begins
// with a star nobody does: it happens when its time has come.
var sbcLives = [][]string{
	{"Subscription|Creation|Subscription ${id}|New subscription has been created", "Subscription|Activation|Subscription ${id}|Subscription has been activated",
		"Subscription|Modification|Subscription ${id}|Subscription owner has been changed", "*Subscription|Exceedence|Subscription ${id}|Consumption limit is exceeded",
		"Subscription|Increase|Subscription ${id}|Quota limit has been increased", "*Subscription|Quota Reset|Subscription ${id}|Quota Counter has been reset",
		"Subscription|Renewal|Subscription ${id}|Subscription has been renewed", "Subscription|Modification|Subscription ${id}|Subscription expiry date has been changed",
		"*Subscription|Expiration|Subscription ${id}|Subscription period is expired", "Subscription|Renewal|Subscription ${id}|Subscription has been renewed",
		"*Subscription|Quota Reset|Subscription ${id}|Quota Counter has not been reset", "*Subscription|Expiration|Subscription ${id}|Subscription period is expired"},
	{"License check|Creation|Subscription ${id}|Failed to create new subscription", "License check|Creation|Subscription ${id}|New subscription has been created",
		"Subscription|Activation|Subscription ${id}|Subscription has been activated", "*Subscription|Quota Reset|Subscription ${id}|Quota Counter has been reset",
		"Subscription|Modification|Region ${id}|Regional restriction has been modified", "Subscription|Modification|Order ${id}|Orders table has been modified",
		"*Subscription|Exceedence|Subscription ${id}|Consumption limit is exceeded", "*Subscription|Expiration|Subscription ${id}|Subscription period is expired"},
	{"User|Creation|User ${id}|New user account has been created", "User|Activation|User ${id}|User account has been activated", "User|Modification|User ${id}|User has been added to Sales Organization",
		"Subscription|Creation|Subscription ${id}|New member subscription has been created", "User|Modification|User ${id}|Users table has been modified",
		"Subscription|Deletion|Subscription ${id}|Member subscription has been removed", "User|Deletion|User ${id}|User has been deleted"},
	{"Article|Creation|Article ${id}|New Article has been created", "Article|Modification|Article ${id}|Pricing has been modified", "Article|Modification|Article ${id}|Consumption limit has been modified",
		"Article|Modification|Article ${id}|New product has been added to Article", "Article|Modification|Article ${id}|Pricing has been modified", "Article|Deletion|Article ${id}|Article has been deleted"},
	{"X-pos|Modification|X-pos Server ${server}|Satellite systems have been changed", "X-pos|Creation|ANTEX file ${id}|New ANTEX file has been uploaded",
		"X-pos|Modification|X-pos Server ${server}|RINEX data retention period has been changed", "X-pos|Modification|X-pos Server ${server}|“Enable Rinex Download Service” has been enabled",
		"Configuration|Modification|Audit log retention ${server}|Audit log retention changed to ${days}", "Maintenance|Creation|ERP System Data file ${id}|ERP System Data file has been uploaded",
		"X-pos|Modification|X-pos Server ${server}|Cut-off angle has been changed", "Maintenance|Deletion|ERP System Data file ${id}|ERP System Data file has been deleted"},
	{"Enterprise Subscriptions|Creation|Enterprise Subscription ${id}|New Enterprise Subscription has been created", "Enterprise Subscriptions|Activation|Enterprise Subscription ${id}|Enterprise Subscription has been activated",
		"Enterprise Subscriptions|Creation|Consumer ${id}|Consumer has been added to Enterprise Subscription", "Enterprise Subscriptions|Modification|Consumer ${id}|Consumer of Enterprise Subscription has been modified",
		"*Enterprise Subscriptions|Exceedance|Enterprise Subscription ${id}|Enterprise Subscription quota is exceeded", "Enterprise Subscriptions|Deletion|Consumer ${id}|Consumer has been removed from Enterprise Subscription",
		"*Enterprise Subscriptions|Expiration|Enterprise Subscription ${id}|Enterprise Subscription has expired"},
}

// spiders are the parts of the channel that use it, each with its own people and objects.
var spiders = []struct {
	salesOrg, dealer string
	staff            []worker
}{
	{"Northwind Telecom", "", []worker{{name: "bjorn.dahl", zone: "Europe/Oslo"}, {name: "ingrid.solheim", zone: "Europe/Oslo"}}},
	{"Northwind Telecom", "Harbor Dealers", []worker{{name: "kofi.mensah", zone: "Europe/Lisbon"}, {name: "dora.novak", zone: "Europe/Prague"}}},
	{"Northwind Telecom", "Fjord Link", []worker{{name: "þóra.björnsdóttir", zone: "Atlantic/Reykjavik"}}},
	{"Meridian Networks", "", []worker{{name: "emeka.obi", zone: "America/Chicago"}}},
	{"Meridian Networks", "Sunbelt Voice", []worker{{name: "jack.turner", zone: "America/Phoenix"}}},
	{"Meridian Networks", "Cactus ISP", []worker{{name: "wanjiru.kamau", zone: "Africa/Nairobi"}}},
	{"Meridian Networks", "Rio Connect", []worker{{name: "rafael.souza", zone: "America/Sao_Paulo"}}},
	{"Direct", "", []worker{{name: "yuki.mori", zone: "Asia/Tokyo"}}},
	{"Direct", "Alpine Geo", []worker{{name: "nina.keller", zone: "Europe/Zurich"}, {name: "luca.bianchi", zone: "Europe/Zurich"}}},
	{"Direct", "Delta Survey", []worker{{name: "anika.rahman", zone: "Asia/Dhaka"}}},
}

// sbc writes the audit log of the Spider Business Center, whose rows name their owners.
func sbc(now time.Time) []byte {
	c := newCalendar(now, 3)
	var rows []row
	for i, part := range spiders {
		s := &story{calendar: c, lives: sbcLives, living: 12, begin: 200 * (i + 1), value: func(_ *thing, name string) string {
			switch name {
			case "days":
				return one(c, "180", "365", "730", "3650")
			case "server": // each part has three of its own
				return fmt.Sprint(10*(i+1) + c.IntN(3))
			}
			panic("cannot happen: no value for " + name)
		}}
		for _, m := range c.moments(part.staff, 4) {
			if m.first || m.last { // it doesn't log them
				continue
			}
			_, cells := s.next()
			by := m.who.name
			if what, alone := strings.CutPrefix(cells[0], "*"); alone {
				by, cells[0] = "", what
			}
			rows = append(rows, row{m.at, append([]string{m.at.Format(time.RFC3339), by}, append(cells, part.salesOrg, part.dealer)...)})
		}
	}
	return writeCSV("Modified Time,Modified By,Category,Event,Object,Description,Sales Organization,Dealer", c.inOrder(rows))
}
