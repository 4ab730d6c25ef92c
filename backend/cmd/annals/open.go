package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"annals/backend/audit"
	"annals/backend/auth"
	"annals/backend/catalog"
	"annals/backend/config"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/ledger"
	"annals/backend/mail"
	"annals/backend/postgres"
	"annals/backend/tenant"
	"annals/migrations"
)

// house is what every command works in: the database, the log, and who signs in.
type house struct {
	config  config.Config
	db      *db.DB
	log     *audit.Log
	auth    *auth.Service
	sealer  *ledger.Sealer
	mail    *mail.Mailer
	private *postgres.Server // nil where somebody else runs the database
}

// database is the name of ours in the embedded server.
const database = "annals"

// open migrates and opens everything. Close it. A command joins an embedded server that a running
// Annals has started; a server brings its own, or it would go when the other one stops.
func open(ctx context.Context, cfg config.Config, join bool) (_ *house, err error) {
	h := &house{config: cfg}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The data directory %s can't be made: %v.", cfg.DataDir, errors.Unwrap(err))
	}
	secret, err := auth.LoadSecret(cfg.SecretKey, cfg.DataDir)
	if err != nil {
		return nil, err
	}
	keys, err := auth.DeriveKeys(secret)
	if err != nil {
		return nil, err
	}
	cat, err := catalog.Load(cfg.CatalogDir)
	if err != nil {
		return nil, err
	}
	url, err := h.databaseURL(ctx, join)
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, url, keys.DBPassword, migrations.Files); err != nil {
		return nil, err
	}
	if h.db, err = db.Open(ctx, url, keys.DBPassword); err != nil {
		return nil, err
	}
	h.log = audit.NewLog(h.db, cat, keys.Fingerprint)
	h.sealer = ledger.NewSealer(h.db)
	h.db.OnCommit(h.sealer.Wake)
	if h.mail, err = mail.New(mail.Options{SMTPURL: cfg.SMTPURL, Dir: filepath.Join(cfg.DataDir, "mail"), PublicURL: cfg.Public(), Log: slog.Default()}); err != nil {
		return nil, err
	}
	h.auth = auth.New(h.db, h.log, keys, h.mail)
	return h, nil
}

// databaseURL is the owner's: the setting's, or that of the embedded server.
func (h *house) databaseURL(ctx context.Context, join bool) (string, error) {
	if h.config.DatabaseURL != "" {
		return h.config.DatabaseURL, nil
	}
	if join {
		if dsn, running, err := postgres.Attach(h.config.DataDir, database); err != nil || running {
			return dsn, err
		}
	}
	var bins []string
	if h.config.PostgresBin != "" {
		bins = []string{h.config.PostgresBin}
	}
	var err error
	h.private, err = postgres.Start(ctx, postgres.Options{DataDir: h.config.DataDir, BinDirs: bins, NodeDirs: nodeDirs(), Log: slog.Default()})
	if err != nil {
		return "", err
	}
	if err := db.CreateDatabase(ctx, h.private.DSN("postgres"), database); err != nil {
		return "", err
	}
	return h.private.DSN(database), nil
}

// nodeDirs are where the npm package with PostgreSQL's programs may lie: beside the binary, as make
// builds it, or below the working directory.
func nodeDirs() []string {
	dirs := []string{filepath.Join("tools", "postgres")}
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			dirs = append(dirs, filepath.Join(filepath.Dir(self), "..", "tools", "postgres"))
		}
	}
	return dirs
}

// shutdown is how long closing may take, each step of it.
const shutdown = 20 * time.Second

func (h *house) close() {
	if h.mail != nil {
		ctx, cancel := context.WithTimeout(context.Background(), shutdown)
		defer cancel()
		if err := h.mail.Close(ctx); err != nil {
			slog.Warn("send what mail is left", "err", err)
		}
	}
	if h.db != nil {
		if err := h.db.Close(); err != nil {
			slog.Warn("close database", "err", err)
		}
	}
	if h.private != nil {
		if err := h.private.Stop(shutdown); err != nil {
			slog.Error("stop postgres", "err", err)
		}
	}
}

// within runs a command in an open house and seals what it recorded.
func within(ctx context.Context, cfg config.Config, fn func(*house) error) error {
	h, err := open(ctx, cfg, true)
	if err != nil {
		return err
	}
	defer h.close()
	if err := fn(h); err != nil {
		return err
	}
	_, err = h.sealer.Drain(ctx)
	return err
}

// root is the top of the tree, in whose name the commands work: who can run them can read the
// database as well.
func (h *house) root(ctx context.Context) (root tenant.Tenant, err error) {
	err = h.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		root, err = tenant.FindRoot(tx)
		return err
	})
	return root, err
}

// at finds the tenant of a PATH.
func (h *house) at(ctx context.Context, path string) (t tenant.Tenant, err error) {
	root, err := h.root(ctx)
	if err != nil {
		return t, err
	}
	err = h.db.Read(ctx, tenant.Of(root).Wall(), func(tx *db.Tx) error {
		t, err = tenant.FindByPath(tx, tenant.Of(root), path)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return t, fault.New(fault.NotFound, "There is no organization at %q. A path is names joined by slashes, as %q.", path, "/Northwind Telecom/Harbor Dealers")
	}
	return t, err
}

type migrateCmd struct{}

func (migrateCmd) Run(ctx context.Context, cfg config.Config) error {
	return within(ctx, cfg, func(*house) error {
		fmt.Println("The database is at the newest version.")
		return nil
	})
}
