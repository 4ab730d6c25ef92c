package importer_test

import (
	"strings"
	"testing"

	"annals/backend/importer"
)

// The edit option is there for all logged events except if the related object has been deleted.
func TestWhatWasDeletedInItsSystemIsDeletedHere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	row := func(day, event, object, description string) string {
		return "2024-10-" + day + "T07:00:00Z,mia,User," + event + "," + object + "," + description + ",,\n"
	}
	created, deleted := "New user account has been created", "User has been deleted"
	gone := func() (names []string) {
		rows, err := h.owner.Query("SELECT name FROM objects WHERE deleted_at IS NOT NULL ORDER BY name")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		return names
	}
	for i, step := range []struct{ rows, want string }{
		{row("01", "Creation", "User 1", created) + row("02", "Deletion", "User 1", deleted), "User 1"},
		{row("04", "Deletion", "User 2", deleted) + row("03", "Creation", "User 2", created), "User 1, User 2"},                   // the newest first
		{row("06", "Creation", "User 3", created) + row("05", "Deletion", "User 3", deleted), "User 1, User 2"},                   // there again
		{row("07", "Creation", "User 1", created), "User 2"},                                                                      // there again, in a later file
		{row("06", "Deletion", "User 1", deleted), "User 2"},                                                                      // an older file, afterwards
		{row("08", "Deletion", "User 1", deleted), "User 1, User 2"},                                                              // gone for good
		{"2024-10-09T07:00:00Z,mia,X-pos,Deletion,X-pos Server 31,Coordinate system file has been removed,,\n", "User 1, User 2"}, // the file, not the server
	} {
		h.load("sbc", sbcHeader+step.rows, func(o *importer.Options) { o.FileName = string(rune('a' + i)) })
		if got := strings.Join(gone(), ", "); got != step.want {
			t.Errorf("step %d: deleted are %q, want %q", i+1, got, step.want)
		}
	}
}
