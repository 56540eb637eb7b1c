package tracker

const (
	// trailMost is how many places of a stream a client looks back on. What is older is not judged.
	trailMost = 512
	// belowMost is how many events in a row may come below the highest number before that is a new numbering.
	belowMost = 32
)

// Trail follows one client on a stream whose ids are not consecutive: what came twice, in another order than that of its
// numbers, and whether what was missed came again. A missing number says nothing there. It is of fixed size; the zero
// value has seen nothing.
type Trail struct {
	// seen has a bit for each of the last trailMost places below next.
	seen [trailMost / 64]uint64
	next uint64
	// high is the highest number on this connection; below counts the events since that have lower ones.
	high  uint64
	below uint8
	// from and to are the places that came to others while the client was away; owed are those that it still lacks.
	from, to, owed uint64
	// away: it is being found out what of them comes again.
	away bool
}

// Saw takes the event of a place (Recent.Place). It is InOrder when it is new to the client, a Duplicate, or Before what
// the client looks back on.
func (t *Trail) Saw(place uint64) Kind {
	switch {
	case place >= t.next:
		t.advance(place + 1)
	case t.next-place > trailMost:
		return Before
	case t.has(place):
		return Duplicate
	}
	t.seen[place%trailMost/64] |= 1 << (place % 64)
	if t.away && place >= t.from && place < t.to {
		t.owed--
	}
	return InOrder
}

func (t *Trail) has(place uint64) bool { return t.seen[place%trailMost/64]&(1<<(place%64)) != 0 }

// advance forgets what falls out.
func (t *Trail) advance(next uint64) {
	if next-t.next >= trailMost {
		clear(t.seen[:])
	} else {
		for place := t.next; place < next; place++ {
			t.seen[place%trailMost/64] &^= 1 << (place % 64)
		}
	}
	t.next = next
	if t.away && next-t.from > trailMost {
		t.away = false
	}
}

// Order takes the number of an event that is new to the client, and says how many are known by it to have come out of
// order. reused: the number had been another event's.
//
// An old event that is sent again is followed by those after the highest number. A numbering that has begun again stays
// below it, or gives numbers to other events than before: it is a new epoch, and nothing has come out of order.
func (t *Trail) Order(number uint64, reused bool) (reordered int) {
	switch {
	case number >= t.high:
		reordered = int(t.below)
	case !reused && t.below < belowMost:
		t.below++
		return 0
	}
	t.high, t.below = number, 0
	return reordered
}

// Lost says that the client's connection has ended; next is Recent.Next.
func (t *Trail) Lost(next uint64) {
	if !t.away {
		t.from, t.away = next, true
	}
	t.to = next
}

// Resumed begins a new connection; next is Recent.Next.
func (t *Trail) Resumed(next uint64) {
	t.high, t.below = 0, 0
	t.to = next
	if t.away = t.away && next > t.from && next-t.from <= trailMost; !t.away {
		return
	}
	t.owed = 0
	for place := t.from; place < t.to; place++ {
		if place >= t.next || !t.has(place) {
			t.owed++
		}
	}
}

// Missing is true for as long as something that others got while the client was away may still come again.
func (t *Trail) Missing() bool { return t.away && t.owed > 0 }

// CaughtUp ends a resume: all that others got while the client was away has come again. It is true once.
func (t *Trail) CaughtUp() bool {
	if !t.away || t.owed > 0 {
		return false
	}
	t.away = false
	return true
}
