package tracker

import "sync"

// recentMost is how many events of a stream are remembered. What is older is not judged.
const recentMost = 1024

// Event is what is known of one event of a stream whose ids are somebody else's.
type Event struct {
	// ID is the number of the event where its stream has numbers, else a hash of its id.
	ID uint64
	// Content is a hash of all that the event says, without its id.
	Content uint64
}

// Recent remembers the latest events of one stream that anybody here has got. The zero value is empty. It is safe for
// concurrent use.
type Recent struct {
	mu     sync.Mutex
	places map[Event]remembered
	// contents is what came last with an id.
	contents map[uint64]uint64
	ring     []Event
	next     uint64
}

type remembered struct {
	place uint64
	epoch uint32
	// reused: its id had come with another content before.
	reused bool
}

// Place says as the how manyth event, from 0, this one first came to anybody here. Reused: its id had been another
// event's before, of those that are remembered. Epoch is noted where the event is new.
func (r *Recent) Place(event Event, epoch uint32) (place uint64, reused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.places[event]; ok {
		return known.place, known.reused
	}
	added := r.add(event, epoch)
	return added.place, added.reused
}

// Next is the place that the next new event will get.
func (r *Recent) Next() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next
}

func (r *Recent) add(event Event, epoch uint32) remembered {
	if r.places == nil {
		r.places, r.contents = map[Event]remembered{}, map[uint64]uint64{}
	}
	slot := int(r.next % recentMost)
	if slot == len(r.ring) {
		r.ring = append(r.ring, event)
	} else {
		old := r.ring[slot]
		delete(r.places, old)
		if r.contents[old.ID] == old.Content {
			delete(r.contents, old.ID)
		}
		r.ring[slot] = event
	}
	_, reused := r.contents[event.ID]
	added := remembered{place: r.next, epoch: epoch, reused: reused}
	r.places[event] = added
	r.contents[event.ID] = event.Content
	r.next++
	return added
}

// Again says what an event is whose number a client has had before, in the given epoch of the numbering.
type Again uint8

const (
	// Unknown: it is not remembered, or its content is the same as its neighbours' and tells nothing.
	Unknown Again = iota
	// Same: it is the event that came with this number.
	Same
	// Another event has this number.
	Another
)

// Compare tells a repeated event from another with the same number. Another one is remembered as of the next epoch, so
// that every client finds it to be another, and none that has gone on to that epoch does.
func (r *Recent) Compare(event Event, epoch uint32) Again {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.places[event]; ok {
		switch {
		case known.epoch > epoch:
			return Another
		case r.contentIs(event.ID-1, event.Content) || r.contentIs(event.ID+1, event.Content):
			return Unknown
		default:
			return Same
		}
	}
	if _, ok := r.contents[event.ID]; !ok {
		return Unknown
	}
	r.add(event, epoch+1)
	return Another
}

func (r *Recent) contentIs(id, content uint64) bool {
	known, ok := r.contents[id]
	return ok && known == content
}
