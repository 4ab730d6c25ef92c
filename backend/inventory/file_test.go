package inventory_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

func TestAFileIsOneObjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	const kind = "sbc.coordinate_system_file"
	create := func(s tenant.Scope, owner tenant.Tenant, user int64, file any) (o inventory.Object, err error) {
		err = h.edit(s, func(tx *db.Tx, e inventory.Editor) error {
			e.Origin.Actor.UserID = user
			o, err = e.CreateObject(tx, kind, inventory.Draft{TenantID: owner.ID, Attributes: map[string]any{"file": file}})
			return err
		})
		return o, err
	}
	north, south := h.tenant(h.root, "North"), h.tenant(h.root, "South")
	upload := l.upload("utm32.csd")
	if _, err := create(tenant.Of(north), north, 7, upload); fault.Of(err) == nil {
		t.Errorf("an upload of the platform's was used by an organization: %v", err)
	}
	if _, err := create(tenant.Of(h.root), h.root, 77, upload); fault.Of(err) == nil {
		t.Errorf("somebody else's upload was used: %v", err)
	}
	o, err := create(tenant.Of(h.root), north, 7, upload)
	h.must(err)
	if o.Name != "utm32.csd" {
		t.Errorf("the object is called %q", o.Name)
	}
	if _, err := create(tenant.Of(h.root), south, 7, upload); fault.Of(err) == nil || !strings.Contains(err.Error(), "another object's") {
		t.Errorf("one file was given to two objects: %v", err)
	}
	find := func(s tenant.Scope, user int64) (content []byte, err error) {
		err = h.db.Read(t.Context(), s.Wall(), func(tx *db.Tx) error {
			content, err = inventory.FilePart(tx, s, user, upload, 0)
			return err
		})
		return content, err
	}
	if content, err := find(tenant.Of(north), 5); err != nil || string(content) != "utm32.csd" {
		t.Errorf("who sees the object does not get its file: %q %v", content, err)
	}
	if _, err := find(tenant.Of(south), 0); !fault.Is(err, fault.NotFound) {
		t.Errorf("another organization gets the file: %v", err)
	}
	// What a client sends back is no change; another file is one, and the entry says which.
	_, seen := l.since(0)
	update := func(file any) {
		t.Helper()
		h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
			e.Origin = ana
			o, err = e.UpdateObject(tx, kind, o.ID, o.Revision, inventory.Draft{Attributes: map[string]any{"file": file}})
			return err
		}))
	}
	update(attributesOf(o)["file"])
	if o.Revision != 1 {
		t.Errorf("the same file was a change: revision %d", o.Revision)
	}
	second := l.upload("utm33.csd")
	update(second)
	entries, _ := l.since(seen)
	if len(entries) != 1 || len(entries[0].Changes) != 1 {
		t.Fatalf("entries: %+v", entries)
	}
	c := entries[0].Changes[0]
	if !strings.HasPrefix(fmt.Sprint(c.Old), "utm32.csd (9 bytes, SHA-256 ") || !strings.HasPrefix(fmt.Sprint(c.New), "utm33.csd (9 bytes, SHA-256 ") {
		t.Errorf("the entry says %v -> %v", c.Old, c.New)
	}
	if entries[0].LinkedTo != nil {
		t.Errorf("the file is taken for an object: %+v", entries[0].LinkedTo)
	}
	// The first revision keeps its file, and can be gone back to.
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) (err error) {
		o, err = e.RestoreObject(tx, kind, o.ID, o.Revision, 1, inventory.Draft{})
		return err
	}))
	if content, err := find(tenant.Of(north), 5); err != nil || string(content) != "utm32.csd" || !strings.Contains(string(o.Attributes), "utm32.csd") {
		t.Errorf("restored as %s with %q, %v", o.Attributes, content, err)
	}
}

func TestUploadsHaveALimitAndAnEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	l := newLife(h)
	for size, ok := range map[int]bool{0: false, 1: true, inventory.MaxFileSize: true, inventory.MaxFileSize + 1: false} {
		err := h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
			_, err := e.Upload(tx, "f", bytes.Repeat([]byte{7}, size))
			return err
		})
		if f := fault.Of(err); ok != (err == nil) || !ok && (f == nil || f.Fields[0].Location != "body.file") {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if err := h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		e.Origin = ana
		_, err := e.CreateObject(tx, "sbc.antex_file", inventory.Draft{Attributes: map[string]any{"file": l.upload("igs20.exe")}})
		return err
	}); fault.Of(err) == nil || !strings.Contains(err.Error(), "ends with .atx") {
		t.Errorf("an .exe as ANTEX: %v", err)
	}
	used, unused := l.upload("used.atx"), l.upload("unused.atx")
	h.must(h.edit(tenant.Of(h.root), func(tx *db.Tx, e inventory.Editor) error {
		e.Origin = ana
		_, err := e.CreateObject(tx, "sbc.antex_file", inventory.Draft{Attributes: map[string]any{"file": used}})
		return err
	}))
	for _, age := range []struct {
		time.Duration
		left int
	}{{24*time.Hour - time.Minute, 2}, {24*time.Hour + time.Minute, 1}} {
		h.must(h.db.Write(t.Context(), db.Root, func(tx *db.Tx) error {
			return tx.Exec("UPDATE files SET uploaded_at = ? WHERE id IN (?, ?)", time.Now().Add(-age.Duration), used, unused).Error
		}))
		h.must(inventory.SweepFiles(t.Context(), h.db))
		var left int
		h.must(h.db.Read(t.Context(), db.Root, func(tx *db.Tx) error {
			return tx.Raw("SELECT count(*) FROM files WHERE id IN (?, ?)", used, unused).Scan(&left).Error
		}))
		if left != age.left {
			t.Errorf("after %s %d are left, want %d", age.Duration, left, age.left)
		}
	}
}

func TestSomebodyMayLeaveOnlySoManyUploadsUnused(t *testing.T) {
	t.Parallel()
	l := newLife(newHouse(t))
	for range 100 {
		l.upload("f")
	}
	err := l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) error {
		e.Origin = ana
		_, err := e.Upload(tx, "f", []byte("f"))
		return err
	})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("the 101st: %v", err)
	}
	l.must(l.edit(tenant.Of(l.root), func(tx *db.Tx, e inventory.Editor) error { // somebody else
		_, err := e.Upload(tx, "f", []byte("f"))
		return err
	}))
}

func TestAFilesNameIsOnlyAName(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"igs20.atx": "igs20.atx", "/etc/passwd": "passwd", `C:\Users\ana\tariff.csv`: "tariff.csv", "../..": "file", "": "file", "a\r\nb.txt": "ab.txt",
		"invoice\u202Efdp.exe": "invoicefdp.exe", "Größe 北京.csv": "Größe 北京.csv", "\xff.csv": "csv", " .hidden ": "hidden",
		strings.Repeat("ä", 200) + ".atx": strings.Repeat("ä", 125) + ".atx",
	} {
		if got := inventory.FileName(sent); got != want {
			t.Errorf("%q: got %q, want %q", sent, got, want)
		}
	}
}
