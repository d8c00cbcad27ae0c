package dynamolocal

import "syscall"

// childAttributes has the kernel stop the child when its parent is killed, and
// keeps a terminal's Ctrl-C from reaching it before the host says so.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
