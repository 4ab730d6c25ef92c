package demo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	_ "time/tzdata" // the people of the demo live in many zones, also on a machine that knows none
)

// calendar makes times in the six weeks before now. Its chance is seeded, so that the same now gives
// the same times.
type calendar struct {
	*rand.Rand
	now time.Time
}

// newCalendar makes one for each source, so that a change to one leaves the others as they are.
func newCalendar(now time.Time, source uint64) calendar {
	return calendar{rand.New(rand.NewPCG(2026, source)), now} //nolint:gosec // a demo, to be the same each time
}

// worker is somebody at work in one of the systems, who keeps the hours of a time zone.
type worker struct {
	name string
	id   string // in the source
	zone string
	net  int // of the addresses
}

func (w worker) office() string { return fmt.Sprintf("198.51.100.%d", w.net) }
func (w worker) home() string   { return fmt.Sprintf("2001:db8:%x::%x", w.net*17, 0x1a00+w.net) }

// moment is when somebody does something, and from where.
type moment struct {
	at          time.Time
	who         worker
	address     string
	first, last bool // of a working day: signing in and out
}

// zone is a place's time. Only names of our own are asked for.
func zone(name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil {
		panic("cannot happen: " + err.Error())
	}
	return l
}

// moments are the working days of people, busy times a day on average, in the order of time. A few
// people have just done something, whatever the hour is where they are.
func (c calendar) moments(people []worker, busy int) []moment {
	var out []moment
	for _, w := range people {
		out = append(out, c.days(w, busy)...)
	}
	for i := range 2 * len(people) {
		w := people[i%len(people)]
		out = append(out, moment{at: c.ago(time.Minute + c.upTo(time.Duration(i+1)*10*time.Minute)), who: w, address: w.office()})
	}
	slices.SortStableFunc(out, func(a, b moment) int { return a.at.Compare(b.at) })
	return out
}

// ago is a moment in the minute before a time ago.
func (c calendar) ago(d time.Duration) time.Time { return c.now.Add(-d - c.upTo(time.Minute)) }

// upTo is a random time, of whole seconds.
func (c calendar) upTo(d time.Duration) time.Duration {
	return time.Duration(c.Int64N(int64(d/time.Second))) * time.Second
}

// days are one person's: most weekdays from about eight to about five, now and then a weekend.
func (c calendar) days(w worker, busy int) []moment {
	var out []moment
	here := zone(w.zone)
	year, month, day := c.now.Add(-span).In(here).Date()
	for ; ; day++ {
		midnight := time.Date(year, month, day, 0, 0, 0, 0, here)
		if midnight.After(c.now) {
			return out
		}
		off := 0.12
		if d := midnight.Weekday(); d == time.Saturday || d == time.Sunday {
			off = 0.88
		}
		if c.Float64() < off {
			continue
		}
		begin := midnight.Add(7*time.Hour + 20*time.Minute + c.upTo(2*time.Hour))
		length := 6*time.Hour + c.upTo(4*time.Hour)
		address := w.office()
		if c.IntN(4) == 0 {
			address = w.home()
		}
		ats := []time.Duration{0, length}
		for range busy/2 + c.IntN(busy+1) {
			ats = append(ats, time.Minute+c.upTo(length-2*time.Minute))
		}
		slices.Sort(ats)
		for i, at := range ats {
			m := moment{at: begin.Add(at).UTC(), who: w, address: address, first: i == 0, last: i == len(ats)-1}
			if m.at.After(c.now.Add(-span)) && m.at.Before(c.now) {
				out = append(out, m)
			}
		}
	}
}

// every gives the times of what a system does by itself, at an hour of the day and then each period.
func (c calendar) every(period, offset time.Duration) []time.Time {
	var out []time.Time
	for at := c.now.Add(-span).Truncate(24 * time.Hour).Add(offset); at.Before(c.now); at = at.Add(period) {
		if at.After(c.now.Add(-span)) {
			out = append(out, at)
		}
	}
	return out
}

// burst is many times shortly one after the other, from a time ago on.
func (c calendar) burst(ago time.Duration, n int, gap time.Duration) []time.Time {
	out := make([]time.Time, n)
	at := c.ago(ago)
	for i := range out {
		out[i] = at
		at = at.Add(time.Second + c.upTo(gap))
	}
	return out
}

// one picks one of several.
func one[T any](c calendar, of ...T) T { return of[c.IntN(len(of))] }

// row is a line of an export, before it is written.
type row struct {
	at    time.Time
	cells []string
}

// inOrder gives the cells of the rows in the order of time, as every system writes them, up to now.
func (c calendar) inOrder(rows []row) [][]string {
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	var out [][]string
	for _, r := range rows {
		if !r.at.After(c.now) {
			out = append(out, r.cells)
		}
	}
	return out
}
