package engine

import (
	"sync"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/journey"
	"github.com/matchday/crowd/sse"
)

// readBuffer takes a burst of events in one read.
const readBuffer = 32 << 10

// releaseAtOnce is how many clients are released, or leave, before sockets are read again.
const releaseAtOnce = 64

// shard plays a part of the clients, all in one goroutine: it walks their planned instants and timers, dials without
// waiting, and reads whatever its poller says is ready. Connections that need a goroutine (TLS) hand what they read to
// it under its lock.
type shard struct {
	engine *Engine
	plan   *plan
	poller *poller

	mu      sync.Mutex
	clients []client
	// quoteAtUs is the source time of the quote on each client's screen; 0 before the first, and
	// for slow readers.
	quoteAtUs []int64
	timers    timers
	// arrived counts the clients that were released; they come in the order of the array.
	arrived int
	// departed counts those that have been made to leave.
	departed     int
	nextSampleUs int64
	// closed: the poller is gone.
	closed bool
	// dialing counts native connections that do not stand yet.
	dialing int
	// dueUs is until when the goroutine waits.
	dueUs int64

	buffer  []byte
	request []byte
	headers []http1.Header

	// What is being read: set for the calls of onBody and onEvent.
	current   *client
	arrivalUs int64
	onBody    func([]byte)
	onEvent   func(*sse.Event)
	// onCoded is onBody for a body that is coded; onDecoded gets what was decoded, which lies in decoded.
	onCoded   func([]byte)
	onDecoded func([]byte) bool
	decoded   []byte

	counters crowd.Counters
	// accepts are streams that were accepted; fails are attempts that are known not to be.
	accepts, fails int64
	timestamps     crowd.Timestamps
	samplesSkipped int64
	lastConnectUs  int64
	errors         map[string]int64
	streams        []streamTally
	lastTime       lastTime
	// addressed: something in our envelope has come.
	addressed bool
	// lateUsers are the clients that have gone with a late event, by class.
	lateUsers [envelope.NumClasses]int64
	// tracing is the traced attempt of each client that has one, by its place in the array.
	tracing map[int32]*crowd.Span
	// ends counts journeys by how they ended.
	ends map[ending]int64
	// scope is what the templates of the client that is being walked see.
	scope       journey.Scope
	scopeClient *client
}

func newShard(e *Engine, number, shards int) (*shard, error) {
	poller, err := newPoller()
	if err != nil {
		return nil, err
	}
	s := &shard{
		engine:  e,
		plan:    e.plan,
		poller:  poller,
		buffer:  make([]byte, readBuffer),
		errors:  map[string]int64{},
		streams: make([]streamTally, len(e.plan.Streams)),
	}
	count := (e.plan.clients - number + shards - 1) / shards
	s.clients = make([]client, count)
	s.quoteAtUs = make([]int64, count)
	for i := range s.clients {
		k := number + i*shards
		id := e.plan.id(k)
		s.clients[i] = client{
			k:      int32(k),
			fd:     -1,
			stream: uint16(max(e.plan.streamOf(id), 0)),
			edge:   uint16(e.plan.edgeOf(k)),
			slow:   e.plan.isSlow(id),
		}
		s.clients[i].parser.Limit = int32(e.plan.eventLimit())
		s.clients[i].response.KeepCookies = e.plan.Cookies
	}
	s.onBody = func(piece []byte) { s.current.parser.Feed(piece, s.onEvent) }
	s.onCoded = func(piece []byte) { s.current.coding.Feed(piece, s.onDecoded) }
	s.onDecoded = func(piece []byte) bool {
		s.onBody(piece)
		return s.current.parser.Err() == nil
	}
	s.onEvent = s.take
	s.ends = map[ending]int64{}
	s.makeScope()
	return s, nil
}

func (s *shard) id(c *client) int64 { return s.plan.id(int(c.k)) }

// indexOf is the client's place in the array.
func (s *shard) indexOf(c *client) int32 { return c.k / int32(len(s.engine.shards)) }

// run plays until all clients have left.
func (s *shard) run() error {
	defer s.closePoller()
	s.nextSampleUs = s.engine.startUs + s.sampleEveryUs()
	for {
		s.mu.Lock()
		next, more := s.walk(nowUs())
		s.dueUs = next
		s.mu.Unlock()
		if !more {
			return nil
		}
		ready, err := s.poller.wait(time.Duration(next-nowUs()) * time.Microsecond)
		if err != nil {
			return err
		}
		if len(ready) == 0 {
			continue
		}
		s.mu.Lock()
		for _, event := range ready {
			if event.client != wakeClient {
				s.attend(&s.clients[event.client], event)
			}
		}
		gather := len(ready) < gatherBelow && s.dialing == 0
		s.mu.Unlock()
		if gather {
			time.Sleep(min(gatherFor, time.Duration(next-nowUs())*time.Microsecond))
		}
	}
}

// A server writes to its clients one after the other, and waking up for each costs as much as reading it. Arrivals are
// stamped by the kernel, so that nothing is lost by letting some gather, for as long as no handshake waits for us.
const (
	gatherFor   = time.Millisecond
	gatherBelow = 64
)

// idleUs is the longest wait: what has no timer is looked at then.
const idleUs = 100_000

// walk does what is due, and says when it wants to be called again; false when all have left.
func (s *shard) walk(now int64) (next int64, more bool) {
	if s.engine.leaving(now) {
		return now, s.depart()
	}
	next = min(now+idleUs, s.engine.leaveAt())
	for released := 0; s.arrived < len(s.clients); released++ {
		c := &s.clients[s.arrived]
		due := s.engine.startUs + s.plan.plannedUs(s.id(c))
		if due > now {
			next = min(next, due)
			break
		}
		if released == releaseAtOnce {
			next = now
			break
		}
		s.arrived++
		s.release(c, due)
		// What was begun took time, and that is the lag of those who come next.
		released := nowUs()
		s.engine.measures.record(releaseLag, due-s.engine.startUs, released-due)
		now = max(now, released)
	}
	for len(s.timers) > 0 {
		if at := s.timers[0].atUs; at > now {
			next = min(next, at)
			break
		}
		s.fire(s.timers.pop())
	}
	if every := s.sampleEveryUs(); every > 0 {
		if now >= s.nextSampleUs {
			s.sample(now, every)
		}
		next = min(next, s.nextSampleUs)
	}
	return next, true
}

// after sets a timer for this attempt of a client.
func (s *shard) after(c *client, kind timerKind, delayUs int64) {
	s.timers.push(timer{atUs: nowUs() + delayUs, client: s.indexOf(c), attempt: c.attempt, kind: kind})
}

func (s *shard) closePoller() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.poller.close()
	s.closed = true
}

// wake ends the shard's wait. The lock must be held: a poller that is closed has no descriptor of its own any more.
func (s *shard) wake() {
	if !s.closed {
		s.poller.wake()
	}
}

// wakeIfEarlier: what another goroutine has scheduled may come before what the shard waits for.
func (s *shard) wakeIfEarlier() {
	if len(s.timers) > 0 && s.timers[0].atUs < s.dueUs {
		s.wake()
	}
}

func (s *shard) fire(t timer) {
	c := &s.clients[t.client]
	if t.kind == walkTimer {
		if c.walk.tag == t.attempt {
			s.walkTimeUp(c, t.atUs)
		}
		return
	}
	if c.attempt != t.attempt {
		return
	}
	switch t.kind {
	case retryTimer:
		if c.status == pausing {
			s.begin(c)
		}
	case connectTimeout:
		switch c.status {
		case resolving, connecting:
			s.lose(c, "connect: timeout")
		case awaiting:
			s.lose(c, "response: timeout")
		}
	case slowReadTimer:
		if c.throttled {
			c.throttled = false
			s.read(c, true)
		}
	}
}

// depart makes some clients leave; false when none is left.
func (s *shard) depart() bool {
	for range releaseAtOnce {
		if s.departed == len(s.clients) {
			return false
		}
		s.leave(&s.clients[s.departed])
		s.departed++
	}
	return true
}

func (s *shard) sampleEveryUs() int64 { return usOf(s.plan.QuoteSampleMs) }

// sample looks at the quote on every screen. It is due at whole multiples of the interval since the start; one that the
// generator was too late for is counted, and not made up.
func (s *shard) sample(now, every int64) {
	due := s.nextSampleUs
	if missed := (now - due) / every; missed > 0 {
		s.samplesSkipped += missed * s.quotesShown()
		due += missed * every
	}
	s.nextSampleUs = due + every
	recorder := &s.engine.measures.byPhase[staleOddsAge][s.plan.phaseAt(due-s.engine.startUs)]
	published := now + s.engine.offsetUs
	// Neighbours mostly show the same quote: count them, and record once.
	var same int64
	var count uint32
	for _, quoteAt := range s.quoteAtUs[:s.arrived] {
		if quoteAt == 0 {
			continue
		}
		if quoteAt != same {
			recorder.RecordN(max(published-same, 0), count)
			same, count = quoteAt, 0
		}
		count++
	}
	recorder.RecordN(max(published-same, 0), count)
}

func (s *shard) quotesShown() (count int64) {
	for _, quoteAt := range s.quoteAtUs[:s.arrived] {
		if quoteAt != 0 {
			count++
		}
	}
	return count
}

func nowUs() int64 { return time.Now().UnixMicro() }
