// Package journey reads journeys (common/journey.ts) into what a client can walk, and holds all of them that is
// arithmetic: templates, JSON paths, think times, matching. It does no I/O, and reads no clock.
package journey

import "slices"

// Journey is one that can be walked: every name in it is known.
type Journey struct {
	ID    string
	Share float64
	Steps []Step
	// Captures are the names of what is captured; a client's Values stand in the same order.
	Captures []string
	// Streams: one of its steps opens an event stream.
	Streams bool
	// awaited are the events that one of its waits is for.
	awaited []string
}

// Awaits says whether a wait of this journey is for an event of this name.
func (j *Journey) Awaits(event []byte) bool {
	for _, name := range j.awaited {
		if name == string(event) {
			return true
		}
	}
	return false
}

// Step is one of *Stream, *Request, *Wait, *Think, *Branch, *Finish.
type Step interface {
	// Label is its name: the `step` of its measures.
	Label() string
}

type named struct{ Name string }

func (n *named) Label() string { return n.Name }

// End is how a journey ends.
type End string

const (
	Completed End = "completed"
	Rejected  End = "rejected"
	Abandoned End = "abandoned"
	Failed    End = "failed"
)

// Ends in the order of their counters.
var Ends = [...]End{Completed, Rejected, Abandoned, Failed}

// Ending is an end with its cause.
type Ending struct {
	End   End
	Cause string
}

// Next is where a journey goes on: at a step, or at its end.
type Next struct {
	Step int
	// End is nil where there is a step.
	End *Ending
}

// Capture takes a value out of an answer or of an event.
type Capture struct {
	Slot int
	Path Path
	// Header is a field of the response; Status: its status code. With neither it is Path.
	Header string
	Status bool
}

// Header is one header field of a request.
type Header struct {
	Name  string
	Value Template
}

// Match recognises an event.
type Match struct {
	Event    string
	where    []condition
	Captures []Capture
	// Age is nil where nothing is measured.
	Age *Age
}

type condition struct {
	path Path
	text Template
}

// Age measures how old what an event tells of is.
type Age struct {
	Path    Path
	Measure string
}

// Matches: an event of this name with this data is meant.
func (m *Match) Matches(event, data []byte, scope *Scope) bool {
	if m.Event != string(event) {
		return false
	}
	for i := range m.where {
		raw, found := m.where[i].path.Find(data)
		if !found || !m.where[i].text.equals(raw, scope) {
			return false
		}
	}
	return true
}

type Stream struct {
	named
	Target  string
	Path    Template
	Headers []Header
	On      Statuses
	Listen  []Match
	// Then is where it goes on once the stream is accepted.
	Then Next
}

type Request struct {
	named
	Target, Method string
	Path           Template
	Headers        []Header
	// Body is nil where there is none.
	Body      *Body
	On        Statuses
	Captures  []Capture
	TimeoutMs float64
	Retry     *Retry
	// Recorded: the history tells of it.
	Recorded bool
	// needs are the captures that its texts cannot do without.
	needs []int
}

// WantsBody: something is captured from the answer's body.
func (r *Request) WantsBody() bool {
	return slices.ContainsFunc(r.Captures, func(c Capture) bool { return c.Header == "" && !c.Status })
}

// Missing is the slot of a value that the request needs and that was never captured; -1: it has all.
func (r *Request) Missing(values Values) int {
	for _, slot := range r.needs {
		if !values.Has(slot) {
			return slot
		}
	}
	return -1
}

type Retry struct {
	On           Outcomes
	Attempts     int
	MinMs, MaxMs float64
}

type Wait struct {
	named
	For       []WaitMatch
	TimeoutMs float64
	OnTimeout Next
}

type WaitMatch struct {
	Match
	Next Next
}

type Branch struct {
	named
	Slot  int
	Cases map[string]Next
	Else  Next
}

// Finish ends the journey.
type Finish struct {
	named
	Ending Ending
}

// Next of a branch by the client's values.
func (b *Branch) Next(values Values) Next {
	if values.Has(b.Slot) {
		if next, known := b.Cases[values[b.Slot].Text]; known {
			return next
		}
	}
	return b.Else
}
