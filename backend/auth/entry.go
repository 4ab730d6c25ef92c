package auth

import (
	"fmt"
	"strconv"
	"strings"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/user"
)

// ActorOf is a person as the one who acts.
func ActorOf(u user.Listed) audit.Actor {
	return audit.Actor{Kind: audit.ActorUser, ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Level: string(u.Level()), UserID: u.ID}
}

// ObjectOf is a person as what an event is about.
func ObjectOf(u user.Listed) *audit.Object {
	return &audit.Object{Kind: "annals.user", ID: strconv.FormatInt(u.ID, 10), Name: u.Name, Ref: u.ID}
}

// entry begins an entry about a person: it concerns him and belongs to his organization.
func (s *Service) entry(o audit.Origin, name string, u user.Listed) audit.Event {
	e := o.Event(name)
	e.Subject, e.Object = &audit.Person{ID: u.ID, Name: u.Name}, ObjectOf(u)
	e.Code = code(name, u)
	e.Belongs(tenantOf(u))
	return e
}

// code is Sippy's compact notation of an entry about a person: the action, then whom it is about.
func code(name string, u user.Listed) string {
	switch {
	case name == "PSWD_CHNG":
		return name + "i_user=" + strconv.FormatInt(u.ID, 10)
	case name == "MFA_RST", name == "RECOVERY_NEW":
		return name + "user:" + u.Email
	case strings.HasPrefix(name, "MFA_"):
		return name + "user:" + u.Email + ":TOTP"
	}
	return name + "user:email=" + u.Email
}

// failure begins the entry of a refused attempt. That of an unknown person belongs to the platform.
func (s *Service) failure(c Client, name string, p person, cause string) audit.Event {
	o := c.origin(s.actor(p))
	e := o.Event(name)
	if p.ID != 0 {
		e = s.entry(o, name, p.Listed)
	} else if o.Actor.Name != "" {
		e.Code = name + "user:email=" + o.Actor.Name
	}
	e.Data = data("Cause", cause)
	if p.typed != "" {
		e.Data = append(e.Data, audit.Datum{Label: "Entered e-mail", Value: s.shown(p.typed)})
	}
	return e
}

func (s *Service) recordFailure(tx *db.Tx, c Client, name string, p person, cause string) error {
	return s.record(tx, s.failure(c, name, p, cause))
}

// record writes an entry; where that fails, so does what it tells of.
func (s *Service) record(tx *db.Tx, e audit.Event) error {
	if _, err := s.log.Record(tx, e); err != nil {
		return unrecorded(err)
	}
	return nil
}

func unrecorded(err error) error {
	return fault.Wrap(fault.Unavailable, err, "The log can't take the entry of this now, so nothing was done. Try again in a moment.")
}

func data(label, value string) []audit.Datum { return []audit.Datum{{Label: label, Value: value}} }

// checkReason checks why an administrator does something to somebody else.
func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" || len(reason) > audit.MaxName {
		return fault.At("body.reason", "Give a reason of at most %d characters.", audit.MaxName)
	}
	return nil
}

// methodLabel names a way to sign in as a sentence does: "password and TOTP".
func methodLabel(method string) string {
	return strings.NewReplacer("+", " and ", methodTOTP, "TOTP", methodRecovery, "recovery code", methodOTP, "one-time password").Replace(method)
}

// device names browser and system of a user agent, as far as they are common: "Firefox on Linux".
func device(userAgent string) string {
	pick := func(table [][2]string) string {
		for _, row := range table {
			if strings.Contains(userAgent, row[0]) {
				return row[1]
			}
		}
		return ""
	}
	// Each names its predecessors as well, so the order decides.
	browser := pick([][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}})
	system := pick([][2]string{{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}})
	switch {
	case browser == "":
		return cut(userAgent, 60)
	case system == "":
		return browser
	}
	return fmt.Sprintf("%s on %s", browser, system)
}
