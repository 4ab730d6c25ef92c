package job

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"annals/backend/db"
	"annals/backend/inventory"
)

// backupLimit is the longest that a backup may take.
const backupLimit = 10 * time.Minute

// maxBackups is how many files of one organization the folder takes: who may ask for one must not fill
// the disk that the log is on.
const maxBackups = 20

// What can be backed up: the values of the catalogue's field.
const (
	contentObjects   = "objects"
	contentRevisions = "objects and revisions"
)

// backup writes what an organization has as compressed lines of JSON into a folder of the server.
type backup struct {
	db  *db.DB
	dir string
}

func (b backup) do(ctx context.Context, w inventory.Work) (inventory.Attributes, error) {
	said := inventory.Attributes{"return_value": 1} // MOR's: 0 success, 1 error
	content := w.With["content"]
	if content != contentObjects && content != contentRevisions {
		return said, fmt.Errorf("%q can't be backed up; %q and %q can", content, contentObjects, contentRevisions)
	}
	const ending = ".ndjson.gz"
	whose := fmt.Sprintf("backup-%d-", w.Object.TenantID)
	there, err := filepath.Glob(filepath.Join(b.dir, whose+"*"+ending))
	if err != nil {
		return said, cause(err)
	}
	if len(there) >= maxBackups {
		return said, fmt.Errorf("%d backups of this organization are on the server, which takes no more until its operator has moved some", len(there))
	}
	name := whose + w.ID.String() + ending
	written, err := b.write(ctx, w, name, content == contentRevisions)
	if err != nil {
		return said, cause(err)
	}
	return inventory.Attributes{"return_value": 0, "file": name, "size": written.size, "sha256": written.sum,
		"result": fmt.Sprintf("%d objects and %d revisions in %d bytes", written.objects, written.revisions, written.size)}, nil
}

// file says what was written.
type file struct {
	objects, revisions, size int64
	sum                      string
}

// write makes the file whole or not at all. Each attempt has an unfinished file of its own, and takes
// away those of the attempts before.
func (b backup) write(ctx context.Context, w inventory.Work, name string, revisions bool) (_ file, err error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return file{}, err
	}
	old, err := filepath.Glob(filepath.Join(b.dir, "."+name+".*"))
	if err != nil {
		return file{}, err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return file{}, err
		}
	}
	unfinished := filepath.Join(b.dir, fmt.Sprintf(".%s.%d", name, w.Attempt))
	f, err := os.OpenFile(unfinished, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return file{}, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(unfinished))
		}
	}()
	sum, size := sha256.New(), new(counter)
	written, err := b.lines(ctx, w, bufio.NewWriter(io.MultiWriter(f, sum, size)), revisions)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return file{}, err
	}
	written.size, written.sum = int64(*size), hex.EncodeToString(sum.Sum(nil))
	return written, os.Rename(unfinished, filepath.Join(b.dir, name))
}

// lines writes what the object's own tenant has, as it was at one moment: what the file is first, then
// the rows as their tables have them, then how many there are.
func (b backup) lines(ctx context.Context, w inventory.Work, to *bufio.Writer, revisions bool) (n file, err error) {
	packed := gzip.NewWriter(to)
	out := json.NewEncoder(packed)
	head := map[string]any{"backup": w.ID, "of": w.Object.TenantPath, "at": time.Now().UTC(), "content": w.With["content"]}
	if err := out.Encode(head); err != nil {
		return n, err
	}
	err = b.db.Read(ctx, w.Scope.Wall(), func(tx *db.Tx) error {
		count := func(table string, into *int64) error {
			return inventory.EachRow(tx, w.Scope, table, func(row json.RawMessage) error {
				*into++
				return out.Encode(map[string]json.RawMessage{table: row})
			})
		}
		if err := count("objects", &n.objects); err != nil || !revisions {
			return err
		}
		return count("object_revisions", &n.revisions)
	})
	if err != nil {
		return n, err
	}
	if err := out.Encode(map[string]any{"objects": n.objects, "object_revisions": n.revisions}); err != nil {
		return n, err
	}
	return n, errors.Join(packed.Close(), to.Flush())
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
