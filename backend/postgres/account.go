package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"annals/backend/fault"
)

// account is an identity of the operating system under which PostgreSQL runs and owns its files.
// PostgreSQL refuses to run as root, so root must lend it another one.
type account struct {
	name       string
	uid, gid   int
	attributes syscall.SysProcAttr // how a process gets the identity
}

// command prepares a program of PostgreSQL to run under the account, without our environment
// (PGDATA, LC_ALL and the like would change what it does) and away from our terminal's signals.
func (a account) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.Dir = "/"
	attributes := a.attributes
	attributes.Setpgid = true
	cmd.SysProcAttr = &attributes
	return cmd
}

// chooseAccount returns the first account that can both run the programs and enter our folder.
func chooseAccount(bin binaries, f files) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: "this account", uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	var refused []error
	for _, a := range accounts(f) {
		cmd := a.command(bin.path("postgres"), "--version")
		cmd.Dir = string(f) // entered as the account, like the program
		out, err := cmd.CombinedOutput()
		if err == nil {
			return a, nil
		}
		refused = append(refused, fmt.Errorf("as %s: %w %s", a.name, err, out))
	}
	return account{}, fault.Wrap(fault.Unavailable, errors.Join(refused...),
		"PostgreSQL does not run as root, and no other account may enter both %s and %s: "+
			"choose a data directory that others may enter, or run annals as an ordinary user", f, bin.dir)
}

// accounts lists whom root can lend to PostgreSQL, first choice first: the cluster's owner, an account
// made for servers, the owners of the folders on the way (a person's home is often closed to others),
// and root itself without its powers.
func accounts(f files) []account {
	var list []account
	add := func(a account, err error) {
		known := func(b account) bool { return a.uid == b.uid }
		if err == nil && a.uid != 0 && !slices.ContainsFunc(list, known) {
			list = append(list, a)
		}
	}
	add(ownersAccount(f.cluster()))
	add(namedAccount("postgres"))
	add(namedAccount("nobody"))
	for dir := string(f); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		add(ownersAccount(dir))
	}
	return append(list, namespace()...)
}

func namedAccount(name string) (account, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.Atoi(u.Gid)
	return lend(name, uid, gid), err
}

func ownersAccount(path string) (account, error) {
	uid, gid, err := ownerOf(path)
	return lend("the owner of "+path, uid, gid), err
}

// lend makes the account that root takes on by setuid.
func lend(name string, uid, gid int) account {
	return account{name, uid, gid, syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)},
	}}
}
