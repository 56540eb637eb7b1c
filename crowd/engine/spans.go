package engine

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	crowd "github.com/matchday/crowd"
)

// maxSpans of a generator: some 20 MB of file, which is more than a person looks through.
const maxSpans = 50_000

// traceparent is the request header of W3C trace context.
const traceparent = "traceparent"

// spans keeps those that have ended until they are written. Safe for concurrent use.
type spans struct {
	most           int64
	begun, dropped atomic.Int64
	mu             sync.Mutex
	ended          []*crowd.Span
}

// room takes the place of one span; where there is none left, its request is not traced either.
func (s *spans) room() bool {
	if s.begun.Add(1) <= s.most {
		return true
	}
	s.dropped.Add(1)
	return false
}

func (s *spans) add(span *crowd.Span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = append(s.ended, span)
}

// drain takes those that ended since the last time.
func (s *spans) drain() []*crowd.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	ended := s.ended
	s.ended = nil
	return ended
}

// beginSpan begins one where this attempt is to have one: at the planned instant of a client's first, now of all others.
func (s *shard) beginSpan(c *client, now int64) {
	id := s.id(c)
	if !s.plan.traced(id, c.attempt, now-s.engine.startUs) || !s.engine.spans.room() {
		return
	}
	span := &crowd.Span{
		TraceID: fmt.Sprintf("%016x%016x", rand.Uint64(), identifier()),
		SpanID:  fmt.Sprintf("%016x", identifier()),
		Name:    "open stream",
		Kind:    "client",
		Part:    s.part(),
		StartUs: now + s.engine.offsetUs,
		Attributes: crowd.SpanAttributes{
			Client:      id,
			Edge:        s.edgesOf(c)[c.edge].url,
			Attempt:     c.attempt,
			LastEventID: c.parser.LastEventID(),
		},
	}
	if c.walks() {
		span.Name = c.walk.stream.Label()
		span.Attributes.Journey = c.walk.journey.ID
	} else {
		span.Attributes.Stream = s.plan.Streams[c.stream].ID
		if c.accepted {
			span.Name = "resume stream"
		}
	}
	if c.attempt == 1 {
		due := s.engine.startUs + s.plan.plannedUs(id)
		span.StartUs = due + s.engine.offsetUs
		lagMs := msOf(now - due)
		span.Attributes.ReleaseLagMs = &lagMs
	}
	if s.tracing == nil {
		s.tracing = map[int32]*crowd.Span{}
	}
	s.tracing[s.indexOf(c)] = span
}

// identifier is random, as W3C trace context wants it, and never 0, which it forbids. It owes nothing to the run's seed:
// two runs of one plan are not one trace.
func identifier() uint64 {
	for {
		if n := rand.Uint64(); n != 0 {
			return n
		}
	}
}

// traceparentOf has the flag of a sampled request.
func traceparentOf(span *crowd.Span) string { return "00-" + span.TraceID + "-" + span.SpanID + "-01" }

// endSpan ends the one of a client's attempt, if it has one; cause is what went wrong, or empty.
func (s *shard) endSpan(c *client, atUs int64, cause string) {
	if len(s.tracing) == 0 {
		return
	}
	span := s.tracing[s.indexOf(c)]
	if span == nil {
		return
	}
	delete(s.tracing, s.indexOf(c))
	span.EndUs = max(atUs+s.engine.offsetUs, span.StartUs)
	span.Error = cause
	if c.response.HeaderDone() {
		span.Attributes.Status = c.response.Status()
	}
	span.Attributes.Snapshot = c.status == open && c.resumed && c.snapshotted
	s.engine.spans.add(span)
}
