package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"annals/backend/bulk"
	"annals/backend/db"
	"annals/backend/inventory"
)

// maxBulkForm is a file of the largest size with the form around it.
const maxBulkForm = bulk.MaxBytes + 64<<10

type bulkJSON struct {
	ID         int64      `json:"id"`
	Kind       string     `json:"kind"`
	TenantID   int64      `json:"tenantId" doc:"Whose the new objects become"`
	TenantPath string     `json:"tenantPath"`
	WithinID   *int64     `json:"withinId" nullable:"true" doc:"The object that all lines belong to"`
	WithinName string     `json:"withinName"`
	Match      string     `json:"match" enum:"id,name"`
	ExpertMode bool       `json:"expertMode"`
	FileName   string     `json:"fileName"`
	SHA256     string     `json:"sha256"`
	ImportFile string     `json:"importFile" doc:"What the entries of its lines call the file"`
	State      string     `json:"state" enum:"checking,ready,applying,done,failed,discarded"`
	Lines      int64      `json:"lines"`
	Progress   int64      `json:"progress" doc:"Lines that the present step has done"`
	Creates    int64      `json:"creates"`
	Changes    int64      `json:"changes"`
	Same       int64      `json:"same"`
	Bad        int64      `json:"bad"`
	Error      string     `json:"error"`
	CreatedBy  string     `json:"createdBy" doc:"Of somebody above the viewer the level only"`
	CreatedAt  timestamp  `json:"createdAt"`
	FinishedAt *timestamp `json:"finishedAt" nullable:"true"`
}

func bulkOf(c bulk.Change) bulkJSON {
	return bulkJSON{ID: c.ID, Kind: c.Kind, TenantID: c.TargetID, TenantPath: c.TargetPath, WithinID: c.WithinID, WithinName: c.WithinName, Match: c.Matching,
		ExpertMode: c.ExpertMode, FileName: c.FileName, SHA256: c.FileSHA256, ImportFile: c.ImportFile(), State: c.State, Lines: c.Lines, Progress: c.Progress,
		Creates: c.Creates, Changes: c.Changes, Same: c.Same, Bad: c.Bad, Error: c.Error, CreatedBy: c.CreatedBy, CreatedAt: timestamp(c.CreatedAt), FinishedAt: optional(c.FinishedAt)}
}

type startBulkIn struct {
	Kind    string `path:"kind" maxLength:"200"`
	RawBody huma.MultipartFormFiles[struct {
		File       huma.FormFile `form:"file" required:"true"`
		TenantID   int64         `form:"tenantId" required:"false" minimum:"1"`
		WithinID   int64         `form:"withinId" required:"false" minimum:"1"`
		Match      string        `form:"match" required:"false" enum:"id,name"`
		ExpertMode bool          `form:"expertMode" required:"false"`
	}]
}

// startBulk reads the file at once, so that a wrong header is told at once; its lines are checked
// after the answer.
func (s *Server) startBulk(ctx context.Context, in *startBulkIn) (*body[started], error) {
	defer in.RawBody.Form.RemoveAll() //nolint:errcheck // a temporary file
	if err := onlyFields(in.RawBody.Form.Value, "tenantId", "withinId", "match", "expertMode"); err != nil {
		return nil, err
	}
	leave, err := s.bulk.enter(home(who(ctx)).SalesOrgID, "bulk changes") // before the file is in memory
	if err != nil {
		return nil, err
	}
	form := in.RawBody.Data()
	content, err := readForm(form.File, bulk.MaxBytes)
	if err != nil {
		leave()
		return nil, err
	}
	r := bulk.Request{Kind: in.Kind, TenantID: form.TenantID, WithinID: form.WithinID, Matching: form.Match, ExpertMode: form.ExpertMode, FileName: form.File.Filename}
	if r.Matching == "" {
		r.Matching = bulk.ByID
	}
	var preview *bulk.Preview
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		preview, err = bulk.Prepare(tx, e, r, content)
		return err
	})
	if err != nil {
		leave()
		return nil, s.denied(ctx, err, "tenant", form.TenantID)
	}
	e := s.editor(ctx)
	s.bulk.run(leave, func() { preview.Check(s.bulk.ctx, s.DB, e) })
	return answer(started{preview.ID}), nil
}

type searchBulkIn struct {
	Kind   string `query:"kind" maxLength:"200" doc:"As mor.rate"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64  `query:"cursor" minimum:"1"`
}

func (s *Server) searchBulk(ctx context.Context, in *searchBulkIn) (*body[list[bulkJSON]], error) {
	out := list[bulkJSON]{Items: []bulkJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := bulk.Search(tx, who(ctx).Scope, in.Kind, in.Cursor, in.Limit+1)
		found, out.Next = page(found, in.Limit, func(c bulk.Change) int64 { return c.ID })
		for _, c := range found {
			out.Items = append(out.Items, bulkOf(c))
		}
		return err
	})
	return answer(out), err
}

func (s *Server) bulkChange(ctx context.Context, in *ByID) (*body[bulkJSON], error) {
	var c bulk.Change
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		c, err = bulk.Find(tx, who(ctx).Scope, in.ID)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "bulk_change", in.ID)
	}
	return answer(bulkOf(c)), nil
}

type bulkLineJSON struct {
	N        int64                  `json:"n"`
	Line     int64                  `json:"line" doc:"Where the row begins in the file"`
	State    string                 `json:"state" enum:"create,change,same,bad"`
	ObjectID *int64                 `json:"objectId" nullable:"true"`
	Name     string                 `json:"name"`
	Column   string                 `json:"column" doc:"The field that is wrong, where it is one"`
	Reason   string                 `json:"reason" doc:"Why the line is bad"`
	Changes  []inventory.Difference `json:"changes"`
}

type bulkLinesIn struct {
	ByID
	State  string `query:"state" enum:"create,change,same,bad"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor int64  `query:"cursor" minimum:"1"`
}

func (s *Server) bulkLines(ctx context.Context, in *bulkLinesIn) (*body[list[bulkLineJSON]], error) {
	out := list[bulkLineJSON]{Items: []bulkLineJSON{}}
	err := s.read(ctx, func(tx *db.Tx) error {
		found, err := bulk.Lines(tx, who(ctx).Scope, in.ID, in.State, in.Cursor, in.Limit+1)
		found, out.Next = page(found, in.Limit, func(l bulk.Line) int64 { return l.N })
		for _, l := range found {
			out.Items = append(out.Items, bulkLineJSON{N: l.N, Line: l.Line, State: l.State, ObjectID: l.ObjectID, Name: l.Name, Column: l.Wrong, Reason: l.Reason, Changes: l.Changes})
		}
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "bulk_change", in.ID)
	}
	return answer(out), nil
}

type applyBulkIn struct {
	ByID
	Body struct{ Said }
}

func (s *Server) applyBulk(ctx context.Context, in *applyBulkIn) (*body[started], error) {
	leave, err := s.bulk.enter(home(who(ctx)).SalesOrgID, "bulk changes")
	if err != nil {
		return nil, err
	}
	why := bulk.Why(in.Body.Said)
	var c bulk.Change
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) (err error) {
		c, err = bulk.Begin(tx, e, in.ID, why)
		return err
	})
	if err != nil {
		leave()
		return nil, s.denied(ctx, err, "bulk_change", in.ID)
	}
	e := s.editor(ctx)
	s.bulk.run(leave, func() { bulk.Apply(s.bulk.ctx, s.DB, e, c, why) })
	return answer(started{c.ID}), nil
}

func (s *Server) discardBulk(ctx context.Context, in *ByID) (*nothing, error) {
	err := s.write(ctx, func(tx *db.Tx) error { return bulk.Discard(tx, who(ctx).Scope, in.ID) })
	if err != nil {
		return nil, s.denied(ctx, err, "bulk_change", in.ID)
	}
	return &nothing{}, nil
}
