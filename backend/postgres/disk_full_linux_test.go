package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"annals/backend/fault"
)

// TestFullDiskIsNamed fills a file system of its own. To mount one without being a real root, each case
// runs in a child, this test again, that is root in its own user namespace; nobody but root exists there, so that
// PostgreSQL has to run in a further one.
func TestFullDiskIsNamed(t *testing.T) {
	if moment := os.Getenv("POSTGRES_TEST_FULL_DISK"); moment != "" {
		fillDisk(moment, os.Getenv("POSTGRES_TEST_DIR"))
	}
	t.Parallel()
	for _, moment := range []string{"initdb", "start", "running"} {
		dir := publicDir(t)
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), "POSTGRES_TEST_FULL_DISK="+moment, "POSTGRES_TEST_DIR="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		if errors.Is(err, syscall.EPERM) {
			t.Skip("this system lets nobody mount a small disk to fill")
		}
		if err != nil || !strings.HasPrefix(string(out), "The disk that holds "+dir+"/postgres is full") {
			t.Errorf("full at %s: %v, %s", moment, err, out)
		}
	}
}

// fillDisk is the child of TestFullDiskIsNamed; it prints the sentence for the operator.
func fillDisk(moment, dir string) {
	size := map[string]string{"initdb": "size=10m", "start": "size=60m", "running": "size=100m"}[moment]
	must(syscall.Mount("tmpfs", dir, "tmpfs", 0, size+",mode=0755"))
	o := options(dir)
	var log strings.Builder
	if moment == "running" {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	s, err := Start(context.Background(), o)
	switch moment {
	case "start":
		must(err)
		must(s.Stop(20 * time.Second))
		fill(dir)
		_, err = Start(context.Background(), o)
	case "running":
		must(err)
		filler := fill(dir)
		for err == nil {
			err = writeMore(s)
		}
		must(os.Remove(filler))
		for err != nil { // it goes on by itself
			err = writeMore(s)
			time.Sleep(10 * time.Millisecond)
		}
		must(s.Stop(20 * time.Second)) // ends the writing to the log
		_, sentence, _ := strings.Cut(log.String(), `msg="The disk`)
		err = fault.New(fault.Unavailable, "The disk%s", sentence)
	}
	if fault.Of(err) == nil {
		panic(err)
	}
	fmt.Println(fault.Of(err).Detail)
	os.Exit(0)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// fill takes the space that is left, and returns the file that does.
func fill(dir string) string {
	file, err := os.Create(filepath.Join(dir, "filler"))
	must(err)
	if _, err = io.Copy(file, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		panic(err)
	}
	must(file.Close())
	return file.Name()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// writeMore fills the write-ahead log.
func writeMore(s *Server) error {
	conn, err := pgx.Connect(context.Background(), s.DSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the statement has succeeded or not
	_, err = conn.Exec(context.Background(), `SELECT pg_logical_emit_message(false, '', repeat('x', 1000000)) FROM generate_series(1, 40)`)
	return err
}
