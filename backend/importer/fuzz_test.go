package importer

import (
	"os"
	"strings"
	"testing"

	"annals/backend/audit"
	"annals/backend/catalog"
	"annals/backend/fault"
	"annals/backend/tenant"
)

func FuzzMOR(f *testing.F)      { fuzz(f, "mor", "mor.csv") }
func FuzzSippy(f *testing.F)    { fuzz(f, "sippy", "sippy.csv") }
func FuzzSBC(f *testing.F)      { fuzz(f, "sbc", "sbc.csv") }
func FuzzAlternet(f *testing.F) { fuzz(f, "alternet", "alternet.csv") }
func FuzzSAFE(f *testing.F)     { fuzz(f, "safe", "safe.json") }

// fuzz reads anything: a file that isn't the format is refused with a reason; of any other, every
// byte belongs to a row, which became an event that the database can keep or was rejected.
func fuzz(f *testing.F, system, excerpt string) {
	content, err := os.ReadFile("testdata/" + excerpt)
	if err != nil {
		f.Fatal(err)
	}
	text := string(content)
	f.Add(text)
	f.Add("\xEF\xBB\xBF" + strings.ReplaceAll(text, "\n", "\r\n"))
	f.Add(text[:len(text)*2/3])
	f.Add(strings.ReplaceAll(text, `"`, ""))
	f.Add(strings.ReplaceAll(text, "a", "\x00\xFF\""))
	f.Add(strings.ReplaceAll(text, ":", `\u0000`))
	c, err := catalog.Load("")
	if err != nil {
		f.Fatal(err)
	}
	log := audit.NewLog(nil, c, []byte("key"))
	root := tenant.Tenant{ID: 1, Level: tenant.Root, Path: "/"}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) >= MaxRow {
			return
		}
		im, err := begin(log, Options{System: system, Scope: tenant.Of(root), Tenant: root}, strings.NewReader(text))
		if err != nil {
			if f := fault.Of(err); f == nil || f.Kind != fault.Invalid {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		rest := text[im.rows.bytes():]
		for more := true; more; {
			var b *batch
			b, more = im.read()
			if b.err != nil {
				t.Fatalf("read: %v", b.err)
			}
			places := make(map[int]place, len(b.entries)+len(b.rejects))
			for _, e := range b.entries {
				places[e.from] = e.place
				if !clean(strings.Join(stored(e.event), "")) {
					t.Errorf("line %d became %+v, which the database can't keep", e.line, e.event)
				}
			}
			for _, r := range b.rejects {
				if places[r.from] = r.place; r.reason == "" || !clean(r.reason) {
					t.Errorf("line %d is rejected for %q", r.line, r.reason)
				}
			}
			for at := 0; at < len(b.raw); {
				p, ok := places[at]
				if !ok {
					t.Fatalf("the row %q is neither an event nor rejected", b.raw[at:])
				}
				raw := string(b.raw[p.from:p.to])
				between, behind, found := strings.Cut(rest, raw)
				if !found || strings.Trim(between, " \t\r\n,[]") != "" {
					t.Fatalf("%q is in no row", between)
				}
				rest, at = behind, p.to
			}
		}
		if strings.Trim(rest, " \t\r\n,[]") != "" && (system != "safe" || !strings.Contains(text, "]")) {
			t.Errorf("%q is in no row", rest)
		}
	})
}

// stored are the texts of an event that the database must keep.
func stored(e audit.Event) []string {
	all := []string{e.ExternalID, e.Code, e.Customer, e.Reason, e.Commentary, e.Node, e.Actor.ID, e.Actor.SubID, e.Actor.Name, e.Category}
	for _, o := range []*audit.Object{e.Object, e.LinkedTo} {
		if o != nil {
			all = append(all, o.Kind, o.ID, o.Name, o.Revision)
		}
	}
	for _, d := range e.Data {
		all = append(all, d.Label, d.Value)
	}
	return append(all, string(e.Original))
}
