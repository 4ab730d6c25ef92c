package postgres

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"annals/backend/fault"
)

// files is the folder of ours below the portal's data directory, and names what is in it.
type files string

func filesBelow(dataDir string) (files, error) {
	dir, err := filepath.Abs(dataDir)
	return files(filepath.Join(dir, "postgres")), err
}

func (f files) at(name string) string { return filepath.Join(string(f), name) }

func (f files) cluster() string    { return f.at("data") }     // PGDATA
func (f files) newCluster() string { return f.at("data.new") } // until initdb has finished
func (f files) socket() string     { return f.at("socket") }   // the folder of the socket
func (f files) password() string   { return f.at("password") } // the owner's
func (f files) pidFile() string    { return filepath.Join(f.cluster(), "postmaster.pid") }

// supervisorLock is held by the annals that runs this cluster.
func (f files) supervisorLock() string { return f.at("supervisor.lock") }

// processLock is inherited by every process of PostgreSQL: as long as one lives, wherever it was
// started from, nobody else gets the lock.
func (f files) processLock() string { return f.at("process.lock") }

// create makes the folder. When root runs us, PostgreSQL's account must pass through it; what the
// folder holds is closed to others in any case.
func (f files) create() error {
	mode := fs.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o755); err != nil {
		return pathFault(err, filepath.Dir(string(f)))
	}
	if err := os.MkdirAll(string(f), mode); err != nil {
		return pathFault(err, string(f))
	}
	return nil
}

// major is the version of PostgreSQL that made the cluster, or 0 when there is none yet.
func (f files) major() (int, error) {
	if _, err := os.Lstat(f.cluster()); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	text, err := os.ReadFile(filepath.Join(f.cluster(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, fault.New(fault.Unavailable, "%s holds no PostgreSQL data, although its place is taken: move it away", f.cluster())
	}
	if err != nil {
		return 0, pathFault(err, f.cluster())
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fault.Wrap(fault.Unavailable, err, "The PG_VERSION of %s is damaged: restore it from a backup", f.cluster())
	}
	return major, nil
}

// give makes the account the owner of the cluster and its password. It is that already, except
// after a restored backup or a move to a place that only another account may enter.
func (f files) give(a account) error {
	for _, path := range []string{f.cluster(), f.password()} {
		if uid, _, err := ownerOf(path); err != nil {
			return pathFault(err, path)
		} else if uid == a.uid {
			continue
		}
		err := filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, a.uid, a.gid))
		})
		if err != nil {
			return pathFault(err, path)
		}
	}
	return nil
}

func ownerOf(path string) (uid, gid int, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, err
	}
	stat := info.Sys().(*syscall.Stat_t)
	return int(stat.Uid), int(stat.Gid), nil
}

// postmaster is what PostgreSQL writes about itself into postmaster.pid.
type postmaster struct {
	pid    int
	socket string // the folder of its socket
	ready  bool
}

// readPostmaster reads postmaster.pid, which PostgreSQL fills line by line as it starts.
func (f files) readPostmaster() (postmaster, error) {
	text, err := os.ReadFile(f.pidFile())
	if err != nil {
		return postmaster{}, err
	}
	// Lines: pid, data directory, start time, port, socket folder, address, shared memory, status.
	lines := append(bytes.Split(text, []byte("\n")), make([][]byte, 8)...)
	pid, err := strconv.Atoi(string(lines[0]))
	if err != nil {
		pid = 0 // written halfway
	}
	return postmaster{pid, string(lines[4]), string(bytes.TrimSpace(lines[7])) == "ready"}, nil
}

var errLocked = errors.New("locked by another process")

// lock takes a lock on a file, or returns errLocked. It lasts until the last process that has
// inherited the file has closed it or has ended, however it ends.
func lock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, pathFault(err, path)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	if err != nil {
		file.Close() //nolint:errcheck // nothing was written
		return nil, err
	}
	return file, nil
}

// pathFault turns an error on a path into the sentence for whoever chose the path.
func pathFault(err error, path string) error {
	var sentence string
	switch {
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		sentence = "The data directory can't be %s, because a file is in its way: choose another one, or move the file"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		sentence = "This account may not write in %s: choose another data directory, or give it to the account that runs annals"
	case errors.Is(err, syscall.ENAMETOOLONG):
		sentence = "The path %s is too long for this system: choose a shorter data directory"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		sentence = diskFull
	default:
		return fmt.Errorf("data directory: %w", err)
	}
	return fault.Wrap(fault.Unavailable, err, sentence, path)
}

const diskFull = "The disk that holds %s is full: free some space, and start annals again if it has ended; nothing was deleted"
