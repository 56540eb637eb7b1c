package engine

import (
	"hash/maphash"
	"strconv"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/sse"
	"github.com/matchday/crowd/tracker"
)

// takeForeign takes an event that is not in our envelope. Of it, no more is concluded than its stream's ids allow.
func (s *shard) takeForeign(c *client, event *sse.Event) {
	s.counters.Events++
	s.sawEvent(c)
	seq, first := s.identify(c, event)
	if !first {
		return
	}
	if !c.slow {
		s.deliver(c, seq, s.judgeForeign(c, event))
	}
	s.checkCaughtUp(c)
}

// identify tells by its id whether an event is one to be judged, and its number where ids are contiguous, else 0. An id
// that an event before it has left behind is none of its own.
func (s *shard) identify(c *client, event *sse.Event) (seq uint64, first bool) {
	mode := s.engine.numberings[c.stream].mode
	if mode == "" || mode == crowd.NoIDs || !event.OwnID || len(event.ID) == 0 {
		return 0, true
	}
	if mode == crowd.Opaque {
		id := maphash.Bytes(s.engine.seed, event.ID)
		return 0, s.follow(c, tracker.Event{ID: id, Content: s.contentOf(event)}, event.ID)
	}
	number, err := strconv.ParseUint(string(event.ID), 10, 63)
	if err != nil || number == 0 {
		return 0, true
	}
	if mode == crowd.Ordered {
		return 0, s.follow(c, tracker.Event{ID: number, Content: s.contentOf(event)}, event.ID)
	}
	return number, s.observe(c, sighting{seq: number, content: s.contentOf(event)})
}

// contentOf is a hash of what an event says; it is not 0.
func (s *shard) contentOf(event *sse.Event) uint64 {
	var h maphash.Hash
	h.SetSeed(s.engine.seed)
	_, _ = h.Write(event.Type)
	_ = h.WriteByte('\n')
	_, _ = h.Write(event.Data)
	return max(h.Sum64(), 1)
}
