package postgres

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"time"
)

// processName is the cluster's own name, which the command line of each of its processes carries.
func (f files) processName() string {
	return fmt.Sprintf("annals-%x", sha256.Sum256([]byte(f)))[:23]
}

// endOrphans ends the processes that a killed supervisor has left, and returns the lock that the
// processes of the next server inherit. Once it is ours none of them lives, so that a postmaster.pid
// can only be stale: PostgreSQL itself believes it when its number is a zombie's or another program's.
func (f files) endOrphans(ctx context.Context, log *slog.Logger) (*os.File, error) {
	steps := []struct {
		after  time.Duration
		signal syscall.Signal
	}{{0, syscall.SIGINT}, {10 * time.Second, syscall.SIGQUIT}, {15 * time.Second, syscall.SIGKILL}}
	begun := time.Now()
	for {
		held, err := lock(f.processLock())
		if err == nil {
			if err := f.removeStalePidFile(); err != nil {
				held.Close() //nolint:errcheck // nothing was written
				return nil, err
			}
			return held, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		waited := time.Since(begun)
		if len(steps) > 0 && waited >= steps[0].after {
			if err := f.signalOrphans(steps[0].signal, log); err != nil {
				return nil, err
			}
			steps = steps[1:]
		}
		if waited > 20*time.Second {
			return nil, inUse(f)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// signalOrphans sends SIGINT, a fast shutdown, to the postmaster alone, and other signals to all. The
// processes are found by their command lines: the number in postmaster.pid may be another program's by
// now. One that can't be signalled isn't ours or has ended; the process lock tells.
func (f files) signalOrphans(signal syscall.Signal, log *slog.Logger) error {
	commands, err := commandLines()
	if err != nil {
		return err
	}
	var postmaster, children []int
	for pid, command := range commands {
		if strings.Contains(command, "/postgres -D "+f.cluster()+" -c ") {
			postmaster = append(postmaster, pid)
		} else if strings.HasPrefix(command, "postgres: "+f.processName()+":") {
			children = append(children, pid)
		}
	}
	log.Warn("PostgreSQL of a killed annals is stopped", "postmaster", postmaster, "children", children, "signal", signal)
	if len(postmaster) == 0 && signal == syscall.SIGINT {
		signal = syscall.SIGQUIT // nobody is left to tell them
	}
	if signal != syscall.SIGINT {
		postmaster = append(postmaster, children...)
	}
	for _, pid := range postmaster {
		_ = syscall.Kill(pid, signal)
	}
	return nil
}

// removeStalePidFile removes postmaster.pid, unless its process is a PostgreSQL that somebody has started
// by hand on our cluster; ours then refuses to start beside it.
func (f files) removeStalePidFile() error {
	p, err := f.readPostmaster()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return pathFault(err, f.pidFile())
	}
	commands, err := commandLines()
	if err != nil {
		return err
	}
	if strings.Contains(commands[p.pid], f.cluster()) {
		return nil
	}
	removeTemporarySocket(p.socket)
	if err := os.Remove(f.pidFile()); err != nil {
		return pathFault(err, f.pidFile())
	}
	return nil
}
