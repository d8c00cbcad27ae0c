//go:build !linux

package dynamolocal

import "syscall"

// childAttributes is the system's default: only Linux can tie a child's life to
// its parent's.
func childAttributes() *syscall.SysProcAttr { return nil }
