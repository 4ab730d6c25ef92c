package demo

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/tenant"
	"annals/backend/user"
)

// device is something that people sign in with, as its user agent says and as package auth calls it.
type device struct{ name, agent string }

var devices = []device{
	{"Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"},
	{"Chrome on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"},
	{"Safari on macOS", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15"},
	{"Edge on Windows", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"},
	{"Safari on iPhone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1"},
	{"Chrome on Android", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"},
}

// phone is the second device of everybody.
var phone = devices[4]

// lostFactors is how long ago all second factors were reset: nobody's authenticator comes with the demo.
const lostFactors = 2*24*time.Hour + 5*time.Hour

// worker gives somebody hours and addresses.
func (p someone) worker(n int) worker {
	return worker{name: p.name, zone: p.zone, net: 20 + n}
}

// history is what people did in Annals itself, made of entries as packages auth and httpapi write them.
type history struct {
	calendar
	entries []audit.Event
}

// visit is one sign-in of somebody, and what follows in its session.
type visit struct {
	who     user.Listed
	device  device
	address netip.Addr
	session string
}

// add puts an entry about the person of a visit into the history.
func (h *history) add(v visit, at time.Time, name, code string, data ...audit.Datum) *audit.Event {
	o := audit.Origin{Actor: auth.ActorOf(v.who), IP: v.address, UserAgent: v.device.agent, SessionID: v.session, RequestID: h.id(at)}
	e := o.Event(name)
	e.OccurredAt, e.Code, e.Data = at, code, data
	e.Subject, e.Object = &audit.Person{ID: v.who.ID, Name: v.who.Name}, auth.ObjectOf(v.who)
	e.Belongs(home(v.who))
	h.entries = append(h.entries, e)
	return &h.entries[len(h.entries)-1]
}

func home(u user.Listed) tenant.Tenant {
	return tenant.Tenant{ID: u.TenantID, Level: u.TenantLevel, Name: u.TenantName, Path: u.TenantPath, SalesOrgID: u.SalesOrgID, DealerID: u.DealerID, ResellerID: u.ResellerID}
}

func datum(label, value string) audit.Datum { return audit.Datum{Label: label, Value: value} }

// id is a UUIDv7 of a time.
func (h *history) id(at time.Time) string {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(h.Uint32())
	}
	for i, ms := 5, at.UnixMilli(); i >= 0; i, ms = i-1, ms>>8 {
		id[i] = byte(ms)
	}
	id[6], id[8] = id[6]&0x0f|0x70, id[8]&0x3f|0x80
	return id.String()
}

// fail is a wrong password.
func (h *history) fail(v visit, at time.Time, cause string) {
	v.session = ""
	h.add(v, at, "AUTH_FAIL", "AUTH_FAILuser:email="+v.who.Email, datum("Cause", cause), datum("Entered e-mail", v.who.Email))
}

// signIn is the way to a session, which the visit then has.
func (h *history) signIn(v *visit, at time.Time, secondFactor bool) {
	v.session = ""
	method := "password"
	if secondFactor {
		code := "user:" + v.who.Email + ":TOTP"
		h.add(*v, at, "MFA_RQRD", "MFA_RQRD"+code, datum("Method", "TOTP"))
		at = at.Add(6*time.Second + h.upTo(20*time.Second))
		if h.IntN(12) == 0 {
			h.add(*v, at, "MFA_FAIL", "MFA_FAIL"+code, datum("Cause", "wrong code"))
			at = at.Add(5*time.Second + h.upTo(30*time.Second))
		}
		h.add(*v, at, "MFA_VRFY", "MFA_VRFY"+code, datum("Method", "TOTP"))
		method = "password and TOTP"
	}
	v.session = h.id(at)
	h.add(*v, at, "AUTH_OK", "AUTH_OKuser:email="+v.who.Email, datum("Method", method), datum("Device", v.device.name))
}

// days are the sign-ins and sign-outs of somebody, with what administrators and auditors do between
// them. required says whether the person must have a second factor.
func (h *history) days(p someone, n int, u user.Listed, required bool) {
	busy := 3
	if p.role == access.User {
		busy = 1
	}
	var v visit
	for _, m := range h.calendar.days(p.worker(n), busy) {
		reset := p.mfa && m.at.After(h.now.Add(-lostFactors))
		switch {
		case m.at.After(h.now.Add(-p.end())):
			return
		case m.first:
			if v = (visit{}); h.IntN(3) == 0 || p.role == access.User && h.IntN(3) == 0 { // nothing to look up that day
				continue
			}
			v = visit{who: u, device: devices[n%len(devices)], address: netip.MustParseAddr(m.address)}
			if h.IntN(5) == 0 {
				v.device = phone
			}
			if h.IntN(9) == 0 {
				h.fail(v, m.at.Add(-8*time.Second-h.upTo(40*time.Second)), "wrong password")
			}
			if reset && required {
				h.add(v, m.at, "MFA_PEND", "MFA_PENDuser:"+u.Email+":TOTP")
				v = visit{}
				continue
			}
			h.signIn(&v, m.at, p.mfa && !reset)
		case v.session == "":
		case m.last:
			if h.IntN(3) > 0 {
				h.add(v, m.at, "AUTH_LOGOUT", "AUTH_LOGOUTuser:email="+u.Email)
			}
		case p.role != access.User && h.IntN(6) == 0:
			h.export(v, m.at)
		case h.IntN(40) == 0:
			h.add(v, m.at, "profile_updated", "").Changes = []audit.Change{{Field: "time_zone", Old: "UTC", New: p.zone}}
		}
	}
}

// export is somebody who takes a part of the log away.
func (h *history) export(v visit, at time.Time) {
	e := h.add(v, at, "log_exported", "", datum("Format", one(h.calendar, "CSV", "CSV", "NDJSON")), datum("Rows", strconv.Itoa(40+h.IntN(2500))),
		datum("Filter", one(h.calendar, "class=auth.failure", "system=mor&category=Device", "state=deletion", "q=refund", "outcome=failure")))
	e.Object, e.Subject = nil, nil
}

// resets are the second factors that were taken away.
func (h *history) resets(found map[string]user.Listed) {
	at := h.ago(lostFactors)
	for _, p := range people {
		if u := found[p.email()]; p.mfa {
			e := h.add(visit{who: u}, at, "MFA_RST", "MFA_RSTuser:"+u.Email)
			e.Actor, e.RequestID = audit.System("annals user reset-mfa").Actor, ""
			e.Reason = "Restored from a backup: authenticators must be set up again"
			at = at.Add(time.Second)
		}
	}
}

// endUser is what happened to the account that the demo's end user has: own sign-ins from several
// devices, and somebody who guesses at the password.
func (h *history) endUser(u user.Listed) {
	laptop := visit{who: u, device: devices[0], address: netip.MustParseAddr("203.0.113.58")}
	mobile := visit{who: u, device: phone, address: netip.MustParseAddr("2001:db8:77:4::5a1")}
	office := visit{who: u, device: devices[3], address: netip.MustParseAddr("198.51.100.204")}
	stranger := visit{who: u, device: devices[1], address: netip.MustParseAddr("192.0.2.77")}

	for i, at := range h.burst(5*24*time.Hour+3*time.Hour, 11, 9*time.Second) {
		cause := "wrong password"
		if i > 4 && i%2 == 1 {
			cause = "too many attempts"
		}
		h.fail(stranger, at, cause)
	}
	at := h.ago(5*24*time.Hour - 4*time.Hour)
	h.signIn(&mobile, at, false)
	h.add(mobile, at.Add(95*time.Second), "PSWD_CHNG", "PSWD_CHNGi_user="+strconv.FormatInt(u.ID, 10))
	old := h.id(at.Add(-20 * time.Hour))
	e := h.add(mobile, at.Add(95*time.Second), "SESSION_REVOKE", "SESSION_REVOKEsession:id="+old, datum("Device", office.device.name))
	e.Object = &audit.Object{Kind: "annals.session", ID: old, Name: office.device.name}

	at = h.ago(31 * time.Hour)
	v := office
	h.add(v, at, "OTP_RST", "OTP_RSTuser:email="+u.Email)
	v.session = h.id(at)
	h.add(v, at.Add(50*time.Second), "AUTH_OTP", "AUTH_OTPuser:email="+u.Email)
	h.add(v, at.Add(25*time.Minute), "AUTH_LOGOUT", "AUTH_LOGOUTuser:email="+u.Email)

	at = h.ago(44 * time.Minute)
	h.fail(laptop, at, "wrong password")
	h.fail(laptop, at.Add(12*time.Second), "wrong password")
	h.signIn(&laptop, at.Add(31*time.Second), false)
	h.signIn(&mobile, h.ago(6*time.Minute), false)
}

// stolen is what came before an account was locked, and after.
func (h *history) stolen(u user.Listed, locked time.Duration) {
	addresses := []string{"192.0.2.18", "203.0.113.240", "2001:db8:bad::7"}
	for i, address := range addresses {
		v := visit{who: u, device: devices[(i+1)%len(devices)], address: netip.MustParseAddr(address)}
		h.signIn(&v, h.ago(locked+time.Duration(7-2*i)*time.Hour), false)
		for n := range 3 {
			h.fail(v, h.ago(locked-time.Duration(1+i*20+n)*time.Hour), "locked user")
		}
	}
}

// recordHistory records what people did in Annals, in one transaction: with it the demo is complete.
func (ld *loader) recordHistory(ctx context.Context, now time.Time) error {
	scope := tenant.Of(ld.root)
	return ld.db.Write(ctx, scope.Wall(), func(tx *db.Tx) error {
		found := map[string]user.Listed{}
		for _, state := range []string{"", user.Deleted} {
			some, err := user.Search(tx, scope, user.Filter{State: state}, "", 0, len(people)+1)
			if err != nil {
				return err
			}
			for _, u := range some {
				found[u.Email] = u
			}
		}
		h := history{calendar: newCalendar(now, 6)}
		for i, p := range people {
			u, ok := found[p.email()]
			if !ok {
				return fmt.Errorf("%s is gone", p.email())
			}
			if p.state == user.Pending {
				continue
			}
			required, err := tenant.MFARequired(tx, u.TenantID)
			if err != nil {
				return err
			}
			h.days(p, i, u, required || u.TenantLevel == tenant.Root && u.Role == access.Admin)
			if p.account == "user" {
				h.endUser(u)
			}
			if p.state == user.Locked {
				h.stolen(u, p.end())
			}
		}
		h.resets(found)
		h.entries = slices.DeleteFunc(h.entries, func(e audit.Event) bool { return e.OccurredAt.After(now) })
		slices.SortStableFunc(h.entries, func(a, b audit.Event) int { return a.OccurredAt.Compare(b.OccurredAt) })
		h.entries[len(h.entries)-1].EventID = lastEntry
		last := map[int64]time.Time{}
		for _, e := range h.entries {
			if e.Type == "annals.AUTH_OK" || e.Type == "annals.AUTH_OTP" {
				last[e.Actor.UserID] = e.OccurredAt
			}
			if _, err := ld.log.Record(tx, e); err != nil {
				return err
			}
		}
		for id, at := range last {
			if err := exec(tx, "UPDATE users SET last_sign_in_at = ? WHERE id = ?", at, id); err != nil {
				return err
			}
		}
		return nil
	})
}
