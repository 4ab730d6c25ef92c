package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// socketName is PostgreSQL's own name for the socket of port 5432, in the folder that it is given.
const socketName = ".s.PGSQL.5432"

// makeSocketFolder makes an empty folder for the socket. If its path is too long for a socket, or has a
// comma, which separates hosts in a DSN, the folder is one below the system's temporary folder.
func makeSocketFolder(f files, a account) (string, error) {
	const longest = 103 - len("/"+socketName) // a socket's address holds 104 bytes on macOS, 108 on Linux
	dir := f.socket()
	err := os.RemoveAll(dir)
	if len(dir) > longest || strings.Contains(dir, ",") {
		dir, err = os.MkdirTemp("", temporarySocket)
	} else if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	if err == nil {
		err = os.Chown(dir, a.uid, a.gid)
	}
	if err != nil {
		return "", pathFault(err, dir)
	}
	return dir, nil
}

const temporarySocket = "annals-postgres-*"

// removeTemporarySocket removes a folder that makeSocketFolder made outside the data directory.
func removeTemporarySocket(dir string) {
	if ours, _ := filepath.Match(filepath.Join(os.TempDir(), temporarySocket), dir); ours {
		_ = os.RemoveAll(dir) // what stays behind is an empty folder with a dead socket
	}
}

// dsn is the owner's connection string for a database.
func dsn(socketDir, password, database string) string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace
	return fmt.Sprintf("host='%s' port=5432 user=%s password=%s dbname='%s' sslmode=disable",
		quote(socketDir), owner, password, quote(database))
}
