package engine

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// dialsAtOnce bounds the goroutines that dial and shake hands: each needs a deep stack, for a short time.
const dialsAtOnce = 256

// connBuffer is the read buffer of a connection that has a goroutine of its own.
const connBuffer = 4 << 10

// goroutineConn is a connection that a goroutine reads: TLS, and every connection where there is no poller. Its arrivals
// are stamped by the reader.
type goroutineConn struct {
	cancel context.CancelFunc
	// standing: it is connected, though a TLS handshake may have to come.
	standing atomic.Bool
	mu       sync.Mutex
	conn     net.Conn
	closed   bool
}

func (g *goroutineConn) hangUp() {
	g.cancel()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	if g.conn != nil {
		// A TLS connection would wait here to say goodbye.
		if secure, ok := g.conn.(*tls.Conn); ok {
			secure.NetConn().Close()
		}
		g.conn.Close()
	}
}

// use takes the connection once it stands; false when it was hung up meanwhile.
func (g *goroutineConn) use(conn net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		conn.Close()
		return false
	}
	g.conn = conn
	return true
}

// dialInGoroutine dials and sends the request; then another goroutine, with a small stack, reads.
func (s *shard) dialInGoroutine(c *client, to *origin, address netip.AddrPort) {
	c.status = connecting
	ctx, cancel := context.WithCancel(s.engine.ctx)
	g := &goroutineConn{cancel: cancel}
	c.conn = g
	tag := c.tag()
	request := s.requestOf(nil, c)
	receiveBuffer := s.receiveBufferOf(c)
	go func() {
		select {
		case s.engine.dials <- struct{}{}:
		case <-ctx.Done():
			return
		}
		conn, err := s.engine.dialConn(ctx, g, to, address, receiveBuffer)
		if err == nil {
			if g.use(conn) {
				_, err = conn.Write(request)
			} else {
				err = net.ErrClosed
			}
		}
		<-s.engine.dials
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.tag() != tag || c.conn != g {
			return
		}
		if err != nil {
			s.lose(c, "connect: "+causeOf(err))
			s.wakeIfEarlier()
			return
		}
		c.status = awaiting
		go s.readConn(ctx, c, g, tag)
	}()
}

func (e *Engine) dialConn(ctx context.Context, g *goroutineConn, to *origin, address netip.AddrPort, receiveBuffer int) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: -1}
	var from netip.AddrPort
	if e.source.IsValid() {
		from = netip.AddrPortFrom(e.source, 0)
		dialer.Control = bindLate
	}
	plain, err := dialer.DialTCP(ctx, "tcp", from, address)
	if err != nil {
		return nil, err
	}
	g.standing.Store(true)
	if receiveBuffer > 0 {
		_ = plain.SetReadBuffer(receiveBuffer)
	}
	if !to.https {
		return plain, nil
	}
	secure := tls.Client(plain, &tls.Config{
		ServerName:         to.name,
		InsecureSkipVerify: e.plan.Target.InsecureTLS,
		NextProtos:         []string{"http/1.1"},
		ClientSessionCache: e.sessions,
	})
	if err := secure.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return secure, nil
}

// readConn hands what comes to the shard, until the connection ends.
func (s *shard) readConn(ctx context.Context, c *client, g *goroutineConn, tag uint32) {
	buffer := make([]byte, connBuffer)
	limit := len(buffer)
	for {
		n, err := g.conn.Read(buffer[:limit])
		s.mu.Lock()
		if c.tag() != tag || c.conn != g {
			s.mu.Unlock()
			return
		}
		if n > 0 {
			s.receive(c, buffer[:n], 0)
		}
		if err != nil && c.conn == g {
			if causeOf(err) == "closed by the server" {
				s.end(c)
			} else {
				s.lose(c, s.stage(c)+causeOf(err))
			}
		}
		goesOn := c.tag() == tag && c.conn == g
		slow := c.slow && c.status == open
		s.wakeIfEarlier()
		s.mu.Unlock()
		if !goesOn {
			return
		}
		if slow {
			limit = min(len(buffer), s.engine.slowRead)
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(s.slowPauseUs(n)) * time.Microsecond):
			}
		}
	}
}
