package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"annals/backend/inventory"
)

// TestAnActionWithAJob asks for a health check over HTTP: it is under way, refused a second time, and
// then done, with its result on the object and in an entry of the one who asked.
func TestAnActionWithAJob(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	type object struct {
		ID, Revision int64
		State        string
		Jobs         []struct{ ID, Action, State, Since, Result string }
	}
	var o object
	r := h.call("north", "POST", "/api/v1/objects/alternet.router", map[string]any{"attributes": map[string]any{"name": "core", "hostname": "core.test.example", "port": 8728}})
	if r.json(t, &o); r.StatusCode != http.StatusCreated || len(o.Jobs) != 0 {
		t.Fatalf("create: %d %s", r.StatusCode, r.body)
	}
	path := fmt.Sprintf("/api/v1/objects/alternet.router/%d", o.ID)
	check := func() reply {
		return h.call("north", "POST", path+"/actions/check", map[string]any{"reason": "Customer called"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(o.Revision)))
	}
	r = check()
	if r.json(t, &o); r.StatusCode != http.StatusOK || len(o.Jobs) != 1 || o.Jobs[0].State != "waiting" || o.Jobs[0].Action != "check" || o.State != "unchecked" {
		t.Errorf("asked: %d %s", r.StatusCode, r.body)
	}
	if r := check(); r.StatusCode != http.StatusConflict || !strings.Contains(string(r.body), "Check is under way for core. Wait for its result.") {
		t.Errorf("asked again: %d %s", r.StatusCode, r.body)
	}
	jobs := inventory.NewJobs(h.db, h.log, map[string]inventory.Runner{"connect": {Limit: time.Second, Do: func(context.Context, inventory.Work) (inventory.Attributes, error) {
		h.get("north", path, &o)
		if len(o.Jobs) != 1 || o.Jobs[0].State != "running" {
			t.Errorf("while it runs: %+v", o.Jobs)
		}
		return nil, errors.New("nobody is there")
	}}})
	if more, err := jobs.Next(t.Context()); err != nil || !more {
		t.Fatal(more, err)
	}
	h.get("north", path, &o)
	if len(o.Jobs) != 1 || o.Jobs[0].State != "failed" || o.Jobs[0].Result != "nobody is there" || o.State != "offline" {
		t.Errorf("afterwards: %+v", o)
	}
	h.seal()
	var e struct {
		Type, Outcome, Reason, SessionID string
		Actor                            struct{ Name string }
		Data                             []struct{ Value string }
	}
	h.get("north", "/api/v1/events/by-event-id/"+o.Jobs[0].ID, &e)
	if e.Type != "alternet.health_check_failed" || e.Outcome != "failure" || e.Reason != "Customer called" || e.Actor.Name != h.users["north"].Name || e.SessionID == "" || len(e.Data) != 1 || e.Data[0].Value != "nobody is there" {
		t.Errorf("the entry: %+v", e)
	}
	if r := h.call("north", "PATCH", path, map[string]any{"attributes": map[string]any{"name": "edge"}}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(o.Revision))); !strings.Contains(string(r.body), `"jobs":[`) {
		t.Errorf("a change leaves out the jobs: %s", r.body)
	}
	// What a job fills in is nobody's to say.
	r = h.call("root", "POST", "/api/v1/objects/mor.backup", map[string]any{"attributes": map[string]any{"content": "objects", "return_value": 0}})
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.attributes.return_value") {
		t.Errorf("a return value by hand: %d %s", r.StatusCode, r.body)
	}
}
