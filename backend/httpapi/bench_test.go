package httpapi_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"annals/backend/audit"
	"annals/backend/db"
	"annals/backend/httpapi"
	"annals/backend/inventory"
	"annals/backend/ledger"
	"annals/backend/tenant"
)

// BenchmarkEdit changes objects over HTTP with 16 clients, each edit with its revision and its entry,
// while the sealer works as it does in the server; 1,500 a second are asked for. Clients, server and
// PostgreSQL share the machine.
//
// Beside it the same edits without their entries: the same call in a second database whose guard is
// off, where the statement that writes the entry is not sent, so that there is nothing to seal either.
// What Go does to make an entry remains in them; its time is measured by itself and taken off, spread
// over the processors. An entry may cost a quarter of the edits.
func BenchmarkEdit(b *testing.B) {
	with, without := newEditors(b), newEditors(b)
	without.house.server.Silence()
	_, err := without.house.owner.ExecContext(b.Context(), "ALTER TABLE objects DISABLE TRIGGER objects_recorded")
	without.house.must(err)
	var edits, silent time.Duration
	rounds := 0
	with.round(b) // every connection has its statements prepared then
	without.round(b)
	for b.Loop() {
		for range 3 { // in turns, so that what else the machine does meets both
			edits += with.round(b)
			silent += without.round(b)
			rounds++
		}
	}
	n := time.Duration(rounds * clients * editsPerRound)
	making := without.making() / time.Duration(runtime.GOMAXPROCS(0))
	rate := float64(time.Second) / float64(edits/n)
	bare := float64(time.Second) / float64(silent/n-making)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(rate, "edits/s")
	b.ReportMetric(1500, "limit-edits/s")
	b.ReportMetric(bare, "without-entry/s")
	b.ReportMetric(100-100*rate/bare, "entry-%")
	b.ReportMetric(25, "limit-%")
}

const (
	clients       = 16
	editsPerRound = 100 // of each client
)

// editors are clients of a server of their own, each with an object to edit.
type editors struct {
	house   *house
	url     string
	token   string
	objects []inventory.Object
}

func newEditors(b *testing.B) *editors {
	h := newHouse(b)
	sealer := ledger.NewSealer(h.db)
	h.db.OnCommit(sealer.Wake)
	ctx, stop := context.WithCancel(b.Context())
	var working sync.WaitGroup
	working.Go(func() { sealer.Run(ctx) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	h.must(err)
	working.Go(func() { _ = h.server.Serve(l) })
	b.Cleanup(func() {
		stop()
		h.must(h.server.Shutdown(context.Background()))
		working.Wait()
	})
	e := &editors{house: h, url: fmt.Sprintf("http://%s/api/v1/objects/mor.dialplan/", l.Addr()), token: h.token("north"), objects: make([]inventory.Object, clients)}
	h.must(h.db.Write(b.Context(), tenant.Of(h.tenants["North"]).Wall(), func(tx *db.Tx) error {
		editor := inventory.Editor{Log: h.log, Scope: tenant.Of(h.tenants["North"]), Origin: audit.System("bench")}
		for i := range e.objects {
			var err error
			if e.objects[i], err = editor.CreateObject(tx, "mor.dialplan", inventory.Draft{Attributes: map[string]any{"name": fmt.Sprint("plan ", i)}}); err != nil {
				return err
			}
		}
		return nil
	}))
	return e
}

// making is how long Go takes for an entry that isn't sent.
func (e *editors) making() time.Duration {
	const times = 2000
	h := e.house
	var took time.Duration
	h.must(h.db.Write(context.Background(), tenant.Of(h.tenants["North"]).Wall(), func(tx *db.Tx) error {
		tx = httpapi.Mute(tx)
		start := time.Now()
		for i := range times {
			ev := audit.System("bench").Event("object_updated")
			ev.Object = &audit.Object{Kind: "mor.dialplan", ID: "1", Name: "plan", Revision: fmt.Sprint(i), Ref: 1}
			ev.Changes = []audit.Change{{Field: "name", Old: "plan", New: fmt.Sprint("plan ", i)}}
			ev.Belongs(h.tenants["North"])
			if _, err := h.log.Record(tx, ev); err != nil {
				return err
			}
		}
		took = time.Since(start)
		return nil
	}))
	return took / times
}

// round lets every client edit its object again and again, and returns how long it took.
func (e *editors) round(b *testing.B) time.Duration {
	start := time.Now()
	var wait sync.WaitGroup
	for i := range e.objects {
		o := &e.objects[i]
		wait.Go(func() {
			client := &fasthttp.Client{}
			defer client.CloseIdleConnections()
			for range editsPerRound {
				r, a := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
				r.Header.SetMethod("PATCH")
				r.SetRequestURI(fmt.Sprint(e.url, o.ID))
				r.Header.Set("Authorization", "Bearer "+e.token)
				r.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(o.Revision)))
				r.Header.SetContentType("application/json")
				r.SetBodyString(fmt.Sprintf(`{"attributes":{"name":"plan %d.%d"}}`, i, o.Revision))
				if err := client.Do(r, a); err != nil || a.StatusCode() != 200 {
					b.Errorf("%d %s %v", a.StatusCode(), a.Body(), err)
					return
				}
				o.Revision++
				fasthttp.ReleaseRequest(r)
				fasthttp.ReleaseResponse(a)
			}
		})
	}
	wait.Wait()
	return time.Since(start)
}

// BenchmarkTimeline reads the first 50 of an object's 10,000 entries right after they were imported;
// 20 ms are allowed.
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
