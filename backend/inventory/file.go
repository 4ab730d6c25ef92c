package inventory

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// File is a file as the value of a field has it. Its content is one object's: whoever sees the
// object may fetch it, and each of the object's revisions keeps its own.
type File struct {
	Ref    int64  `json:"ref"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	SHA256 string `json:"sha256"` // in hexadecimal
}

// MaxFileSize is the most that a file may have, in bytes.
const MaxFileSize = catalog.MaxFileSize << 20

// maxFileName is the longest name of a file, in bytes, as most file systems have it.
const maxFileName = 255

// maxUnused is how many uploads of one person may wait.
const maxUnused = 100

// unusedFor is how long an upload waits for an object that refers to it.
const unusedFor = 24 * time.Hour

// Upload keeps a file for an object that its uploader is about to create or change: nobody else can
// use it, and it is gone after a day if no object refers to it.
func (e Editor) Upload(tx *db.Tx, name string, content []byte) (File, error) {
	if len(content) == 0 {
		return File{}, fault.At("body.file", "The file is empty.")
	}
	if len(content) > MaxFileSize {
		return File{}, fault.At("body.file", "The file has %d bytes; %d are allowed.", len(content), MaxFileSize)
	}
	home, err := tenant.Open(tx, e.Scope, e.Scope.TenantID)
	if err != nil {
		return File{}, err
	}
	var waiting int64
	err = tx.Raw("SELECT count(*) FROM files WHERE uploaded_by = ? AND object_id IS NULL", e.Origin.Actor.UserID).Scan(&waiting).Error
	if err != nil {
		return File{}, fmt.Errorf("count uploads: %w", err)
	}
	if waiting >= maxUnused {
		return File{}, fault.New(fault.Conflict, "%d files that you uploaded are in no object yet. Use them, or wait a day until they are gone.", waiting)
	}
	sum := sha256.Sum256(content)
	f := File{Name: FileName(name), Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])}
	err = tx.Raw(`INSERT INTO files (tenant_id, sales_org_id, dealer_id, reseller_id, name, size, sha256, content, uploaded_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, home.ID, home.SalesOrgID, orNil(home.DealerID), orNil(home.ResellerID),
		f.Name, f.Size, f.SHA256, content, e.Origin.Actor.UserID).Row().Scan(&f.Ref)
	if err != nil {
		return f, fmt.Errorf("keep an upload: %w", err)
	}
	return f, nil
}

// FileName is a file's name without what is no part of it: folders, control characters and the marks
// that make letters run backwards, which hide an ending.
func FileName(sent string) string {
	name := path.Base(strings.ReplaceAll(strings.ToValidUTF8(sent, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if end := path.Ext(name); len(name) > maxFileName {
		end = end[:min(len(end), 20)]
		name = strings.ToValidUTF8(name[:maxFileName-len(end)], "") + strings.ToValidUTF8(end, "")
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

// FindFile returns a file to whoever sees the object that has it; one that no object has yet, to its
// uploader only.
func FindFile(tx *db.Tx, s tenant.Scope, userID, id int64) (f File, err error) {
	err = findFile(tx, s, userID, id, "id, name, size, sha256", &f.Ref, &f.Name, &f.Size, &f.SHA256)
	return f, err
}

// filePart is how much of a file is read at once, in bytes.
const filePart = 256 << 10

// FilePart returns the bytes of a file that follow an offset, to whom FindFile returns it; behind the
// end none.
func FilePart(tx *db.Tx, s tenant.Scope, userID, id, offset int64) (part []byte, err error) {
	err = findFile(tx, s, userID, id, fmt.Sprintf("substring(content FROM %d FOR %d)", offset+1, filePart), &part)
	return part, err
}

func findFile(tx *db.Tx, s tenant.Scope, userID, id int64, columns string, into ...any) error {
	where, args := s.Owned("f")
	err := tx.Raw("SELECT "+columns+" FROM files f WHERE id = ? AND (object_id IS NOT NULL OR uploaded_by = NULLIF(?, 0)) AND "+where,
		append([]any{id, userID}, args...)...).Row().Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Absent()
	}
	return err
}

// parseFile finds the upload that is meant, by its id, and returns the value in the form in which
// stored values are read back, so that the two compare.
func (e Editor) parseFile(tx *db.Tx, field catalog.Field, sent any) (any, error) {
	if m, ok := sent.(map[string]any); ok {
		sent = m["ref"] // a client may send back what it got
	}
	id, err := strconv.ParseInt(digits(sent), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("must be the id of an upload")
	}
	f, err := FindFile(tx, e.Scope, e.Origin.Actor.UserID, id)
	if fault.Is(err, fault.NotFound) {
		return nil, fmt.Errorf("refers to the upload %d, which isn't there; upload the file again", id)
	}
	if err != nil {
		return nil, fmt.Errorf("find upload: %w", err)
	}
	if f.Size > field.MaxSize<<20 {
		return nil, fmt.Errorf("has %d bytes; %d MiB are allowed", f.Size, field.MaxSize)
	}
	if name := strings.ToLower(f.Name); len(field.Accept) > 0 && !slices.ContainsFunc(field.Accept, func(end string) bool { return strings.HasSuffix(name, end) }) {
		return nil, fmt.Errorf("must be a file whose name ends with %s", strings.Join(field.Accept, " or "))
	}
	return f.value()
}

func (f File) value() (any, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	values, err := decode(raw)
	return map[string]any(values), err
}

// takeFiles makes the files that a step puts into an object the object's own. A file is one object's,
// and seen by whoever sees that.
func takeFiles(tx *db.Tx, s step) error {
	take := func(f catalog.Field, v any) error {
		m, ok := v.(map[string]any)
		if f.Type != "file" || !ok {
			return nil
		}
		o := s.after
		done := tx.Exec(`UPDATE files SET object_id = ?, tenant_id = ?, sales_org_id = ?, dealer_id = ?, reseller_id = ?
			WHERE id = ?::bigint AND (object_id IS NULL OR object_id = ?)`, o.ID, o.TenantID, o.SalesOrgID, o.DealerID, o.ResellerID, fmt.Sprint(m["ref"]), o.ID)
		if done.Error != nil {
			return fmt.Errorf("take file: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return fault.At("body.attributes."+f.Name, "%s is another object's already; upload the file again", f.Label)
		}
		return nil
	}
	for _, c := range s.changes {
		if err := take(c.field, c.new); err != nil {
			return err
		}
	}
	for _, f := range s.action.Input {
		if err := take(f, s.input[f.Name]); err != nil {
			return err
		}
	}
	return nil
}

// showFile is a file as an entry keeps it; ok is false for any other value.
func showFile(v any) (text string, ok bool) {
	m, ok := v.(map[string]any)
	if !ok || m["sha256"] == nil {
		return "", false
	}
	return fmt.Sprintf("%v (%v bytes, SHA-256 %v)", m["name"], m["size"], m["sha256"]), true
}

// SweepFiles removes uploads that no object has referred to for a day.
func SweepFiles(ctx context.Context, d *db.DB) error {
	err := d.Write(ctx, db.Root, func(tx *db.Tx) error {
		return tx.Exec("DELETE FROM files WHERE object_id IS NULL AND uploaded_at < ?", tx.NowFunc().Add(-unusedFor)).Error
	})
	if err != nil {
		return fmt.Errorf("sweep uploads: %w", err)
	}
	return nil
}
