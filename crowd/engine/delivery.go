package engine

import (
	"fmt"
	"strconv"

	"github.com/matchday/crowd/envelope"
	"github.com/matchday/crowd/sse"
	"github.com/matchday/crowd/tracker"

	crowd "github.com/matchday/crowd"
)

// cohort is what a client is owed: every event after fromSeq; slow readers apart.
type cohort struct {
	fromSeq uint64
	slow    bool
}

type eventTally struct{ onTime, late, recovered int64 }

// streamTally counts what the clients of one shard got of one stream.
type streamTally struct {
	cohorts map[cohort]int64
	events  map[uint64]*eventTally
	screens map[screen]int64
	// Everybody gets the same event at about the same time: the last one is looked for first.
	lastSeq uint64
	last    *eventTally
}

func (t *streamTally) of(seq uint64) *eventTally {
	if t.last != nil && t.lastSeq == seq {
		return t.last
	}
	if t.events == nil {
		t.events = map[uint64]*eventTally{}
	}
	tally := t.events[seq]
	if tally == nil {
		tally = &eventTally{}
		t.events[seq] = tally
	}
	t.lastSeq, t.last = seq, tally
	return tally
}

// take is called for every event of the client that is being read.
func (s *shard) take(event *sse.Event) {
	c := s.current
	if c.walks() {
		s.takeOfJourney(c, event)
		return
	}
	e := s.engine.envelopes.Lookup(event.Data)
	if e.Malformed != nil {
		s.takeForeign(c, event)
		return
	}
	if e.IsSnapshot() {
		if e.Stream == s.plan.Streams[c.stream].ID {
			s.takeSnapshot(c, e)
		} else {
			s.misdelivered(c, e)
		}
		return
	}
	s.counters.Events++
	if e.Stream != s.plan.Streams[c.stream].ID || (e.To != envelope.Everybody && e.To != s.id(c)) {
		s.misdelivered(c, e)
		return
	}
	s.sawEvent(c)
	if !s.observe(c, e.Seq) {
		return
	}
	if e.Event != 0 {
		c.state = s.engine.machine.Apply(c.state, e.Event)
	}
	s.showQuote(c, e.QuoteAtUs)
	ageUs := s.arrivalUs + s.engine.offsetUs - e.PublishedAtUs
	if ageUs < 0 {
		s.count("clock: negative age")
		ageUs = 0
	}
	if !c.slow {
		s.engine.measures.recordAge(e, e.PublishedAtUs-s.engine.offsetUs-s.engine.startUs, ageUs)
		deadline, limited := s.engine.deadlineOf(e)
		s.deliver(c, e.Seq, limited && ageUs > deadline)
	}
	s.checkCaughtUp(c)
}

// takeForeign reads an event of a server that knows nothing of our envelope: its id is its number, where it is one.
func (s *shard) takeForeign(c *client, event *sse.Event) {
	s.counters.Events++
	s.sawEvent(c)
	seq, err := strconv.ParseUint(string(event.ID), 10, 63)
	if err != nil || seq == 0 || !s.observe(c, seq) {
		return
	}
	if !c.slow {
		s.deliver(c, seq, false)
	}
	s.checkCaughtUp(c)
}

func (s *shard) takeSnapshot(c *client, e *envelope.Envelope) {
	s.sawEvent(c)
	s.seen(c, e.Seq)
	started := c.sequence.Started()
	outdated := started && e.Seq+1 < c.sequence.Next()
	c.sequence.Snapshot(e.Seq)
	if !started {
		s.enrol(c)
	}
	if outdated {
		return
	}
	c.snapshotted = true
	c.state = e.Snapshot
	s.showQuote(c, e.QuoteAtUs)
	s.checkCaughtUp(c)
}

// observe follows the client's sequence; true: this is the first delivery of an event that it is owed.
func (s *shard) observe(c *client, seq uint64) bool {
	s.seen(c, seq)
	started := c.sequence.Started()
	kind := c.sequence.Observe(seq)
	if !started {
		s.enrol(c)
	}
	switch kind {
	case tracker.Before:
		return false
	case tracker.Duplicate:
		s.counters.Duplicate++
		s.note(crowd.Anomaly{Kind: "duplicate", Client: s.id(c), Seq: seq}, c.stream, "")
		return false
	case tracker.Reordered:
		s.counters.Reordered++
		s.note(crowd.Anomaly{Kind: "reordered", Client: s.id(c), Seq: seq}, c.stream,
			"came after a later one on the same connection")
	}
	return true
}

func (s *shard) deliver(c *client, seq uint64, late bool) {
	tally := s.streams[c.stream].of(seq)
	if late {
		tally.late++
		s.counters.Late++
	} else {
		tally.onTime++
		s.counters.OnTime++
	}
	// What a resume was to bring: published before this connection was accepted.
	if c.resumed && seq <= c.catchUpTo {
		tally.recovered++
	}
}

// seen raises the greatest number that this generator has seen on a stream.
func (s *shard) seen(c *client, seq uint64) {
	head := &s.engine.heads[c.stream]
	for {
		known := head.Load()
		if seq <= known || head.CompareAndSwap(known, seq) {
			return
		}
	}
}

// enrol notes what the client is owed from now on.
func (s *shard) enrol(c *client) {
	tally := &s.streams[c.stream]
	if tally.cohorts == nil {
		tally.cohorts = map[cohort]int64{}
	}
	tally.cohorts[cohort{fromSeq: c.sequence.First(), slow: c.slow}]++
}

func (s *shard) sawEvent(c *client) {
	if c.sawEvent {
		return
	}
	c.sawEvent = true
	planned := s.plan.plannedUs(s.id(c))
	s.engine.measures.record(firstEvent, planned, s.sincePlanned(planned))
}

func (s *shard) showQuote(c *client, quoteAtUs int64) {
	if c.slow {
		// Its quote is old because it reads slowly.
		return
	}
	shown := &s.quoteAtUs[s.indexOf(c)]
	*shown = max(*shown, quoteAtUs)
}

func (s *shard) misdelivered(c *client, e *envelope.Envelope) {
	s.counters.Misdelivered++
	detail := "of stream " + e.Stream
	if e.To != envelope.Everybody {
		detail = "for client " + strconv.FormatInt(e.To, 10)
	}
	s.note(crowd.Anomaly{Kind: "misdelivered", Client: s.id(c), Seq: e.Seq}, c.stream, detail)
}

// checkCaughtUp ends a resume: disconnect to now, in the phase of the disconnect.
func (s *shard) checkCaughtUp(c *client) {
	if c.disconnectedUs == 0 || !c.caughtUp() {
		return
	}
	s.counters.Resumes++
	if !c.slow {
		s.engine.measures.record(resume, c.disconnectedUs-s.engine.startUs, max(s.arrivalUs-c.disconnectedUs, 0))
	}
	c.disconnectedUs = 0
	s.endSpan(c, s.arrivalUs, "")
}

// note writes an anomaly down, while the sample of its kind has room.
func (s *shard) note(anomaly crowd.Anomaly, stream uint16, detail string) {
	if !s.engine.anomalies.room(anomaly.Kind) {
		return
	}
	anomaly.Stream = s.plan.Streams[stream].ID
	anomaly.AtMs = msOf(nowUs() - s.engine.startUs)
	anomaly.Detail = detail
	s.engine.anomalies.add(anomaly)
}

// conclude takes what is left to know of a client when it goes: its screen, and what it never got.
func (s *shard) conclude(c *client) {
	if c.disconnectedUs != 0 {
		s.count("resume: not caught up at the end")
	}
	if !c.sequence.Started() {
		return
	}
	tally := &s.streams[c.stream]
	if tally.screens == nil {
		tally.screens = map[screen]int64{}
	}
	tally.screens[screen{c.state, c.slow}]++
	if c.slow {
		return
	}
	for _, missing := range c.sequence.Missing() {
		s.noteLost(c, missing, "later ones came")
	}
	if head := s.engine.heads[c.stream].Load(); c.sequence.Next() <= head {
		s.noteLost(c, tracker.Range{From: c.sequence.Next(), To: head}, "others got it")
	}
}

func (s *shard) noteLost(c *client, missing tracker.Range, why string) {
	detail := why
	if missing.From != missing.To {
		detail = fmt.Sprintf("%d to %d; %s", missing.From, missing.To, why)
	}
	for seq := missing.From; seq <= missing.To && s.engine.anomalies.room("lost"); seq++ {
		s.note(crowd.Anomaly{Kind: "lost", Client: s.id(c), Seq: seq}, c.stream, detail)
	}
}
