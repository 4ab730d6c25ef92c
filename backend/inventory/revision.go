package inventory

import (
	"encoding/json"
	"errors"
	"time"

	"gorm.io/gorm"

	"annals/backend/db"
	"annals/backend/fault"
	"annals/backend/tenant"
)

// Revision is what an object was after one of its changes.
type Revision struct {
	ObjectID   int64
	Revision   int64
	Action     string
	Name       string
	State      string
	Attributes json.RawMessage
	Deleted    bool
	Reason     string
	Commentary string
	ActorName  string
	ActorLevel tenant.Level
	MadeAt     time.Time

	BehalfName  string // on whose behalf, "" for nobody's
	BehalfLevel tenant.Level

	ActorStrange  bool // somebody out of the viewer's scope, as whoever managed the object before it moved
	BehalfStrange bool
}

// selectRevision reads revisions as somebody of a scope sees them.
func selectRevision(s tenant.Scope) (query string, args []any) {
	people, args := s.Owned("u")
	strange := func(id string) string {
		return id + " IS NOT NULL AND NOT EXISTS (SELECT FROM users u WHERE u.id = " + id + " AND " + people + ")"
	}
	return "SELECT r.*, " + strange("r.actor_user_id") + " AS actor_strange, " + strange("r.behalf_user_id") + " AS behalf_strange FROM object_revisions r WHERE ",
		append(args, args...)
}

// Revisions returns those of an object of the scope, newest first, below the one where the last page
// ended (0: from the top). Who stands outside of the scope has no name.
func Revisions(tx *db.Tx, s tenant.Scope, kind string, id, below int64, limit int) ([]Revision, error) {
	if _, err := Find(tx, s, kind, id); err != nil {
		return nil, err
	}
	var out []Revision
	query, args := selectRevision(s)
	err := tx.Raw(query+"object_id = ? AND (? = 0 OR revision < ?) ORDER BY revision DESC LIMIT ?", append(args, id, below, below, limit)...).Scan(&out).Error
	for i := range out {
		out[i].hide(s)
	}
	return out, err
}

// FindRevision returns what an object was at a revision, if that lies in the scope.
func FindRevision(tx *db.Tx, s tenant.Scope, id, revision int64) (r Revision, err error) {
	query, args := selectRevision(s)
	where, own := s.Owned("r")
	err = tx.Raw(query+"object_id = ? AND revision = ? AND "+where, append(append(args, id, revision), own...)...).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, fault.Absent()
	}
	r.hide(s)
	return r, err
}

// hide takes the names of those who stand above the viewer, or elsewhere.
func (r *Revision) hide(s tenant.Scope) {
	r.ActorName = s.Shown(r.ActorName, r.ActorLevel)
	r.BehalfName = s.Shown(r.BehalfName, r.BehalfLevel)
	if r.ActorStrange {
		r.ActorName = r.ActorLevel.Label()
	}
	if r.BehalfStrange {
		r.BehalfName = r.BehalfLevel.Label()
	}
}

func findRevision(tx *db.Tx, id, revision int64) (r Revision, err error) {
	err = tx.Raw("SELECT * FROM object_revisions WHERE object_id = ? AND revision = ?", id, revision).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return r, fault.At("body.revision", "There is no revision %d.", revision)
	}
	return r, err
}
