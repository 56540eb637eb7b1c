package engine

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// stampConn asks the kernel for the arrival times of what is read.
func stampConn(raw syscall.RawConn) bool {
	stamped := false
	err := raw.Control(func(fd uintptr) { stamped = stampArrivals(int(fd)) == nil })
	return err == nil && stamped
}

// hasInput: there is something to read, be it the end.
func hasInput(fd uintptr) bool {
	var b [1]byte
	_, _, err := unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return !wouldBlock(err)
}

// bindLate lets the kernel choose the local port when it knows the destination: without it, bind takes a port that no other
// connection may share.
func bindLate(_, _ string, raw syscall.RawConn) error {
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
