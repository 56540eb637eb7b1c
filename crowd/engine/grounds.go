package engine

import crowd "github.com/matchday/crowd"

// Grounds is what a run gave to judge: without it, a count of 0 says nothing.
type Grounds struct {
	// Opened: a stream was accepted.
	Opened bool
	// Timed: an event was on time or late.
	Timed bool
	// Numbered: an event came with a number of a contiguous numbering. Ordered: with one that grows. Identified: with an id
	// that tells it from others.
	Numbered, Ordered, Identified bool
	// Addressed: an event or a snapshot said which stream it is of.
	Addressed bool
	// Walked: the crowd walks journeys.
	Walked bool
}

// grounds are of the run so far.
func (e *Engine) grounds() Grounds {
	sums := e.sum()
	g := Grounds{
		Opened: sums.streams > 0,
		Timed:  sums.counters.OnTime+sums.counters.Late > 0,
		Walked: len(e.journeys.all) > 0,
	}
	for _, s := range e.shards {
		s.mu.Lock()
		g.Addressed = g.Addressed || s.addressed
		s.mu.Unlock()
	}
	for _, n := range e.numberings {
		placed := n.recent.Next() > 0
		contiguous := n.counted()
		g.Numbered = g.Numbered || contiguous
		g.Ordered = g.Ordered || contiguous || placed && n.mode == crowd.Ordered
		g.Identified = g.Identified || contiguous || placed
	}
	return g
}
