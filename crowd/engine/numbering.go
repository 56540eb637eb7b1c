package engine

import (
	"fmt"
	"sync"
	"sync/atomic"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/tracker"
)

// numbering is what this generator knows of the ids of one stream.
type numbering struct {
	mode crowd.IDMode
	// current is the epoch that the clients are in, or are to find out about.
	current atomic.Pointer[epoch]
	// recent is of events that are not in our envelope.
	recent tracker.Recent
}

// epoch is one run of a numbering: it ends where a server begins again at a low number.
type epoch struct {
	number uint32
	// head is the greatest number seen.
	head atomic.Uint64
	// sighted is the greatest number of an event, and newestUs its greatest time of publishing: a snapshot, which is as of a
	// number, does not say when that was published.
	sighted  atomic.Uint64
	newestUs atomic.Int64
	// before is the epoch that this one has ended; only the last is known.
	before atomic.Pointer[epoch]

	mu sync.Mutex
	// marked was the head at markedUs, settled that at the mark before; they are at least inFlightUs apart.
	marked, settled    uint64
	raisedUs, markedUs int64
}

// inFlightUs is how long others may have had an event before it is concluded that a client which leaves will not get it.
const inFlightUs = 1_000_000

func newNumbering(mode crowd.IDMode) *numbering {
	n := &numbering{mode: mode}
	n.current.Store(&epoch{})
	return n
}

// counted: an event has come with a number of it.
func (n *numbering) counted() bool {
	current := n.current.Load()
	return current.number > 0 || current.sighted.Load() > 0
}

// seen raises the greatest number that this generator has seen in an epoch.
func (e *epoch) seen(seq uint64, atUs int64) {
	if seq <= e.head.Load() {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	head := e.head.Load()
	if seq <= head {
		return
	}
	if atUs-e.markedUs >= inFlightUs {
		e.settled, e.marked, e.markedUs = e.marked, head, atUs
	}
	e.raisedUs = atUs
	e.head.Store(seq)
}

// sight takes an event. The time goes first: whoever sees the number finds it published.
func (e *epoch) sight(of sighting) {
	for known := e.newestUs.Load(); of.publishedUs > known && !e.newestUs.CompareAndSwap(known, of.publishedUs); {
		known = e.newestUs.Load()
	}
	for known := e.sighted.Load(); of.seq > known && !e.sighted.CompareAndSwap(known, of.seq); {
		known = e.sighted.Load()
	}
}

// surpassed: others have had this number, or a later one, and all that they have had was published before.
func (e *epoch) surpassed(of sighting) bool {
	return of.seq <= e.sighted.Load() && of.publishedUs > e.newestUs.Load()
}

// headBefore is a number that others had got at least inFlightUs before.
func (e *epoch) headBefore(nowUs int64) uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case nowUs-e.raisedUs >= inFlightUs:
		return e.head.Load()
	case nowUs-e.markedUs >= inFlightUs:
		return e.marked
	default:
		return e.settled
	}
}

// join is the epoch of a client whose first event or snapshot was published then; 0: that is not known.
func (n *numbering) join(publishedUs int64) *epoch {
	current := n.current.Load()
	if before := current.before.Load(); before != nil && publishedUs != 0 && publishedUs <= before.newestUs.Load() {
		return before
	}
	return current
}

// after is the epoch that follows a client's own: the one that others have found, or a new one.
func (n *numbering) after(own *epoch) *epoch {
	fresh := &epoch{number: own.number + 1}
	fresh.before.Store(own)
	if n.current.CompareAndSwap(own, fresh) {
		own.before.Store(nil)
		return fresh
	}
	return n.current.Load()
}

// sighting is one event as its numbering sees it.
type sighting struct {
	seq uint64
	// publishedUs is 0 where it is not known.
	publishedUs int64
	// content is a hash; 0 for events in our envelope, which are told apart by their time.
	content uint64
}

// again says what an event is whose number the client has had, or is not owed.
//
// A replayed event is what it was: it was published no later than the newest of its epoch, or, where there is no time,
// its content is the one that came with its number. An event of a numbering that has begun again was published later,
// or has another content. One such event alone may be a number that was given twice: a new epoch is concluded from two
// in a row. What cannot be told apart, since it is too long ago or all contents are the same, is not judged.
func (n *numbering) again(c *client, of sighting) tracker.Again {
	if of.publishedUs != 0 {
		if c.epoch.surpassed(of) {
			return tracker.Another
		}
		return tracker.Same
	}
	return n.recent.Compare(tracker.Event{ID: of.seq, Content: of.content}, c.epoch.number)
}

// observe follows the client's sequence where ids are contiguous; true: this is the first delivery of an event that it
// is owed.
func (s *shard) observe(c *client, of sighting) bool {
	n := s.engine.numberings[c.stream]
	started := c.sequence.Started()
	if !started {
		c.epoch = n.join(of.publishedUs)
	}
	onThisConnection := c.sequence.High()
	if next := c.sequence.Next(); started && of.seq > next {
		s.passIgnored(c, next, of.seq)
	}
	kind := c.sequence.Observe(of.seq)
	if kind == tracker.Duplicate || kind == tracker.Before {
		return s.observeAgain(c, of, kind, of.seq == onThisConnection)
	}
	if !started {
		s.enrol(c)
	}
	s.sight(c, of)
	if of.content != 0 {
		c.foreign = true
		s.place(c, tracker.Event{ID: of.seq, Content: of.content})
	}
	if kind == tracker.Reordered {
		s.counters.Reordered++
		s.note(crowd.Anomaly{Kind: "reordered", Client: s.id(c), Seq: of.seq}, c.stream,
			"came after a later one on the same connection")
	}
	return true
}

// sight tells the epoch of what a client got that it had not had. A number that others have had, on an event that was
// published later than all of theirs, is one of the next epoch, in which this client has begun.
func (s *shard) sight(c *client, of sighting) {
	if c.epoch.surpassed(of) {
		if c.begunAgain != of.seq {
			c.begunAgain = of.seq + 1
			return
		}
		c.epoch = s.engine.numberings[c.stream].after(c.epoch)
	}
	c.begunAgain = 0
	c.epoch.sight(of)
	c.epoch.seen(of.seq, s.arrivalUs)
}

func (s *shard) observeAgain(c *client, of sighting, kind tracker.Kind, repeatsLast bool) bool {
	n := s.engine.numberings[c.stream]
	again := n.again(c, of)
	if again == tracker.Unknown && repeatsLast {
		again = tracker.Same
	}
	if again == tracker.Same {
		c.begunAgain = 0
		if kind == tracker.Duplicate {
			s.duplicate(c, of.seq, "")
		}
		return false
	}
	if c.begunAgain != of.seq {
		c.begunAgain = of.seq + 1
		s.counters.NotJudged++
		return false
	}
	s.beginEpoch(c, n.after(c.epoch))
	return s.observe(c, of)
}

// beginEpoch: the numbering of the client's stream has begun again. What it lacks of the old one does not come any more.
// Whether that which was missed while it was away has come cannot be told.
func (s *shard) beginEpoch(c *client, next *epoch) {
	s.concludeGaps(c)
	c.sequence = tracker.Sequence{}
	c.epoch = next
	c.begunAgain = 0
	c.state = nil
	if c.older != nil {
		c.state = c.older.Snapshot
		c.older = nil
	}
	c.resumed = false
	c.catchUpTo = 0
	s.onlyReconnected(c)
}

func (s *shard) duplicate(c *client, seq uint64, detail string) {
	s.counters.Duplicate++
	s.note(crowd.Anomaly{Kind: "duplicate", Client: s.id(c), Seq: seq}, c.stream, detail)
}

// placed is the last event that a shard has looked up: everybody gets the same at about the same time.
type placed struct {
	event  tracker.Event
	place  uint64
	reused bool
	valid  bool
}

func (s *shard) place(c *client, event tracker.Event) placed {
	last := &s.streams[c.stream].placed
	if !last.valid || last.event != event {
		var epoch uint32
		if c.epoch != nil {
			epoch = c.epoch.number
		}
		place, reused := s.engine.numberings[c.stream].recent.Place(event, epoch)
		*last = placed{event, place, reused, true}
	}
	return *last
}

// follow takes an event whose id is not contiguous; true: it has not come before, as far as is known.
func (s *shard) follow(c *client, event tracker.Event, id []byte) bool {
	if c.trail == nil {
		c.trail = &tracker.Trail{}
	}
	at := s.place(c, event)
	opaque := s.engine.numberings[c.stream].mode == crowd.Opaque
	switch c.trail.Saw(at.place) {
	case tracker.Before:
		return true
	case tracker.Duplicate:
		if opaque {
			s.duplicate(c, 0, fmt.Sprintf("id %.40q", id))
		} else {
			s.duplicate(c, event.ID, "")
		}
		return false
	}
	if opaque {
		return true
	}
	for range c.trail.Order(event.ID, at.reused) {
		s.counters.Reordered++
		s.note(crowd.Anomaly{Kind: "reordered", Client: s.id(c), Seq: event.ID}, c.stream,
			"one with a lower number came before it, after a higher one on the same connection")
	}
	return true
}
