package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"annals/backend/bulk"
	"annals/backend/catalog"
	"annals/backend/config"
	"annals/backend/db"
	"annals/backend/demo"
	"annals/backend/fault"
	"annals/backend/httpapi"
	"annals/backend/inventory"
	"annals/backend/job"
	"annals/frontend"
)

type serveCmd struct{}

// Run serves until a signal ends the context, or the database goes away for good.
func (serveCmd) Run(ctx context.Context, cfg config.Config) (err error) {
	// First of all, so that a taken port is known before anything is started.
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fault.Wrap(fault.Unavailable, err, "The address %s is taken by another program. Choose another one with --addr, or end that program.", cfg.Addr)
		}
		return fault.Wrap(fault.Unavailable, err, "Can't listen at %q: %v.", cfg.Addr, err)
	}
	defer listener.Close() //nolint:errcheck // the server has closed it
	h, err := open(ctx, cfg, false)
	if err != nil {
		return err
	}
	defer h.close()
	portal, err := fs.Sub(frontend.Dist, "dist")
	if err != nil {
		return err
	}
	proxies, err := cfg.Proxies()
	if err != nil {
		return err
	}
	closed, err := cfg.Closed()
	if err != nil {
		return err
	}
	var ready atomic.Bool
	server, err := httpapi.New(httpapi.Deps{DB: h.db, Log: h.log, Auth: h.auth, Portal: portal, Proxies: proxies, Ready: ready.Load})
	if err != nil {
		return err
	}
	work, endWork := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { h.sealer.Run(work) })
	working.Go(func() { server.Run(work) })
	working.Go(func() { h.sweep(work) })
	working.Go(func() { inventory.NewTimers(h.db, h.log).Run(work) })
	runners := job.Runners(job.Options{DB: h.db, Mail: h.mail, BackupDir: filepath.Join(cfg.DataDir, "backups"), Unreachable: closed})
	working.Go(func() { inventory.NewJobs(h.db, h.log, runners).Run(work) })
	defer working.Wait()
	defer endWork()
	if cfg.Demo {
		if err := demo.Load(ctx, h.db, h.log, h.auth); err != nil {
			return fmt.Errorf("load the demo: %w", err)
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	ready.Store(true)
	if err := h.greet(ctx, listener.Addr()); err != nil {
		return err
	}
	var gone <-chan struct{}
	if h.private != nil {
		gone = h.private.Done()
	}
	select {
	case err := <-failed:
		return err
	case <-gone:
		slog.Error("the embedded PostgreSQL ended", "err", h.private.Err())
		return fault.New(fault.Unavailable, "The embedded PostgreSQL ended. Nothing that was acknowledged is lost; start Annals again.")
	case <-ctx.Done():
	}
	slog.Info("stopping")
	ready.Store(false)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdown)
	defer cancel()
	return server.Shutdown(ending)
}

// sweep removes what signing in leaves behind, uploads that nobody used and old bulk changes, now and then.
func (h *house) sweep(ctx context.Context) {
	for tick := time.NewTicker(10 * time.Minute); ; {
		if err := errors.Join(h.auth.Sweep(ctx), inventory.SweepFiles(ctx, h.db), bulk.Sweep(ctx, h.db)); err != nil && ctx.Err() == nil {
			slog.Error("sweep", "err", err)
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// greet prints where the portal is and who can sign in.
func (h *house) greet(ctx context.Context, addr net.Addr) error {
	fmt.Printf("\nAnnals is ready at http://%s\n", addr)
	if h.config.Demo {
		fmt.Print(demo.Greeting())
		return nil
	}
	var people int64
	err := h.db.Read(ctx, db.Auth, func(tx *db.Tx) error {
		return tx.Raw("SELECT count(*) FROM users WHERE state = 'active'").Scan(&people).Error
	})
	if err == nil && people == 0 {
		fmt.Print("Nobody can sign in yet. Make the first administrator:\n  annals user create --email you@example.com --role admin --tenant / --password-stdin\n")
	}
	return err
}

type openAPICmd struct{}

// Run prints the API's document without a database: the portal's types are generated from it.
func (openAPICmd) Run() error {
	server, err := httpapi.New(httpapi.Deps{Ready: func() bool { return false }, Portal: frontend.Dist})
	if err != nil {
		return err
	}
	document, err := server.OpenAPI()
	if err == nil {
		fmt.Println(string(document))
	}
	return err
}

type coverageCmd struct{}

// Run prints docs/events.md.
func (coverageCmd) Run() error {
	c, err := catalog.Load("")
	if err == nil {
		fmt.Print(c.CoverageTable())
	}
	return err
}
