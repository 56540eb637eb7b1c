package engine

import (
	"fmt"
	"math/rand/v2"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/journey"
)

// walkTrace holds the requests of a client together that follow one another, from one wait to the next: they draw as one
// waterfall.
type walkTrace struct {
	traceID, rootID string
	startUs, endUs  int64
}

// beginCallSpan begins one where a request is to have one: when it is due, and for a retry now.
func (s *shard) beginCallSpan(c *client, step *journey.Request, route *edgeRoute, now int64) *crowd.Span {
	w := c.walk
	if s.plan.Trace == nil {
		return nil
	}
	startUs := now
	if w.attempt == 1 {
		startUs = w.dueUs
	}
	if w.trace == nil && (!s.plan.traced(s.id(c), walkTraces|w.steps, now-s.engine.startUs) || !s.engine.spans.room()) {
		return nil
	}
	if !s.engine.spans.room() {
		return nil
	}
	if w.trace == nil {
		w.trace = &walkTrace{
			traceID: fmt.Sprintf("%016x%016x", rand.Uint64(), identifier()),
			rootID:  fmt.Sprintf("%016x", identifier()),
			startUs: startUs,
		}
	}
	lagMs := msOf(max(now-w.dueUs, 0))
	span := &crowd.Span{
		TraceID:  w.trace.traceID,
		SpanID:   fmt.Sprintf("%016x", identifier()),
		ParentID: w.trace.rootID,
		Name:     step.Name,
		Kind:     "client",
		Part:     s.part(),
		StartUs:  startUs + s.engine.offsetUs,
		Attributes: crowd.SpanAttributes{
			Client: s.id(c), Journey: w.journey.ID, Edge: route.url, Attempt: w.attempt,
		},
	}
	if w.attempt == 1 {
		span.Attributes.ReleaseLagMs = &lagMs
	}
	return span
}

// walkTraces keeps the draws of requests apart from those of streams, whose attempts are few.
const walkTraces = 1 << 31

func (s *shard) part() string { return fmt.Sprintf("crowd-%d", s.plan.Generator) }

func (s *shard) endCallSpan(c *client, span *crowd.Span, a *answer) {
	if span == nil {
		return
	}
	span.EndUs = max(a.atUs+s.engine.offsetUs, span.StartUs)
	span.Error = a.cause
	span.Attributes.Status = a.status
	s.engine.spans.add(span)
	c.walk.trace.endUs = max(c.walk.trace.endUs, a.atUs)
}

// endTrace ends the root of the requests that have followed one another.
func (s *shard) endTrace(c *client) {
	trace := c.walk.trace
	if trace == nil {
		return
	}
	c.walk.trace = nil
	s.engine.spans.add(&crowd.Span{
		TraceID:    trace.traceID,
		SpanID:     trace.rootID,
		Name:       c.walk.journey.ID,
		Kind:       "client",
		Part:       s.part(),
		StartUs:    trace.startUs + s.engine.offsetUs,
		EndUs:      max(trace.endUs, trace.startUs) + s.engine.offsetUs,
		Attributes: crowd.SpanAttributes{Client: s.id(c), Journey: c.walk.journey.ID},
	})
}
