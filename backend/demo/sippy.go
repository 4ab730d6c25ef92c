package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What happens to the records of a Sippy switch: resource and action.
var sippyLives = [][]string{
	{"accounts:${id}|Aaccounts:i_account=${id}:username=${person},credit_limit=${amount},web_password=${secret},voip_password=${secret}", "accounts:${id}|FUNDSadd:i_account=${id}:${amount}",
		"accounts:${id}|Uaccounts:i_account=${id}:credit_limit=${amount}", "accounts:${id}|BRUNi_account=${id}", "accounts:${id}|FUNDSdebit:i_account=${id}:${amount}",
		"accounts:${id}|PSWD_CHNGi_account=${id}", "accounts:${id}|CLR_FSTUSEaccounts:i_account=${id}", "accounts:${id}|EXT_LFTMaccounts:i_account=${id}",
		"accounts:${id}|BRSTRTi_account=${id}", "accounts:${id}|FUNDScredit:i_account=${id}:${amount}", "calls:9${id}|CALL_DISCi_call=9${id}",
		"accounts:${id}|Uaccounts:i_account=${id}:vm_password=${pin},description=Moved to the São Paulo office; second floor", "accounts:${id}|Daccounts:i_account=${id}", "accounts:${id}|Raccounts:i_account=${id}"},
	{"tariffs:${id}|Atariffs:i_tariff=${id}:name=US Termination Q${few},currency=USD,price_1=${rate},price_n=${rate}", "tariffs:${id}|Utariffs:i_tariff=${id}:price_1=${rate},price_n=${rate}",
		"tariffs:${id}|Utariffs:i_tariff=${id}:price_n=${rate}", "tariffs:${id}|Utariffs:i_tariff=${id}:price_1=${rate},price_n=${rate}"},
	{"dids:${id}|Adids:i_did=${id}:number=1312555${pin}", "dids:${id}|Udids:i_did=${id}:i_account=${number}", "dids:${id}|Udids:i_did=${id}:i_vendor=${few}", "dids:${id}|Ddids:i_did=${id}"},
	{"customers:${id}|Acustomers:i_customer=${id}:name=Mesa Verde Communications & Sons ${id},web_password=${secret},api_password=${secret}", "customers:${id}|FUNDSrecharge:i_customer=${id}:${amount}",
		"customers:${id}|Ucustomers:i_customer=${id}:credit_limit=${amount}", "customers:${id}|OTP_RSTcustomer:i_customer=${id}", "customers:${id}|FUNDSadd:i_customer=${id}:${amount}", "customers:${id}|PSWD_CHNGi_customer=${id}"},
	{"queue:${id}|Qqueue:i_queue=${id}:action=recalculate", "queue:${id}|Equeue:i_queue=${id}:result=ok", "environments:1|SSLCRT_ISSi_environment=1", "environments:1|FW_OPEN80i_environment=1",
		"environments:2|XMLAPI_RLYi_environment=2", "accounts:${id}|CDR_EXPORTi_account=${id}"},
}

// sippy writes the audit log of a Sippy switch.
func sippy(now time.Time) []byte {
	c := newCalendar(now, 2)
	var rows []row
	write := func(at time.Time, resource, action, by, node string) {
		rows = append(rows, row{at, []string{resource, action, by, at.Format(time.DateTime), node}})
	}
	s := &story{calendar: c, lives: sippyLives, living: 40, begin: 150, value: func(_ *thing, name string) string { panic("cannot happen: no value for " + name) }}
	staff := []worker{{"emeka.obi", "12", "America/Chicago", 61}, {"paula.reyes", "15", "America/Mexico_City", 62}, {"jack.turner", "21", "America/Phoenix", 63},
		{"mei.tanaka", "22", "Asia/Tokyo", 64}, {"rafael.souza", "27", "America/Sao_Paulo", 65}}
	for _, m := range c.moments(staff, 5) {
		by := "u:1:" + m.who.id + ":" + m.who.name
		resource := "web_users:" + m.who.id
		switch {
		case m.first:
			if c.IntN(9) == 0 {
				write(m.at.Add(-35*time.Second), resource, "AUTH_FAILcustomer:username="+m.who.name, by, m.address)
			}
			write(m.at.Add(-20*time.Second), resource, "MFA_RQRDweb_user:"+m.who.name+":TOTP", by, m.address)
			if c.IntN(10) == 0 {
				write(m.at.Add(-12*time.Second), resource, "MFA_FAILweb_user:"+m.who.name+":TOTP", by, m.address)
			}
			write(m.at, resource, "MFA_VRFYweb_user:"+m.who.name+":TOTP", by, m.address)
			write(m.at, resource, "AUTH_OKcustomer:username="+m.who.name, by, m.address)
		case m.last:
		default:
			t, cells := s.next()
			node := m.address
			switch own := strings.HasPrefix(cells[0], "accounts:"); c.IntN(7) {
			case 0: // by themselves
				if !own {
					break
				}
				by = fmt.Sprintf("a:%d:0:%s", t.id, customers[t.id%len(customers)])
				node = "203.0.113." + strconv.Itoa(1+t.id%250)
			case 1: // by a program of theirs
				by, node = "t:0:0:198.51.101."+strconv.Itoa(7+t.id%3), "node-"+strconv.Itoa(1+t.id%4)
			}
			write(m.at, cells[0], cells[1], by, node)
		}
	}
	// The first of the month's billing, and every night that of some accounts.
	for i, at := range c.every(24*time.Hour, 4*time.Hour) {
		for n := range 2 + i%3 {
			id := strconv.Itoa(150 + (i*3+n)%60*5)
			write(at.Add(time.Duration(n)*2*time.Second), "accounts:"+id, "BRUNi_account="+id, "t:0:0:198.51.101.7", "node-1")
		}
	}
	for _, at := range c.burst(26*time.Hour, 9, 20*time.Second) {
		write(at, "vendors:12", "AUTH_FAILvendor:username=sunbelt.noc", "v:12:0:sunbelt.noc", "192.0.2.201")
	}
	return writeCSV("Resource,Action,Action by,Date,User IP/Node", c.inOrder(rows))
}
