package httpapi

import (
	"context"
	"sync"

	"annals/backend/fault"
)

// background runs what goes on after its answer, such as imports, a few at a time, each in a goroutine
// that Shutdown waits for. One sales organization has half of the places at most: what it asks for
// keeps nobody else from it.
type background struct {
	running sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc

	mu    sync.Mutex
	all   int
	taken map[int64]int // places, by sales organization
}

// backgroundPlaces is how many things of one sort run at a time.
const backgroundPlaces = 4

func newBackground() *background {
	ctx, cancel := context.WithCancel(context.Background())
	return &background{ctx: ctx, cancel: cancel, taken: map[int64]int{}}
}

// enter takes a place for a sales organization, which is to be left once, or says that as many run as may.
func (b *background) enter(organization int64, what string) (leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == backgroundPlaces || b.taken[organization] == backgroundPlaces/2 {
		return nil, &fault.Fault{Kind: fault.TooMany, Detail: "Other " + what + " run. Try again when one is done.", RetryAfter: 10}
	}
	b.all++
	b.taken[organization]++
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.all--
		if b.taken[organization]--; b.taken[organization] == 0 {
			delete(b.taken, organization)
		}
	}, nil
}

// run does work that has a place, and leaves it.
func (b *background) run(leave, work func()) {
	b.running.Go(func() {
		defer leave()
		work()
	})
}

// wait stops what runs.
func (b *background) wait() {
	b.cancel()
	b.running.Wait()
}
