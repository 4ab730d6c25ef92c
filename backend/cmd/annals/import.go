package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/term"

	"annals/backend/audit"
	"annals/backend/config"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/tenant"
)

type importCmd struct {
	System        string `required:"" enum:"mor,sippy,sbc,alternet,safe" help:"mor, sippy, sbc, alternet or safe."`
	Source        string `help:"Name of the installation, as mor-eu-1; the system's name if not given."`
	Tenant        string `default:"/" help:"Path of the organization that the entries belong to."`
	CreateTenants bool   `help:"Create the sales organizations and dealers that the file names."`
	TimeZone      string `default:"UTC" help:"Zone of times without an offset, as Europe/Lisbon."`
	File          string `arg:"" help:"The export file."`
}

// Run imports the file. Rejected rows go to FILE.rejected.csv, which only its owner may read,
// because a row may hold a password.
func (c importCmd) Run(ctx context.Context, cfg config.Config) (err error) {
	location, err := time.LoadLocation(c.TimeZone)
	if err != nil || c.TimeZone == "Local" {
		return fault.New(fault.Invalid, "%q is not a time zone such as Europe/Lisbon.", c.TimeZone)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return fault.Wrap(fault.Invalid, err, "%v", err)
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fault.New(fault.Invalid, "%s is a folder. Give the export file in it.", c.File)
	}
	return within(ctx, cfg, func(h *house) error {
		root, err := h.root(ctx)
		if err != nil {
			return err
		}
		t, err := h.at(ctx, c.Tenant)
		if err != nil {
			return err
		}
		rejected := &rejectedFile{path: c.File + ".rejected.csv"}
		sealing, stop := context.WithCancel(ctx)
		defer stop()
		go h.sealer.Run(sealing)
		o := importer.Options{System: c.System, Source: c.Source, Scope: tenant.Of(root), Origin: audit.System("annals import"), Tenant: t,
			CreateTenants: c.CreateTenants, Location: location, FileName: filepath.Base(c.File)}
		if term.IsTerminal(int(os.Stderr.Fd())) {
			o.Progress = func(p importer.Progress) {
				fmt.Fprintf(os.Stderr, "\r%3d %%  %d rows, %d accepted, %d duplicates, %d rejected ", 100*p.Bytes/max(info.Size(), 1), p.Read, p.Accepted, p.Duplicates, p.Rejected)
			}
			defer fmt.Fprintln(os.Stderr)
		}
		result, err := importer.Run(ctx, h.db, h.log, o, file, rejected.add)
		err = errors.Join(err, rejected.close())
		fmt.Printf("accepted   %d\nduplicates %d\nrejected   %d\n", result.Accepted, result.Duplicates, result.Rejected)
		if err != nil {
			return err
		}
		if _, err := h.sealer.Drain(ctx); err != nil {
			return err
		}
		if result.Rejected > 0 {
			fmt.Printf("see        %s\n", rejected.path)
			return exit(exitRejected)
		}
		return nil
	})
}

// rejectedFile is made with the first rejected row.
type rejectedFile struct {
	path   string
	file   *os.File
	buffer *bufio.Writer
	csv    *csv.Writer
}

func (r *rejectedFile) add(line int64, reason string, raw []byte) (err error) {
	if r.file == nil {
		if r.file, err = os.OpenFile(r.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); err != nil {
			return err
		}
		r.buffer = bufio.NewWriter(r.file)
		r.csv = csv.NewWriter(r.buffer)
		if err := r.csv.Write([]string{"line", "reason", "row"}); err != nil {
			return err
		}
	}
	return r.csv.Write([]string{strconv.FormatInt(line, 10), reason, string(raw)})
}

func (r *rejectedFile) close() error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	return errors.Join(r.csv.Error(), r.buffer.Flush(), r.file.Close())
}
