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

type eventTally struct{ onTime, late, notJudged, recovered int64 }

// streamTally counts what the clients of one shard got of one stream.
type streamTally struct {
	cohorts map[cohort]int64
	events  map[uint64]*eventTally
	screens map[screen]int64
	// Everybody gets the same event at about the same time: the last one is looked for first.
	lastSeq uint64
	last    *eventTally
	placed  placed
	ignored ignoredNumbers
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
	if s.ignores(event) {
		s.ignore(c, event)
		return
	}
	e := s.engine.envelopes.Lookup(event.Data)
	if e.Malformed != nil {
		s.takeForeign(c, event)
		return
	}
	s.addressed = true
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
	if !s.identifyEnvelope(c, e) {
		return
	}
	if e.Event != 0 {
		c.state = s.engine.machine.Apply(c.state, e.Event)
	}
	s.showQuote(c, e.QuoteAtUs)
	if !c.slow {
		deadlineUs, limited := s.engine.deadlineOf(e)
		s.deliver(c, e.Seq, s.judgeAge(c, e.Class, e.ClassName, e.PublishedAtUs, deadlineUs, limited))
	}
	s.checkCaughtUp(c)
}

// identifyEnvelope is identify for an event in our envelope: its seq is its number, and consecutive where nothing else
// is said.
func (s *shard) identifyEnvelope(c *client, e *envelope.Envelope) (first bool) {
	switch s.engine.numberings[c.stream].mode {
	case "", crowd.Contiguous:
		return s.observe(c, sighting{seq: e.Seq, publishedUs: e.PublishedAtUs})
	case crowd.NoIDs:
		return true
	default:
		return s.follow(c, tracker.Event{ID: e.Seq, Content: uint64(e.PublishedAtUs)}, nil)
	}
}

func (s *shard) takeSnapshot(c *client, e *envelope.Envelope) {
	s.sawEvent(c)
	n := s.engine.numberings[c.stream]
	if n.mode != "" && n.mode != crowd.Contiguous {
		c.state = e.Snapshot
		s.showQuote(c, e.QuoteAtUs)
		return
	}
	started := c.sequence.Started()
	if !started {
		c.epoch = n.join(e.PublishedAtUs)
	}
	c.epoch.seen(e.Seq, s.arrivalUs)
	outdated := started && e.Seq+1 < c.sequence.Next()
	if started {
		s.passIgnored(c, c.sequence.Next(), e.Seq+1)
	}
	c.sequence.Snapshot(e.Seq)
	if !started {
		s.enrol(c)
	}
	if outdated {
		// Of an edge that lags behind, or of a numbering that has begun again: what comes next tells.
		c.older = e
		return
	}
	c.snapshotted = true
	c.state = e.Snapshot
	s.showQuote(c, e.QuoteAtUs)
	s.checkCaughtUp(c)
}

// judgement is what a first delivery was to its deadline.
type judgement uint8

const (
	onTime judgement = iota
	late
	// notJudged: the event carries no time, class or sequence that could be read.
	notJudged
)

// deliver counts a first delivery; seq is 0 where the event has no number that says what is owed.
func (s *shard) deliver(c *client, seq uint64, judged judgement) {
	// The ledger has one numbering: what comes in a later one is no event of it.
	var none eventTally
	tally := &none
	if seq != 0 && c.epoch != nil && c.epoch.number == 0 {
		tally = s.streams[c.stream].of(seq)
	}
	switch judged {
	case onTime:
		tally.onTime++
		s.counters.OnTime++
	case late:
		tally.late++
		s.counters.Late++
	case notJudged:
		tally.notJudged++
		s.counters.NotJudged++
	}
	// What a resume was to bring: published before this connection was accepted.
	if c.resumed && judged != notJudged && seq <= c.catchUpTo {
		tally.recovered++
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

// reconnected: another stream of the client was accepted. Where it cannot be told whether what was missed comes again, it
// is no more than that.
func (s *shard) reconnected(c *client) {
	s.counters.Reconnects++
	if c.trail != nil {
		c.trail.Resumed(s.engine.numberings[c.stream].recent.Next())
	}
	if !s.canTellResume(c) {
		s.onlyReconnected(c)
	}
}

func (s *shard) canTellResume(c *client) bool {
	switch {
	case c.walks():
		return false
	case c.trail != nil:
		return c.trail.Missing()
	default:
		return c.sequence.Started()
	}
}

func (s *shard) onlyReconnected(c *client) {
	if c.disconnectedUs != 0 {
		c.disconnectedUs = 0
		s.endSpan(c, s.arrivalUs, "")
	}
}

// checkCaughtUp ends a resume: disconnect to now, in the phase of the disconnect.
func (s *shard) checkCaughtUp(c *client) {
	if c.disconnectedUs == 0 {
		return
	}
	if c.trail != nil {
		if !c.trail.CaughtUp() {
			if !c.trail.Missing() {
				s.onlyReconnected(c)
			}
			return
		}
	} else if !c.caughtUp() {
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
	s.concludeUser(c)
	if c.disconnectedUs != 0 && s.canTellResume(c) {
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
	s.concludeGaps(c)
	// A client that has not found the newest numbering is owed something of it: how much, cannot be told.
	if c.slow || c.epoch != s.engine.numberings[c.stream].current.Load() {
		return
	}
	head := c.epoch.headBefore(nowUs())
	s.passIgnored(c, c.sequence.Next(), head+1)
	if c.sequence.Next() <= head {
		s.lost(c, tracker.Range{From: c.sequence.Next(), To: head}, "others got it")
	}
}

// concludeGaps: what is missing now will not come any more.
func (s *shard) concludeGaps(c *client) {
	if c.slow {
		return
	}
	if missing := c.sequence.Missing(); len(missing) > 0 {
		s.passIgnored(c, missing[0].From, c.sequence.Next())
	}
	for _, missing := range c.sequence.Missing() {
		s.lost(c, missing, "later ones came")
	}
}

func (s *shard) lost(c *client, missing tracker.Range, why string) {
	s.counters.Lost += int64(missing.To - missing.From + 1)
	detail := why
	if missing.From != missing.To {
		detail = fmt.Sprintf("%d to %d; %s", missing.From, missing.To, why)
	}
	for seq := missing.From; seq <= missing.To && s.engine.anomalies.room("lost"); seq++ {
		s.note(crowd.Anomaly{Kind: "lost", Client: s.id(c), Seq: seq}, c.stream, detail)
	}
}
