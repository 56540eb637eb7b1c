// Package tracker follows the sequence numbers that one client sees on one stream: what came in order, what is
// missing, what came twice, and what came out of order.
package tracker

import "slices"

// Kind says what one sequence number was to its client.
type Kind uint8

const (
	// InOrder: the next one.
	InOrder Kind = iota
	// Gap: later than the next one; those between are missing now.
	Gap
	// Reordered: it was missing, and came after a later one on the same connection.
	Reordered
	// Recovered: it was missing, and a resume brought it, in order.
	Recovered
	// Duplicate: it had come before.
	Duplicate
	// Before: not later than the first snapshot, which holds it; never owed.
	Before
)

var kindNames = [...]string{"in order", "gap", "reordered", "recovered", "duplicate", "before"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// missingMost bounds what one client takes: 8 KiB.
const missingMost = 512

// Range is the sequence numbers From to To, both included.
type Range struct{ From, To uint64 }

// Sequence is 32 bytes while nothing is missing. The zero value has seen nothing; without a snapshot, the first event
// starts it. Sequence numbers are below 2^64-1.
type Sequence struct {
	// first is the last number that the client is not owed.
	first uint64
	// next is one more than the highest number seen; 0 before the start.
	next uint64
	// high is the highest number seen on this connection.
	high uint64
	// missing is sorted, without overlap; nil when nothing is missing.
	missing *[]Range
}

// Started: a snapshot or an event has come.
func (s *Sequence) Started() bool { return s.next != 0 }

// First is the last number that is not owed: that of the first snapshot, or the end of a gap that is too long ago.
func (s *Sequence) First() uint64 { return s.first }

// Next is the sequence number that would be in order; 0 before the start.
func (s *Sequence) Next() uint64 { return s.next }

// Snapshot says that the client got the whole state as of seq. The first one starts the sequence. A later one moves
// it on: the events which it skips stay missing, and skipped counts them. One that is older than what was seen changes
// nothing.
func (s *Sequence) Snapshot(seq uint64) (skipped uint64) {
	if s.next == 0 {
		s.first, s.next, s.high = seq, seq+1, seq
		return 0
	}
	s.high = max(s.high, seq)
	if seq < s.next {
		return 0
	}
	skipped = seq - s.next + 1
	s.open(s.next, seq)
	s.next = seq + 1
	return skipped
}

// Observe takes one event. A Gap opened seq - Next() missing events, Next as of before the call.
func (s *Sequence) Observe(seq uint64) Kind {
	if seq == s.next && seq != 0 {
		s.next, s.high = seq+1, seq
		return InOrder
	}
	return s.observeOther(seq)
}

func (s *Sequence) observeOther(seq uint64) Kind {
	if s.next == 0 {
		// Number 0 cannot be preceded: then nothing but 0 itself is not owed.
		s.first, s.next, s.high = max(seq, 1)-1, seq+1, seq
		return InOrder
	}
	late := seq < s.high
	s.high = max(s.high, seq)
	switch {
	case seq <= s.first:
		return Before
	case seq > s.next:
		s.open(s.next, seq-1)
		s.next = seq + 1
		return Gap
	case !s.fill(seq):
		return Duplicate
	case late:
		return Reordered
	default:
		return Recovered
	}
}

// High is the highest number seen on this connection.
func (s *Sequence) High() uint64 { return s.high }

// Resumed begins a new connection: order counts within one connection, so that what a resume fills is Recovered.
func (s *Sequence) Resumed() { s.high = 0 }

// Missing lists what has not come although something later has, in order. It is valid until the next call.
func (s *Sequence) Missing() []Range {
	if s.missing == nil {
		return nil
	}
	return *s.missing
}

// MissingCount is how many numbers Missing covers.
func (s *Sequence) MissingCount() (n uint64) {
	for _, r := range s.Missing() {
		n += r.To - r.From + 1
	}
	return n
}

// open appends a range that lies above all others.
func (s *Sequence) open(from, to uint64) {
	if s.missing == nil {
		s.missing = new([]Range)
	}
	ranges := *s.missing
	if last := len(ranges) - 1; last >= 0 && ranges[last].To+1 == from {
		ranges[last].To = to
		return
	}
	*s.missing = append(ranges, Range{from, to})
	s.forget()
}

// forget gives up the oldest gap where there are too many: its numbers are not judged, as those before the start.
func (s *Sequence) forget() {
	if ranges := *s.missing; len(ranges) > missingMost {
		s.first = ranges[0].To
		*s.missing = slices.Delete(ranges, 0, 1)
	}
}

// fill takes seq out of what is missing; false when it is not.
func (s *Sequence) fill(seq uint64) bool {
	ranges := s.Missing()
	i, found := slices.BinarySearchFunc(ranges, seq, func(r Range, seq uint64) int {
		switch {
		case r.To < seq:
			return -1
		case r.From > seq:
			return 1
		default:
			return 0
		}
	})
	if !found {
		return false
	}
	switch r := &ranges[i]; {
	case r.From == r.To:
		*s.missing = slices.Delete(ranges, i, i+1)
		if len(*s.missing) == 0 {
			s.missing = nil
		}
	case seq == r.From:
		r.From++
	case seq == r.To:
		r.To--
	default:
		*s.missing = slices.Insert(ranges, i+1, Range{seq + 1, r.To})
		(*s.missing)[i].To = seq - 1
		s.forget()
	}
	return true
}
