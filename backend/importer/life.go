package importer

import (
	"maps"
	"slices"
	"strings"
	"time"

	"annals/backend/catalog"
	"annals/backend/db"
	"annals/backend/inventory"
)

// sign is what an entry tells of the life of the object that it is about.
type sign struct {
	at    time.Time
	ended bool
}

// signOf reads it: an object that is created, changed or restored is there, one that is deleted is not.
// An entry about another kind than its type's tells nothing: a file was removed, and not the server.
func signOf(c *catalog.Catalog, e entry) (s sign, ok bool) {
	o := e.event.Object
	if o == nil || o.Ref == 0 {
		return s, false
	}
	t, _ := c.Type(e.event.Type)
	if !strings.HasPrefix(t.Class, "object.") || t.Object != "" && t.Object != o.Kind {
		return s, false
	}
	return sign{e.event.OccurredAt, t.Class == "object.delete"}, true
}

// live marks the stubs that were deleted in their system by what a batch tells of them, the newest of
// it whatever the order of the file. Which lines of it are duplicates makes no difference.
func (o *owners) live(tx *db.Tx, entries []entry, refused map[int]bool) error {
	newest := map[int64]sign{}
	for i, e := range entries {
		s, ok := signOf(o.log.Catalog(), e)
		if !ok || refused[i] {
			continue
		}
		id := e.event.Object.Ref
		if before, ok := newest[id]; !ok || s.at.After(before.at) || s.ended && s.at.Equal(before.at) {
			newest[id] = s
		}
		// What an earlier batch told may not be sealed yet, so that it isn't found in the log.
		if !s.ended && s.at.After(o.seen[id]) {
			remember(o.seen, id, s.at)
		}
	}
	var ended, there []inventory.LifeSign
	for _, id := range slices.Sorted(maps.Keys(newest)) { // in one order everywhere: two imports may meet
		switch s := newest[id]; {
		case !s.ended:
			there = append(there, inventory.LifeSign{ID: id, At: s.at})
		case !o.seen[id].After(s.at):
			ended = append(ended, inventory.LifeSign{ID: id, At: s.at})
		}
	}
	return inventory.NoteLife(tx, ended, there)
}
