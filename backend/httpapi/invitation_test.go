package httpapi_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// invitedToken waits for the mail of an invitation and returns its token.
func (h *house) invitedToken() string {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(h.mails, "*.eml"))
		h.must(err)
		for _, f := range files {
			raw, err := os.ReadFile(f)
			h.must(err)
			b, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
			h.must(err)
			if m := regexp.MustCompile(`/invitation#(\S+)`).FindSubmatch(b); m != nil {
				return string(m[1])
			}
		}
	}
	h.t.Fatal("no invitation was mailed")
	return ""
}

func TestCreatingSomebodyByInvitation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := map[string]any{"tenantId": h.tenants["Quay"].ID, "email": "ivy@test.example", "name": "Ivy", "role": "admin", "invite": true}
	with := map[string]any{"password": password}
	for k, v := range body {
		with[k] = v
	}
	if r := h.call("north", "POST", "/api/v1/users", with); r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(r.body), "body.invite") {
		t.Errorf("with a password: %d %s", r.StatusCode, r.body)
	}
	var made struct {
		ID           int64
		State        string
		InvitedUntil *time.Time
	}
	h.call("north", "POST", "/api/v1/users", body).json(t, &made)
	if made.State != "pending" || made.InvitedUntil == nil || time.Until(*made.InvitedUntil) < 6*24*time.Hour {
		t.Fatalf("created: %+v", made)
	}
	token := h.invitedToken()
	var greeting map[string]string
	h.call("", "POST", "/api/v1/auth/invitation", map[string]string{"token": token}).json(t, &greeting)
	if greeting["email"] != "ivy@test.example" || greeting["organization"] != "Quay" {
		t.Errorf("greeting: %v", greeting)
	}
	in := h.call("", "POST", "/api/v1/auth/invitation/accept", map[string]string{"token": token, "password": password})
	if in.StatusCode != http.StatusOK || !strings.Contains(in.Header.Get("Set-Cookie"), "__Host-annals_refresh=") {
		t.Fatalf("accepted: %d %s", in.StatusCode, in.body)
	}
	h.get("north", fmt.Sprintf("/api/v1/users/%d", made.ID), &made)
	if made.State != "active" || made.InvitedUntil != nil {
		t.Errorf("afterwards: %+v", made)
	}
	if r := h.call("north", "POST", fmt.Sprintf("/api/v1/users/%d/invite", made.ID), nil); r.StatusCode != http.StatusConflict {
		t.Errorf("invited again: %d", r.StatusCode)
	}
}
