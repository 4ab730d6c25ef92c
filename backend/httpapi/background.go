package httpapi

import (
	"context"
	"fmt"
	"sync"

	"annals/backend/fault"
)

// background runs what goes on after its answer, such as imports, a few at a time, each in a goroutine
// that Shutdown waits for.
type background struct {
	running sync.WaitGroup
	places  chan struct{} // one for each that may run at a time
	ctx     context.Context
	cancel  context.CancelFunc
}

func newBackground(places int) *background {
	ctx, cancel := context.WithCancel(context.Background())
	return &background{ctx: ctx, cancel: cancel, places: make(chan struct{}, places)}
}

// enter takes a place, or says that as many run as may.
func (b *background) enter(what string) error {
	select {
	case b.places <- struct{}{}:
		return nil
	default:
		return &fault.Fault{Kind: fault.TooMany, Detail: fmt.Sprintf("%d %s run already. Try again when one is done.", cap(b.places), what), RetryAfter: 10}
	}
}

func (b *background) leave() { <-b.places }

// run does work that has a place, and leaves it.
func (b *background) run(work func()) {
	b.running.Go(func() {
		defer b.leave()
		work()
	})
}

// wait stops what runs.
func (b *background) wait() {
	b.cancel()
	b.running.Wait()
}
