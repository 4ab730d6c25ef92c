// Package demo fills an empty database with a channel, its people and six weeks of what they did,
// so that somebody who starts Annals for the first time has something to look at. Everything goes
// the way of real use: tenants and people through their packages, export files through the importer,
// our own entries through the log.
package demo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"annals/backend/access"
	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/tenant"
)

const (
	password = "annals-demo-2026"     // of all accounts: this is no secret
	domain   = "@demo.annals.example" // of all people, which tells them from real ones
	span     = 6 * 7 * 24 * time.Hour // how far the activity goes back
	founding = span + 3*24*time.Hour  // how long ago the first organization was made
)

// The ids of the first entry of the demo, which tells when its "now" was, and of the last one, which
// tells that it is complete. The keys of entries stay for ever.
var (
	firstEntry = audit.DerivedID(0, "annals demo", "first entry")
	lastEntry  = audit.DerivedID(0, "annals demo", "last entry")
)

// Load puts the demo into an empty database, once. What a start that was killed has left is
// completed; a complete demo is left alone, whatever was done with it since.
func Load(ctx context.Context, d *db.DB, l *audit.Log, a *auth.Service) error {
	return load(ctx, d, l, a, time.Now())
}

func load(ctx context.Context, d *db.DB, l *audit.Log, a *auth.Service, now time.Time) error {
	ld := loader{db: d, log: l, auth: a}
	begun, complete, err := ld.look(ctx)
	if err != nil || complete {
		return err
	}
	// Generated files must be the same after a restart, so the clock stays where it was.
	now = now.UTC().Truncate(time.Second)
	if begun.IsZero() {
		err = ld.found(ctx, now)
	} else {
		now = begun.Add(founding).UTC()
	}
	if err != nil {
		return fmt.Errorf("make the demo's organizations and people: %w", err)
	}
	for _, f := range exports(now) {
		if err := ld.importFile(ctx, f); err != nil {
			return err
		}
	}
	if err := ld.recordHistory(ctx, now); err != nil {
		return fmt.Errorf("record the demo's sign-ins: %w", err)
	}
	return nil
}

// loader is one run of Load.
type loader struct {
	db   *db.DB
	log  *audit.Log
	auth *auth.Service
	root tenant.Tenant
}

// look finds out when the demo was begun (zero: never) and whether it is complete, and refuses a
// database that is in use for something else.
func (ld *loader) look(ctx context.Context) (begun time.Time, complete bool, err error) {
	err = ld.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		ld.root, err = tenant.FindRoot(tx)
		return err
	})
	if err != nil {
		return begun, false, fmt.Errorf("find root: %w", err)
	}
	err = ld.db.Read(ctx, tenant.Of(ld.root).Wall(), func(tx *db.Tx) error {
		var row struct {
			Begun    *time.Time
			Complete bool
			Strange  bool
		}
		err := tx.Raw(`
			SELECT (SELECT event_times(@first)) AS begun,
				EXISTS (SELECT event_times(@last)) AS complete,
				EXISTS (SELECT FROM users WHERE right(email, length(@domain)) <> @domain)
					OR (NOT EXISTS (SELECT event_times(@first)) AND EXISTS (SELECT FROM tenants WHERE path NOT IN ('/', '/Direct'))) AS strange`,
			map[string]any{"first": firstEntry, "last": lastEntry, "domain": domain}).Scan(&row).Error
		if err != nil {
			return fmt.Errorf("look for the demo: %w", err)
		}
		if row.Begun != nil {
			begun = *row.Begun
		}
		if complete = row.Complete; row.Strange && !complete {
			return fault.New(fault.Conflict, "There are people or organizations in this database, and its log would keep the demo for ever. Start the demo with an empty data directory or database.")
		}
		return nil
	})
	return begun, complete, err
}

// export is a file as one of the systems would write it.
type export struct {
	system, source, tenant string
	name                   string
	text                   []byte
}

// exports are all files of the demo, in the order in which they are imported. What a reseller's own
// export names is his, also where a later file of his dealer's names it.
func exports(now time.Time) []export {
	quay, harbor := mor(now)
	return []export{
		{"mor", "mor-eu-1", "/Northwind Telecom/Harbor Dealers/Quay Phones", "quay-phones-actions.csv", quay},
		{"mor", "mor-eu-1", "/Northwind Telecom/Harbor Dealers", "harbor-dealers-actions.csv", harbor},
		{"sippy", "sippy-us-2", "/Meridian Networks", "sippy-audit-log.csv", sippy(now)},
		{"alternet", "alternet-nbo-1", "/Meridian Networks/Cactus ISP", "alternet-activity-log.csv", alternet(now)},
		{"sbc", "sbc-1", "/", "sbc-audit-log.csv", sbc(now)},
		{"safe", "safe-1", "/Northwind Telecom", "safe-user-activity-log.json", safe(now)},
	}
}

func (ld *loader) importFile(ctx context.Context, f export) error {
	scope := tenant.Of(ld.root)
	var t tenant.Tenant
	err := ld.db.Read(ctx, scope.Wall(), func(tx *db.Tx) (err error) {
		t, err = tenant.FindByPath(tx, scope, f.tenant)
		return err
	})
	if err != nil {
		return fmt.Errorf("find %s: %w", f.tenant, err)
	}
	o := importer.Options{System: f.system, Source: f.source, Scope: scope, Origin: audit.System("annals demo"), Tenant: t, FileName: f.name}
	// A row that is there already, from a start that was killed, is a duplicate.
	_, err = importer.Run(ctx, ld.db, ld.log, o, bytes.NewReader(f.text), func(line int64, reason string, _ []byte) error {
		return fmt.Errorf("line %d of %s is not as the importer reads it: %s", line, f.name, reason)
	})
	return err
}

// Greeting says who can sign in.
func Greeting() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nSign in as one of these, all with the password %s\n\n", password)
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, p := range people {
		if p.account == "" {
			continue
		}
		note := ""
		if p.tenant == "/" && p.role == access.Admin {
			note = "sets up a second factor (TOTP) first"
		}
		fmt.Fprintln(w, strings.TrimRight("  "+p.email()+"\t"+p.title()+"\t"+note, "\t"))
	}
	w.Flush() //nolint:errcheck // into memory
	return b.String() + "\n"
}

// exec runs a statement that must reach exactly the one row that it is about.
func exec(tx *db.Tx, statement string, args ...any) error {
	res := tx.Exec(statement, args...)
	if res.Error == nil && res.RowsAffected != 1 {
		return fmt.Errorf("%q reached %d rows instead of one", statement, res.RowsAffected)
	}
	return res.Error
}
