package engine

import (
	"slices"
	"strconv"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/sse"
)

// ignores: the configuration says that what has this name is no event.
func (s *shard) ignores(event *sse.Event) bool {
	for _, name := range s.plan.Ignore {
		if string(event.Type) == name || (len(event.Type) == 0 && name == string(unnamedEvent)) {
			return true
		}
	}
	return false
}

// ignoredMost bounds the numbers that are kept of a stream.
const ignoredMost = 512

// ignoredNumbers are the newest numbers that ignored events of a stream have had, in order. Nobody is owed them, and what
// lacks one of them lacks nothing: a server may count its heartbeats with its events, and not send them again.
type ignoredNumbers []uint64

func (n *ignoredNumbers) add(number uint64) {
	at, known := slices.BinarySearch(*n, number)
	if known {
		return
	}
	*n = slices.Insert(*n, at, number)
	if len(*n) > ignoredMost {
		*n = slices.Delete(*n, 0, 1)
	}
}

// between are those from a number on, to before another.
func (n ignoredNumbers) between(from, before uint64) []uint64 {
	first, _ := slices.BinarySearch(n, from)
	end, _ := slices.BinarySearch(n, before)
	return n[first:max(first, end)]
}

// ignore takes an event that is ignored. Whether its number is one of the stream's numbering shows when a later one comes: a
// server may as well count its heartbeats apart.
func (s *shard) ignore(c *client, event *sse.Event) {
	mode := s.engine.numberings[c.stream].mode
	if mode != "" && mode != crowd.Contiguous {
		return
	}
	number := uint64(0)
	if e := s.engine.envelopes.Lookup(event.Data); e.Malformed == nil {
		if !e.IsSnapshot() && e.Stream == s.plan.Streams[c.stream].ID {
			number = e.Seq
		}
	} else if mode == crowd.Contiguous && event.OwnID {
		number, _ = strconv.ParseUint(string(event.ID), 10, 63)
	}
	if number > 0 {
		s.streams[c.stream].ignored.add(number)
	}
}

// passIgnored lets a client have the ignored numbers from one on, to before another.
func (s *shard) passIgnored(c *client, from, before uint64) {
	for _, number := range s.streams[c.stream].ignored.between(from, before) {
		c.sequence.Observe(number)
	}
}
