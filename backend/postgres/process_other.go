//go:build !linux

package postgres

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// namespace: other systems have no user namespaces.
func namespace() []account { return nil }

// dieWithUs: other systems can't tie a child to its parent. The next start ends what was left.
func dieWithUs(*syscall.SysProcAttr, syscall.Signal) {}

// commandLines lists the command of every process, by its id.
func commandLines() (map[int]string, error) {
	out, err := exec.Command("ps", "-axwwo", "pid=,command=").Output()
	if err != nil {
		return nil, fmt.Errorf("ps: %w", err)
	}
	commands := map[int]string{}
	for line := range strings.Lines(string(out)) {
		id, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(id)
		if err != nil {
			return nil, fmt.Errorf("ps: %w", err)
		}
		commands[pid] = strings.TrimSpace(command) + " "
	}
	return commands, nil
}
