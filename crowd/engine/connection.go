package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"syscall"
)

// slowReceiveBuffer makes the kernel of a slow reader close its window early, as a phone on a bad network does.
const slowReceiveBuffer = 4096

// begin starts an attempt, with the edge that is the client's now.
func (s *shard) begin(c *client) {
	c.attempt++
	c.hops = 0
	c.redirect = nil
	c.begunMs = uint32(max(nowUs()-s.engine.startUs, 0) / 1000)
	s.tellStream(c, "invoke", 0, "")
	s.after(c, connectTimeout, usOf(s.plan.ConnectTimeoutMs))
	if s.plan.Trace != nil {
		s.beginSpan(c, nowUs())
	}
	s.dial(c)
}

// edgesOf are those that a client goes round.
func (s *shard) edgesOf(c *client) []edgeRoute {
	if c.walks() {
		return s.engine.targets[c.walk.stream.Target].routes
	}
	return s.engine.edges
}

func (s *shard) originOf(c *client) *origin {
	if c.redirect != nil {
		return c.redirect.origin
	}
	return s.edgesOf(c)[c.edge].origin
}

func (s *shard) dial(c *client) {
	c.response.Reset()
	to := s.originOf(c)
	address := to.address(s.id(c) + int64(c.attempt))
	if !address.IsValid() {
		s.lookUp(c, to)
		return
	}
	if to.https || !nativeSockets {
		s.dialInGoroutine(c, to, address)
		return
	}
	c.status = connecting
	fd, established, err := s.poller.dial(address, s.engine.source, s.receiveBufferOf(c), s.indexOf(c), c.tag())
	if err != nil {
		s.lose(c, "connect: "+causeOf(err))
		return
	}
	c.fd = fd
	if established {
		s.ask(c)
		return
	}
	c.handshaking = true
	s.dialing++
}

func (s *shard) settled(c *client) {
	if c.handshaking {
		c.handshaking = false
		s.dialing--
	}
}

func (s *shard) receiveBufferOf(c *client) int {
	if c.slow {
		return slowReceiveBuffer
	}
	return 0
}

// lookUp asks for the addresses of a host, and dials when they are there.
func (s *shard) lookUp(c *client, to *origin) {
	c.status = resolving
	tag := c.tag()
	go func() {
		ctx, cancel := context.WithTimeout(s.engine.ctx, s.engine.connectTimeout)
		defer cancel()
		err := to.lookUp(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		if c.tag() != tag || c.status != resolving {
			return
		}
		switch {
		case err != nil:
			s.lose(c, "connect: "+causeOf(err))
		default:
			s.dial(c)
		}
		s.wakeIfEarlier()
	}()
}

// ask sends the request on a connection that stands.
func (s *shard) ask(c *client) {
	c.status = awaiting
	s.request = s.requestOf(s.request[:0], c)
	if err := s.poller.send(c.fd, s.request); err != nil {
		s.lose(c, "connect: "+causeOf(err))
	}
}

// lose ends a connection or an attempt, and schedules the next, at the next edge.
func (s *shard) lose(c *client, cause string) { s.loseFor(c, cause, 0) }

// loseFor does, and stays away for at least a time.
func (s *shard) loseFor(c *client, cause string, awayUs int64) {
	s.count(cause)
	s.endSpan(c, nowUs(), cause)
	s.tellLost(c, cause)
	if c.status == open {
		s.counters.Open--
		s.counters.Disconnects++
		if c.disconnectedUs == 0 {
			c.disconnectedUs = nowUs()
			c.owedFrom = c.sequence.Next()
		}
		if c.trail != nil {
			c.trail.Lost(s.engine.numberings[c.stream].recent.Next())
		}
	} else {
		s.counters.ConnectErrors++
		s.fails++
	}
	s.hangUp(c)
	c.status = pausing
	c.edge = uint16((int(c.edge) + 1) % len(s.edgesOf(c)))
	retryMs, asked := c.parser.Retry()
	delayUs := s.plan.retryDelayUs(s.id(c), c.attempt, retryMs, asked)
	if awayUs > 0 {
		// All that were sent away together would come back together.
		delayUs = max(delayUs, s.plan.retryDelayUs(s.id(c), c.attempt, int(awayUs/1000), true))
	}
	s.after(c, retryTimer, delayUs)
}

// finish: the server wants no more of this client.
func (s *shard) finish(c *client, cause string) {
	if c.walks() {
		// A journey says itself what ends it; what else goes wrong is tried again.
		s.lose(c, cause)
		return
	}
	s.count(cause)
	s.endSpan(c, nowUs(), cause)
	if c.status == open {
		s.counters.Open--
		s.counters.Disconnects++
	} else {
		s.counters.ConnectErrors++
		s.fails++
	}
	s.hangUp(c)
	c.status = ended
}

// tooLarge: an event is larger than what is read of one. The stream would bring it again after each reconnect.
func (s *shard) tooLarge(c *client) {
	cause := fmt.Sprintf("stream: event above the limit of %s (EVENT_LIMIT, eventLimitBytes)", sizeOf(s.plan.eventLimit()))
	if c.walks() {
		s.fail(c, cause, s.arrivalUs)
		return
	}
	s.finish(c, cause)
}

// sizeOf is in the largest unit that makes it a whole number.
func sizeOf(bytes int64) string {
	switch {
	case bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d B", bytes)
}

// leave: the fan goes, as planned or because the run ends.
func (s *shard) leave(c *client) {
	s.cutShort(c)
	s.unanswered(c)
	if c.status == open {
		s.counters.Open--
		s.endSpan(c, nowUs(), "left before it had caught up")
	} else {
		s.endSpan(c, nowUs(), "left before there was an answer")
	}
	s.hangUp(c)
	s.conclude(c)
	c.status = left
}

func (s *shard) hangUp(c *client) {
	s.settled(c)
	if c.fd >= 0 {
		s.poller.hangUp(c.fd)
		c.fd = -1
	}
	if c.conn != nil {
		c.conn.hangUp()
		c.conn = nil
	}
	if c.coding != nil {
		if withheld := c.coding.Withheld(); withheld != nil {
			s.count("stream: " + withheld.Error())
		}
		c.coding.Close()
		c.coding = nil
	}
	c.response.Reset()
	c.parser.Reset()
	c.throttled = false
}

// maxCauses bounds what a target can make us remember.
const maxCauses = 64

func (s *shard) count(cause string) {
	if _, known := s.errors[cause]; !known && len(s.errors) >= maxCauses {
		cause = "other"
	}
	s.errors[cause]++
}

// causeOf says what went wrong in the system's words, without the addresses, so that causes can be counted.
func causeOf(err error) string {
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	if errors.Is(err, io.EOF) {
		return "closed by the server"
	}
	text := err.Error()
	if i := strings.LastIndex(text, ": "); i >= 0 && strings.Contains(text[:i], "->") {
		text = text[i+2:]
	}
	return text
}

// sourceOf reads the local address to connect from.
func sourceOf(address string) netip.Addr {
	source, _ := netip.ParseAddr(address)
	return source.Unmap()
}
