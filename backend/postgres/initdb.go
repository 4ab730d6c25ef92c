package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// owner is the superuser's name in a cluster of ours.
const owner = "annals"

// initdb makes the cluster beside its place and moves it there when it is whole, so that a crash
// leaves either no cluster or a good one. The processes keep the lock file open.
func initdb(ctx context.Context, o Options, bin binaries, a account, f files, lock *os.File) error {
	if err := os.RemoveAll(f.newCluster()); err != nil { // what a crash has left
		return pathFault(err, f.newCluster())
	}
	if err := os.Mkdir(f.newCluster(), 0o700); err != nil {
		return pathFault(err, f.newCluster())
	}
	defer os.RemoveAll(f.newCluster()) //nolint:errcheck // moved away, or else removed by the next start
	if err := writePassword(f.password(), rand.Text()); err != nil {
		return pathFault(err, f.password())
	}
	for _, path := range []string{f.newCluster(), f.password()} {
		if err := os.Chown(path, a.uid, a.gid); err != nil {
			return pathFault(err, path)
		}
	}

	args := []string{
		"--pgdata=" + f.newCluster(), "--username=" + owner, "--pwfile=" + f.password(),
		"--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--no-instructions",
	}
	// Text sorts by code point and has Unicode's upper and lower case, whatever the system's locales are.
	if bin.major >= 17 {
		args = append(args, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	} else {
		args = append(args, "--locale=C.UTF-8")
	}
	if o.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	cmd := a.command(bin.path("initdb"), args...)
	cmd.ExtraFiles = []*os.File{lock}
	dieWithUs(cmd.SysProcAttr, syscall.SIGKILL)
	runtime.LockOSThread() // the thread that starts it must outlive it, see dieWithUs
	out, err := cmd.CombinedOutput()
	runtime.UnlockOSThread()
	if err != nil {
		return explain(err, strings.Split(string(out), "\n"), f)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Rename(f.newCluster(), f.cluster()); err != nil {
		return fmt.Errorf("move the new cluster: %w", err)
	}
	return syncFile(string(f))
}

// writePassword writes the file so that it survives a power failure as long as the cluster does.
func writePassword(path, password string) error {
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		return err
	}
	if err := syncFile(path); err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	return file.Sync()
}
