// Package envelope reads the `data:` of stream events and snapshots (StreamEvent and StreamSnapshot in
// common/match-day.ts), each distinct payload once: the crowd gets the same bytes a hundred thousand times, and all
// of its clients share one Envelope.
package envelope

import "github.com/matchday/crowd/matchstate"

// Class is what kind of event it is, small enough to be an index.
type Class uint8

const (
	ClassGoal Class = iota
	ClassCorrection
	ClassCard
	ClassStatus
	ClassOdds
	ClassSnapshot
	// ClassOther: none of those; ClassName says which.
	ClassOther
	// NumClasses is the length of an array by class.
	NumClasses
)

var classNames = [NumClasses]string{"goal", "correction", "card", "status", "odds", "snapshot", "other"}

func (c Class) String() string {
	if c < NumClasses {
		return classNames[c]
	}
	return "other"
}

// ClassOf is the class of that name.
func ClassOf(name string) Class {
	for c, known := range classNames[:ClassOther] {
		if known == name {
			return Class(c)
		}
	}
	return ClassOther
}

// Everybody is To of an event that is for all on the stream.
const Everybody int64 = -1

// Envelope is one payload, read. It is shared and must not be changed.
type Envelope struct {
	// Malformed says why the payload is neither an event nor a snapshot; all else is zero then, and To Everybody.
	Malformed error

	Class     Class
	ClassName string
	Stream    string
	Seq       uint64
	// SourceAtUs is 0 for a snapshot.
	SourceAtUs    int64
	PublishedAtUs int64
	// To is the one client that may get it, or Everybody.
	To int64
	// Event is 0 where it changes no screen: odds, and snapshots.
	Event matchstate.EventID
	// Snapshot is the whole state as of Seq; nil for events.
	Snapshot *matchstate.State
	// QuoteAtUs is the source time of the quote that this puts on the screen; 0 when it brings none.
	QuoteAtUs int64
}

// IsSnapshot: it replaces the screen.
func (e *Envelope) IsSnapshot() bool { return e.Snapshot != nil }
