package postgres

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// namespace is root's own account seen from inside a user namespace, where it is an ordinary user
// without capabilities: PostgreSQL agrees to run, and enters the folders that only root may enter.
func namespace() []account {
	inside, err := namedAccount("nobody") // PostgreSQL wants a uid that has a name
	if err != nil {
		return nil
	}
	root := os.Geteuid()
	return []account{{
		name: "root in a user namespace",
		uid:  root,
		gid:  os.Getegid(),
		attributes: syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: inside.uid, HostID: root, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: inside.gid, HostID: os.Getegid(), Size: 1}},
		},
	}}
}

// dieWithUs has the kernel send the signal to the child when the thread that started it ends.
func dieWithUs(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}

// commandLines lists the command of every process, by its id; a zombie's is empty.
func commandLines() (map[int]string, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	commands := map[int]string{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue // not a process
		}
		line, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err != nil {
			continue // ended meanwhile
		}
		commands[pid] = string(bytes.ReplaceAll(line, []byte{0}, []byte{' '}))
	}
	return commands, nil
}
