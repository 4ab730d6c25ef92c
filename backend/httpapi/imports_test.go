package httpapi_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A JSON file may have all its elements on one line: each that is rejected is named for itself.
func TestRejectedElementsThatShareALine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const elements = 2500 // more than are written at a time
	text := "[" + strings.Repeat(`{"id": 1}, `, elements-1) + `{"no": 1}]`
	r := h.form("north", "/api/v1/imports", "f.json", []byte(text), "system", "safe")
	if r.StatusCode != http.StatusAccepted {
		t.Fatalf("import: %d %s", r.StatusCode, r.body)
	}
	var in struct{ ID int64 }
	r.json(t, &in)
	path := "/api/v1/imports/" + strconv.FormatInt(in.ID, 10)
	var done struct {
		State, Error string
		Rejected     int
	}
	for deadline := time.Now().Add(20 * time.Second); done.State != "done" && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		h.get("north", path, &done)
	}
	if done.State != "done" || done.Rejected != elements {
		t.Fatalf("the import is %+v, want it done with %d rejected", done, elements)
	}
	got, err := csv.NewReader(strings.NewReader(string(h.call("north", "GET", path+"/rejected", nil).body))).ReadAll()
	if err != nil || len(got) != 1+elements {
		t.Fatalf("%d lines, %v; want the header and %d", len(got), err, elements)
	}
	first, last := fmt.Sprint(got[1]), fmt.Sprint(got[elements])
	if got[1][0] != "1" || got[elements][0] != "1" || first == last {
		t.Errorf("the first is %s, the last %s; want line 1 and two reasons", first, last)
	}
}
