package engine

import (
	"maps"

	"github.com/matchday/crowd/envelope"
)

// badTime is what lateness one client has had: the time in which it lacked an event whose deadline was over.
type badTime struct {
	// classes has a bit for each class of which an event was late.
	classes uint8
	// firstUs is when its first late event was due.
	firstUs int64
	totalUs int64
	// fromUs to untilUs is the newest stretch, beforeUs the end of the one before.
	fromUs, untilUs, beforeUs int64
}

// add takes an event that was due, and came later; arrivals do not go back. Stretches are united: what they have in common
// counts once. An event that was due before the last stretch but one had ended adds what lies after that end only, so
// that this is as small for a client with a thousand late events as for one with two.
func (b *badTime) add(dueUs, arrivalUs int64) {
	arrivalUs = max(arrivalUs, b.untilUs)
	switch {
	case b.firstUs == 0:
		b.firstUs, b.fromUs = dueUs, dueUs
		b.totalUs = arrivalUs - dueUs
	case dueUs > b.untilUs:
		b.beforeUs, b.fromUs = b.untilUs, dueUs
		b.totalUs += arrivalUs - dueUs
	default:
		from := min(b.fromUs, max(dueUs, b.beforeUs))
		b.totalUs += arrivalUs - b.untilUs + b.fromUs - from
		b.fromUs = from
	}
	b.untilUs = arrivalUs
}

// wasLate: an event that is being read should have come by dueUs.
func (s *shard) wasLate(c *client, class envelope.Class, dueUs int64) {
	if c.bad == nil {
		c.bad = &badTime{}
	}
	c.bad.classes |= 1 << class
	c.bad.add(dueUs, s.arrivalUs)
}

// concludeUser counts a client that goes by what was late for it.
func (s *shard) concludeUser(c *client) {
	if c.bad == nil {
		return
	}
	for class := range s.lateUsers {
		s.lateUsers[class] += int64(c.bad.classes >> class & 1)
	}
	s.engine.measures.record(badTimeMeasure, c.bad.firstUs-s.engine.startUs, c.bad.totalUs)
}

// lateUsers are the clients with a late event, by its class.
func (e *Engine) lateUsers() map[string]int64 {
	late := map[string]int64{}
	for _, s := range e.shards {
		for class, clients := range s.lateUsers {
			late[envelope.Class(class).String()] += clients
		}
	}
	maps.DeleteFunc(late, func(_ string, clients int64) bool { return clients == 0 })
	return late
}
