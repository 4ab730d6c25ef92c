package httpapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"annals/backend/bulk"
)

// BenchmarkBulk creates and then changes as many objects as a file may have lines, each in its two
// steps, with an entry for each line. No speed is asked for.
func BenchmarkBulk(b *testing.B) {
	h := newHouse(b)
	h.token("north")
	var lines int
	var checked, applied time.Duration
	run := func(speed int) {
		var file strings.Builder
		file.WriteString("name,speed,price\n")
		for i := range bulk.MaxLines {
			fmt.Fprintf(&file, "Plan %d,%d,%d.50\n", i, speed, i)
		}
		start := time.Now()
		c := h.preview("north", "alternet.plan", file.String(), "match", "name")
		if c.State != "ready" || c.Creates+c.Changes != bulk.MaxLines {
			b.Fatalf("the preview is %+v", c)
		}
		checked += time.Since(start)
		start = time.Now()
		if r := h.call("north", "POST", fmt.Sprintf("/api/v1/bulk/%d/apply", c.ID), map[string]any{}); r.StatusCode != http.StatusAccepted {
			b.Fatalf("apply: %d %s", r.StatusCode, r.body)
		}
		if c = h.settled("north", c.ID); c.State != "done" {
			b.Fatalf("applied: %+v", c)
		}
		applied += time.Since(start)
		lines += bulk.MaxLines
	}
	for b.Loop() {
		run(20)
		run(30)
	}
	b.ReportMetric(float64(lines)/checked.Seconds(), "checked-lines/s(no-limit)")
	b.ReportMetric(float64(lines)/applied.Seconds(), "applied-lines/s(no-limit)")
}
