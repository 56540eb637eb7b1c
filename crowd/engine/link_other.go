//go:build !linux

package engine

import "syscall"

func stampConn(syscall.RawConn) bool { return false }

// hasInput is not known: a request that may be repeated is sent again where its connection was closed.
func hasInput(uintptr) bool { return false }

func bindLate(_, _ string, _ syscall.RawConn) error { return nil }
