// Package job does the work that actions of the catalogue ask for: it connects, posts, mails and
// writes backups. What came of it is recorded by package inventory.
package job

import (
	"net/netip"

	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/mail"
)

// Options are what the work needs.
type Options struct {
	DB          *db.DB
	Mail        *mail.Mailer
	BackupDir   string
	Unreachable []netip.Prefix // the operator's own networks
	Loopback    bool           // tests only: this machine's own addresses may be reached
}

// Runners are who does each sort of work, by the catalogue's word for it.
func Runners(o Options) map[string]inventory.Runner {
	d := newDialer(o.Loopback, o.Unreachable)
	return map[string]inventory.Runner{
		"connect": {Limit: connectLimit, Do: connect{d}.do},
		"post":    {Limit: postLimit, Do: newPost(o.DB, d).do},
		"mail":    {Limit: mail.Patience, Do: letters{o.Mail}.do},
		"backup":  {Limit: backupLimit, Do: backup{o.DB, o.BackupDir}.do},
	}
}
