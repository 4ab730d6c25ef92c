package httpapi

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
)

// maxFileForm is a file of the largest size with the form around it.
const maxFileForm = inventory.MaxFileSize + 64<<10

// maxUploads is how many files are in memory at a time; uploadPatience is how long another one waits.
const (
	maxUploads     = 4
	uploadPatience = 10 * time.Second
)

type uploadIn struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true"`
	}]
}

// upload keeps a file that the attributes of a change may then name by its number.
func (s *Server) upload(ctx context.Context, in *uploadIn) (*body[inventory.File], error) {
	defer in.RawBody.Form.RemoveAll() //nolint:errcheck // a temporary file
	if err := onlyFields(in.RawBody.Form.Value); err != nil {
		return nil, err
	}
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	case <-time.After(uploadPatience):
		return nil, &fault.Fault{Kind: fault.TooMany, Detail: "Too many files are being uploaded at the moment. Try again soon.", RetryAfter: 10}
	}
	form := in.RawBody.Data()
	content, err := readForm(form.File, inventory.MaxFileSize)
	if err != nil {
		return nil, err
	}
	var f inventory.File
	err = s.change(ctx, func(tx *db.Tx, e inventory.Editor) error {
		f, err = e.Upload(tx, form.File.Filename, content)
		return err
	})
	return answer(f), err
}

// onlyFields refuses a form with other fields than these: one that is ignored may have been meant.
func onlyFields(sent map[string][]string, known ...string) error {
	for name := range sent {
		if !slices.Contains(known, name) {
			return fault.At("form."+name, "is not a field of this form")
		}
	}
	return nil
}

// readForm reads a file of a form, one byte further than it may be long, which is then refused.
func readForm(file huma.FormFile, limit int64) ([]byte, error) {
	defer file.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the upload: %w", err)
	}
	return content, nil
}

// download hands a file out as it came in: always to be saved, never to be shown by the browser. It
// goes out part by part, so that slow readers of large files cost no memory.
func (s *Server) download(ctx context.Context, in *ByID) (*huma.StreamResponse, error) {
	p := who(ctx)
	var f inventory.File
	err := s.read(ctx, func(tx *db.Tx) (err error) {
		f, err = inventory.FindFile(tx, p.Scope, p.Origin.Actor.UserID, in.ID)
		return err
	})
	if err != nil {
		return nil, s.denied(ctx, err, "file", in.ID)
	}
	name := mime.FormatMediaType("attachment", map[string]string{"filename": f.Name})
	return s.stream(ctx, "application/octet-stream", map[string]string{"Content-Disposition": name}, func(ctx context.Context, w *bufio.Writer) error {
		for sent := int64(0); sent < f.Size; {
			var part []byte
			err := s.DB.Read(ctx, p.Scope.Wall(), func(tx *db.Tx) (err error) {
				part, err = inventory.FilePart(tx, p.Scope, p.Origin.Actor.UserID, in.ID, sent)
				return err
			})
			if err != nil {
				return err
			}
			n, err := w.Write(part)
			if err != nil {
				return err
			}
			sent += int64(n)
		}
		return w.Flush()
	})
}
