package httpapi

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"mime/multipart"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"gorm.io/gorm"

	"annals/backend/auth"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/importer"
	"annals/backend/tenant"
)

// imports runs imports that came by HTTP. When they are stopped, every batch that was acknowledged is
// committed, and importing the file again adds the rest.
type imports struct {
	server *Server
	*background
}

func newImports(s *Server) *imports { return &imports{s, newBackground()} }

type importJSON struct {
	ID         int64      `json:"id"`
	System     string     `json:"system"`
	Source     string     `json:"source"`
	FileName   string     `json:"fileName"`
	TenantPath string     `json:"tenantPath"`
	State      string     `json:"state" enum:"running,done,failed"`
	Read       int64      `json:"read"`
	Accepted   int64      `json:"accepted"`
	Duplicates int64      `json:"duplicates"`
	Rejected   int64      `json:"rejected"`
	Error      string     `json:"error"`
	CreatedBy  string     `json:"createdBy" doc:"Of somebody above the viewer the level only"`
	Level      string     `json:"-" gorm:"column:created_level"`
	StartedAt  timestamp  `json:"startedAt"`
	FinishedAt *timestamp `json:"finishedAt" nullable:"true"`
}

// selectImports: one that has not gone on for five minutes was cut off with its server.
const selectImports = `SELECT i.*, t.path AS tenant_path,
	CASE WHEN i.state = 'running' AND i.progressed_at < now() - interval '5 minutes' THEN 'failed' ELSE i.state END AS state,
	CASE WHEN i.state = 'running' AND i.progressed_at < now() - interval '5 minutes'
		THEN 'The server ended meanwhile. What was taken is kept; import the file again for the rest.' ELSE i.error END AS error
	FROM imports i JOIN tenants t ON t.id = i.tenant_id WHERE `

type listImportsIn struct {
	Limit  int   `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64 `query:"cursor" minimum:"1"`
}

func (s *Server) listImports(ctx context.Context, in *listImportsIn) (*body[list[importJSON]], error) {
	out := list[importJSON]{Items: []importJSON{}}
	where, args := who(ctx).Scope.Owned("i")
	err := s.read(ctx, func(tx *db.Tx) error {
		args = append(args, in.Cursor, in.Cursor, in.Limit+1)
		return tx.Raw(selectImports+where+" AND (? = 0 OR i.id < ?) ORDER BY i.id DESC LIMIT ?", args...).Scan(&out.Items).Error
	})
	out.Items, out.Next = page(out.Items, in.Limit, func(i importJSON) int64 { return i.ID })
	for i := range out.Items {
		out.Items[i].hide(who(ctx).Scope)
	}
	return answer(out), err
}

func (i *importJSON) hide(s tenant.Scope) { i.CreatedBy = s.Shown(i.CreatedBy, tenant.Level(i.Level)) }

func (s *Server) findImport(ctx context.Context, id int64) (out importJSON, err error) {
	where, args := who(ctx).Scope.Owned("i")
	err = s.read(ctx, func(tx *db.Tx) error {
		return tx.Raw(selectImports+where+" AND i.id = ?", append(args, id)...).Take(&out).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = s.denied(ctx, fault.Absent(), "import", id)
	}
	out.hide(who(ctx).Scope)
	return out, err
}

func (s *Server) importProgress(ctx context.Context, in *ByID) (*body[importJSON], error) {
	out, err := s.findImport(ctx, in.ID)
	return answer(out), err
}

type fileOut struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (s *Server) importRejects(ctx context.Context, in *ByID) (*fileOut, error) {
	imported, err := s.findImport(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write([]string{"line", "reason"}); err != nil {
		return nil, err
	}
	err = s.read(ctx, func(tx *db.Tx) error {
		type reject struct {
			Line   int64
			Reason string
		}
		return db.Stream(tx, func(r reject) error {
			return w.Write([]string{strconv.FormatInt(r.Line, 10), neutral(r.Reason)})
		}, "SELECT line, reason FROM import_rejects WHERE import_id = ? ORDER BY n", in.ID)
	})
	if err != nil {
		return nil, err
	}
	w.Flush()
	name := strings.NewReplacer(`"`, "", "\r", "", "\n", "").Replace(imported.FileName)
	return &fileOut{ContentType: "text/csv; charset=utf-8", ContentDisposition: fmt.Sprintf("attachment; filename=%q", name+".rejected.csv"), Body: b.Bytes()}, w.Error()
}

type startImportIn struct {
	RawBody huma.MultipartFormFiles[struct {
		File          huma.FormFile `form:"file" required:"true"`
		System        string        `form:"system" required:"true" enum:"mor,sippy,sbc,alternet,safe"`
		Source        string        `form:"source" required:"false" maxLength:"200"`
		Tenant        string        `form:"tenant" required:"false" maxLength:"2000"` // path or id
		TimeZone      string        `form:"timeZone" required:"false" maxLength:"100"`
		CreateTenants bool          `form:"createTenants" required:"false"`
	}]
}

type started struct {
	ID int64 `json:"id"`
}

func (s *Server) startImport(ctx context.Context, in *startImportIn) (*body[started], error) {
	form := in.RawBody.Data()
	if err := onlyFields(in.RawBody.Form.Value, "system", "source", "tenant", "timeZone", "createTenants"); err != nil {
		return nil, err
	}
	p := who(ctx)
	o := importer.Options{System: form.System, Source: form.Source, Scope: p.Scope, Origin: p.Origin, CreateTenants: form.CreateTenants, FileName: form.File.Filename, Location: time.UTC}
	if form.TimeZone != "" {
		location, err := time.LoadLocation(form.TimeZone)
		if err != nil || form.TimeZone == "Local" {
			return nil, fault.At("body.timeZone", "%q is not a time zone such as Europe/Lisbon.", form.TimeZone)
		}
		o.Location = location
	}
	if o.Source == "" {
		o.Source = o.System
	}
	id, errID := strconv.ParseInt(form.Tenant, 10, 64)
	if form.Tenant == "" {
		id, errID = p.Scope.TenantID, nil
	}
	leave, err := s.imports.enter(home(p).SalesOrgID, "imports")
	if err != nil {
		return nil, err
	}
	out := importJSON{System: o.System, Source: o.Source, FileName: truncate(o.FileName, 300), State: "running", CreatedBy: p.Origin.Actor.Name}
	err = s.DB.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) (err error) {
		if errID != nil {
			if o.Tenant, err = tenant.FindByPath(tx, p.Scope, form.Tenant); err != nil {
				return err
			}
			id = o.Tenant.ID
		}
		if o.Tenant, err = tenant.Open(tx, p.Scope, id); err != nil {
			return err
		}
		return tx.Raw(`INSERT INTO imports (tenant_id, sales_org_id, dealer_id, reseller_id, system, source, file_name, state, created_by, created_level)
			VALUES (?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0), ?, ?, ?, 'running', ?, ?) RETURNING id`,
			o.Tenant.ID, o.Tenant.SalesOrgID, o.Tenant.DealerID, o.Tenant.ResellerID, out.System, out.Source, out.FileName, out.CreatedBy, p.Origin.Actor.Level).Scan(&out.ID).Error
	})
	if err != nil {
		leave()
		return nil, s.denied(ctx, err, "tenant", id)
	}
	s.imports.start(p, leave, out.ID, o, form.File, in.RawBody.Form)
	return answer(started{out.ID}), nil
}

// start runs an import behind the principal's wall. The form's file lies on disk until it is done.
func (i *imports) start(p auth.Principal, leave func(), id int64, o importer.Options, file huma.FormFile, form *multipart.Form) {
	i.run(leave, func() {
		s := i.server
		defer form.RemoveAll() //nolint:errcheck // a temporary file
		defer file.Close()     //nolint:errcheck // only read
		save := func(ctx context.Context, state, message string, r importer.Result) {
			err := s.DB.Write(ctx, p.Scope.Wall(), func(tx *db.Tx) error {
				return tx.Exec(`UPDATE imports SET state = ?, error = ?, read = ?, accepted = ?, duplicates = ?, rejected = ?, progressed_at = now(),
					finished_at = CASE WHEN ? = 'running' THEN NULL ELSE now() END WHERE id = ?`,
					state, message, r.Read, r.Accepted, r.Duplicates, r.Rejected, state, id).Error
			})
			if err != nil {
				slog.Error("save the progress of an import", "import", id, "err", err)
			}
		}
		var lines []int64
		var reasons []string
		var kept int64
		flush := func() error {
			if len(lines) == 0 {
				return nil
			}
			err := s.DB.Write(i.ctx, p.Scope.Wall(), func(tx *db.Tx) error {
				return tx.Exec(`INSERT INTO import_rejects (import_id, n, line, reason) SELECT $1, $2 + r.n, r.line, r.reason
					FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS r (line, reason, n)`, id, kept, lines, reasons).Error
			})
			kept += int64(len(lines))
			lines, reasons = lines[:0], reasons[:0]
			return err
		}
		reject := func(line int64, reason string, _ []byte) error {
			lines, reasons = append(lines, line), append(reasons, reason)
			if len(lines) < 1000 {
				return nil
			}
			return flush()
		}
		last := time.Now()
		o.Progress = func(at importer.Progress) {
			if time.Since(last) > time.Second {
				last = time.Now()
				save(i.ctx, "running", "", at.Result)
			}
		}
		result, err := importer.Run(i.ctx, s.DB, s.Log, o, file, reject)
		err = errors.Join(err, flush())
		state, message := "done", ""
		if err != nil {
			state, message = "failed", "The import broke off. What was taken is kept; import the file again for the rest."
			if f := fault.Of(err); f != nil {
				message = f.Detail
			} else {
				slog.Error("import", "import", id, "err", err)
			}
		}
		ending, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		save(ending, state, message, result)
	})
}
