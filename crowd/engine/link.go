package engine

import (
	"crypto/tls"
	"io"
	"net"
	"syscall"
)

// callConn is a connection of requests.
type callConn struct {
	net.Conn
	// raw is its socket; nil where the system gives none.
	raw syscall.RawConn
	// stamped: the kernel says when what is read has arrived.
	stamped bool
}

func newCallConn(conn net.Conn) *callConn {
	c := &callConn{Conn: conn}
	plain := conn
	if secure, isTLS := conn.(*tls.Conn); isTLS {
		plain = secure.NetConn()
	}
	if socket, ok := plain.(syscall.Conn); ok {
		c.raw, _ = socket.SyscallConn()
	}
	if c.raw != nil && plain == conn {
		c.stamped = stampConn(c.raw)
	}
	return c
}

// Close does not wait to say goodbye, as TLS would.
func (c *callConn) Close() error {
	if secure, ok := c.Conn.(*tls.Conn); ok {
		return secure.NetConn().Close()
	}
	return c.Conn.Close()
}

// read reads as the socket does, with the kernel's time of arrival where there is one.
func (c *callConn) read(b []byte, with *receiver) (n int, arrivedUs int64, err error) {
	if !c.stamped {
		n, err = c.Conn.Read(b)
		return n, 0, err
	}
	waited := c.raw.Read(func(fd uintptr) bool {
		n, arrivedUs, err = with.receive(int32(fd), b)
		return err == nil || !wouldBlock(err)
	})
	switch {
	case waited != nil:
		return 0, 0, waited
	case n == 0 && err == nil:
		return 0, 0, io.EOF
	}
	return n, arrivedUs, err
}

// stale: the server has closed the connection, or has said what nobody asked for.
func (c *callConn) stale() bool {
	stale := false
	if c.raw != nil {
		err := c.raw.Control(func(fd uintptr) { stale = hasInput(fd) })
		stale = stale || err != nil
	}
	return stale
}
