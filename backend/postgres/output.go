package postgres

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"annals/backend/fault"
)

// output takes what PostgreSQL prints: it goes to the log, and its last lines are kept to explain
// an end.
type output struct {
	log   *slog.Logger
	files files

	mu      sync.Mutex
	full    time.Time // when the log last said that the disk is full
	partial []byte    // a line that has no end yet
	last    []line
}

type line struct {
	at   time.Time
	text string
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, p...)
	for {
		text, rest, ended := bytes.Cut(o.partial, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		o.add(string(text))
		o.partial = rest
	}
}

func (o *output) add(text string) {
	const keep = 30
	if len(o.last) == keep {
		o.last = o.last[1:]
	}
	o.last = append(o.last, line{time.Now(), text})
	level := slog.LevelDebug
	if strings.HasPrefix(text, "PANIC:") {
		level = slog.LevelError
	} else if strings.HasPrefix(text, "FATAL:") || strings.HasPrefix(text, "WARNING:") {
		level = slog.LevelWarn
	}
	o.log.Log(context.Background(), level, "PostgreSQL says", "line", text)
	// PostgreSQL restarts itself and goes on as soon as there is space: meanwhile it says so many times.
	if saysDiskFull(text) && time.Since(o.full) > time.Minute {
		o.full = time.Now()
		o.log.Error(fmt.Sprintf(diskFull, o.files))
	}
}

func saysDiskFull(text string) bool {
	return strings.Contains(text, "No space left on device") || strings.Contains(text, "Disk quota exceeded")
}

// lastLines returns what was printed in the last seconds; older lines explain nothing.
func (o *output) lastLines() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var texts []string
	for _, l := range o.last {
		if time.Since(l.at) < 10*time.Second {
			texts = append(texts, l.text)
		}
	}
	return texts
}

// explain makes the fault that says why PostgreSQL ended: from its last lines, else from the way it
// ended (nil is an orderly end).
func explain(ended error, lines []string, f files) error {
	cause := fmt.Errorf("%v: %s", ended, strings.Join(lines, "\n"))
	reason := "it was stopped from outside"
	if ended != nil {
		reason = ended.Error()
	}
	for _, text := range lines {
		if saysDiskFull(text) {
			return fault.Wrap(fault.Unavailable, cause, diskFull, f)
		}
		for _, grave := range []string{"FATAL:", "PANIC:", "initdb: error:"} {
			if after, found := strings.CutPrefix(text, grave); found {
				reason = strings.TrimSpace(after)
			}
		}
	}
	return fault.Wrap(fault.Unavailable, cause, "PostgreSQL in %s has ended: %s", f, reason)
}
