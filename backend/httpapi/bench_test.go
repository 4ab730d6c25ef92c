package httpapi_test

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// BenchmarkEdit changes objects over HTTP with 16 clients, each edit with its revision and its entry;
// 1,500 a second are asked for.
func BenchmarkEdit(b *testing.B) {
	h := newHouse(b)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	go func() { _ = h.server.Serve(l) }()
	token := h.token("north")
	const clients = 16
	objects := make([]inventory.Object, clients)
	h.must(h.db.Write(b.Context(), tenant.Of(h.tenants["North"]).Wall(), func(tx *db.Tx) error {
		e := inventory.Editor{Log: h.log, Scope: tenant.Of(h.tenants["North"]), Origin: audit.System("bench")}
		for i := range objects {
			var err error
			if objects[i], err = e.CreateObject(tx, "mor.dialplan", inventory.Draft{Attributes: map[string]any{"name": fmt.Sprint("plan ", i)}}); err != nil {
				return err
			}
		}
		return nil
	}))
	edits := 0
	var took time.Duration
	for b.Loop() {
		start := time.Now()
		var wait sync.WaitGroup
		for i := range objects {
			wait.Go(func() {
				client := &fasthttp.Client{}
				for range 200 {
					r, a := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
					r.Header.SetMethod("PATCH")
					r.SetRequestURI(fmt.Sprintf("http://%s/api/v1/objects/mor.dialplan/%d", l.Addr(), objects[i].ID))
					r.Header.Set("Authorization", "Bearer "+token)
					r.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(objects[i].Revision)))
					r.Header.SetContentType("application/json")
					r.SetBodyString(fmt.Sprintf(`{"attributes":{"name":"plan %d.%d"}}`, i, objects[i].Revision))
					if err := client.Do(r, a); err != nil || a.StatusCode() != 200 {
						b.Errorf("%d %s %v", a.StatusCode(), a.Body(), err)
						return
					}
					objects[i].Revision++
					fasthttp.ReleaseRequest(r)
					fasthttp.ReleaseResponse(a)
				}
			})
		}
		wait.Wait()
		took += time.Since(start)
		edits += clients * 200
	}
	b.ReportMetric(float64(edits)/took.Seconds(), "edits/s")
	b.ReportMetric(1500, "limit-edits/s")
}

// BenchmarkTimeline reads the first 50 of an object's 10,000 entries; 20 ms are allowed.
func BenchmarkTimeline(b *testing.B) {
	h := newHouse(b)
	scope := tenant.Of(h.tenants["Harbor"])
	for batch := range 50 {
		events := make([]audit.Event, 2000) // every tenth is the object's, as its object or linked to it
		for i := range events {
			n := batch*len(events) + i
			e := h.login("bench", time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC))
			e.ExternalID = fmt.Sprint(n)
			o := audit.Object{Kind: "mor.device", ID: fmt.Sprint(n % 10), Name: "Device", Ref: int64(1000 + n%10)}
			if e.Object = &o; n%10 == 0 && n%20 == 0 {
				e.Object, e.LinkedTo = nil, &o
			}
			events[i] = e
		}
		h.must(h.db.Write(b.Context(), tenant.Of(h.tenants["root"]).Wall(), func(tx *db.Tx) error {
			_, err := h.log.Ingest(tx, events)
			return err
		}))
	}
	h.seal()
	_, err := h.owner.ExecContext(b.Context(), "ANALYZE events") // as autovacuum does, a little later
	h.must(err)
	var took []time.Duration
	for b.Loop() {
		for range 100 {
			start := time.Now()
			page, err := h.log.Search(b.Context(), scope, audit.Filter{ObjectKind: "mor.device", ObjectRef: 1000}, audit.Paging{Order: audit.Newest, Limit: 50})
			if err != nil || len(page.Items) != 50 {
				b.Fatalf("%d items, %v", len(page.Items), err)
			}
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(20, "limit-ms")
}
