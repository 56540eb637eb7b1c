package engine

import (
	"errors"
	"fmt"
	"mime"
	"syscall"

	"github.com/matchday/crowd/coding"
)

// attend does what a socket's event asks for.
func (s *shard) attend(c *client, event readyEvent) {
	if c.tag() != event.attempt || c.fd < 0 {
		return
	}
	if c.status == connecting {
		if err := s.poller.connectResult(c.fd); err != nil {
			// Not connected yet: the poller has only looked at a socket that is new to it.
			if errors.Is(err, syscall.ENOTCONN) && !event.ending {
				return
			}
			s.lose(c, "connect: "+causeOf(err))
			return
		}
		s.settled(c)
		s.ask(c)
	}
	if c.throttled || c.fd < 0 {
		return
	}
	s.read(c, event.ending)
}

// read takes what the socket holds; ending: go on until the end shows.
func (s *shard) read(c *client, ending bool) {
	fd := c.fd
	for c.fd == fd && fd >= 0 {
		limit := len(s.buffer)
		if c.slow && c.status == open {
			limit = min(limit, s.engine.slowRead)
		}
		n, arrivedUs, err := s.poller.receive(fd, s.buffer[:limit])
		switch {
		case err != nil && wouldBlock(err):
			return
		case err != nil:
			s.lose(c, s.stage(c)+causeOf(err))
			return
		case n == 0:
			s.end(c)
			return
		}
		s.receive(c, s.buffer[:n], arrivedUs)
		if c.slow && c.status == open && c.fd == fd {
			c.throttled = true
			s.after(c, slowReadTimer, s.slowPauseUs(n))
			return
		}
		if n < limit && !ending {
			return
		}
	}
}

// slowPauseUs is how long a slow reader takes for n bytes.
func (s *shard) slowPauseUs(n int) int64 {
	return int64(float64(n) / s.plan.SlowReaders.BytesPerSecond * 1e6)
}

// stage begins the cause of an error.
func (s *shard) stage(c *client) string {
	switch c.status {
	case open:
		return "stream: "
	case awaiting:
		return "response: "
	default:
		return "connect: "
	}
}

// stamped counts an arrival by who has stamped it; what never arrived has no stamp.
func (s *shard) stamped(kernel bool) {
	if kernel {
		s.timestamps.Kernel++
	} else {
		s.timestamps.Reader++
	}
}

// receive takes bytes of a connection; arrivedUs is 0 where the kernel said no time.
func (s *shard) receive(c *client, b []byte, arrivedUs int64) {
	now := nowUs()
	s.counters.Bytes += int64(len(b))
	s.stamped(arrivedUs > 0)
	if arrivedUs > 0 {
		s.engine.measures.record(readLag, arrivedUs-s.engine.startUs, max(now-arrivedUs, 0))
	} else {
		arrivedUs = now
	}
	s.arrivalUs = arrivedUs
	s.current = c
	if c.status == awaiting {
		n, done, err := c.response.Header(b)
		if err != nil {
			s.lose(c, "response: "+causeOf(err))
			return
		}
		if !done || !s.judge(c) {
			return
		}
		s.settle(c)
		if c.status != open {
			return
		}
		b = b[n:]
	}
	onBody := s.onBody
	if c.coding != nil {
		onBody = s.onCoded
	}
	_, err := c.response.Body(b, onBody)
	switch {
	case err != nil:
		s.lose(c, "stream: "+causeOf(err))
	case c.parser.Err() != nil:
		s.tooLarge(c)
	case c.coding != nil && c.coding.Err() != nil:
		s.lose(c, "stream: "+c.coding.Err().Error())
	case c.coding != nil && c.coding.Ended():
		// Nothing can come any more, although the connection stands.
		s.lose(c, "stream: ended by the server")
	case c.response.Done():
		s.end(c)
	}
	s.settle(c)
}

// decodedPiece is what a decoder gives at once.
const decodedPiece = 8 << 10

// decode makes ready for the content coding of an answer; false when there is one that cannot be decoded.
func (s *shard) decode(c *client) bool {
	encoding := c.response.Fields().ContentEncoding
	if encoding == "" {
		return true
	}
	if s.decoded == nil {
		s.decoded = make([]byte, decodedPiece)
	}
	var err error
	if c.coding, err = coding.New(encoding, s.decoded); err != nil {
		s.finish(c, "response: "+err.Error())
		return false
	}
	return true
}

// judge acts on a response as an EventSource does; true: the stream is accepted.
func (s *shard) judge(c *client) bool {
	code := c.response.Status()
	if cookies := c.response.Fields().SetCookies; cookies != "" {
		s.keepCookies(c, s.originOf(c), s.targetOf(c), cookies)
	}
	if c.walks() && code != 200 && !isRedirect(code) {
		s.refused(c, code)
		return false
	}
	switch {
	case code == 200:
		contentType := c.response.Fields().ContentType
		if media, _, _ := mime.ParseMediaType(contentType); media != "text/event-stream" {
			s.finish(c, fmt.Sprintf("response: content type %.40q is no event stream", media))
			return false
		}
		if !s.decode(c) {
			return false
		}
		s.accept(c)
		return true
	case code == 204:
		s.finish(c, "response: status 204")
	case isRedirect(code):
		s.redirect(c)
	case code == 429 || code >= 500:
		s.busy(c)
	default:
		s.finish(c, fmt.Sprintf("response: status %d", code))
	}
	return false
}

// accept: the header of an event stream has come.
func (s *shard) accept(c *client) {
	c.status = open
	s.counters.Open++
	s.accepts++
	c.parser.Reset()
	c.sequence.Resumed()
	c.snapshotted = false
	c.resumed = c.accepted
	c.older = nil
	if c.epoch != nil {
		c.catchUpTo = c.epoch.head.Load()
	}
	if c.accepted {
		if c.disconnectedUs != 0 {
			s.reconnected(c)
		}
	} else {
		c.accepted = true
		s.counters.Connected++
		planned := s.plan.plannedUs(s.id(c))
		if !c.walks() || c.walk.dueUs == planned+s.engine.startUs {
			s.engine.measures.record(connect, planned, s.sincePlanned(planned))
		}
		s.lastConnectUs = max(s.lastConnectUs, s.arrivalUs-s.engine.startUs)
		s.engine.firstConnect()
		s.endSpan(c, s.arrivalUs, "")
	}
	// What ids alone say is known with the next event: it goes on without a gap, or it does not.
	if !c.foreign {
		s.checkCaughtUp(c)
	}
	s.opened(c)
}

// sincePlanned is from a planned instant to the arrival of what is being read.
func (s *shard) sincePlanned(plannedUs int64) int64 {
	return max(s.arrivalUs-s.engine.startUs-plannedUs, 0)
}

// end: the peer has closed the connection.
func (s *shard) end(c *client) {
	err := c.response.EOF()
	switch {
	case c.status == open && err == nil:
		s.lose(c, "stream: ended by the server")
	case c.status == open:
		s.lose(c, "stream: ended within a response")
	default:
		s.lose(c, s.stage(c)+"closed by the server")
	}
}
