package matchstate

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
)

// EventID names an event that a Machine knows. 0 is no match event (an odds tick), and changes no state.
type EventID uint32

// State is the set of match events that a client has seen, each once. It is immutable; of one Machine, equal states
// are the same pointer. nil stands for the empty state wherever a State is taken.
type State struct {
	// ids in the order of the screen.
	ids []EventID
	// after[id] is the state once event id came; grown under the Machine's lock.
	after  atomic.Pointer[[]atomic.Pointer[State]]
	screen atomic.Pointer[string]
}

// Len is how many events the state holds.
func (s *State) Len() int {
	if s == nil {
		return 0
	}
	return len(s.ids)
}

// Machine keeps every event and state that any client has seen, once. It is safe for concurrent use; make one with
// NewMachine.
type Machine struct {
	empty *State

	mu sync.Mutex
	// events[id-1].
	events []*Event
	byBody map[Event]EventID
	states map[string]*State
}

// NewMachine knows nothing but the empty state.
func NewMachine() *Machine {
	empty := &State{}
	return &Machine{
		empty:  empty,
		byBody: map[Event]EventID{},
		states: map[string]*State{"": empty},
	}
}

// Empty is the state before any event.
func (m *Machine) Empty() *State { return m.empty }

// Intern gives the id of an event; events that are equal have the same.
func (m *Machine) Intern(event Event) EventID {
	m.mu.Lock()
	defer m.mu.Unlock()
	if id, known := m.byBody[event]; known {
		return id
	}
	m.events = append(m.events, &event)
	id := EventID(len(m.events))
	m.byBody[event] = id
	return id
}

// Event is what Intern was given; nil for an id that is not known.
func (m *Machine) Event(id EventID) *Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.event(id)
}

func (m *Machine) event(id EventID) *Event {
	if id == 0 || int(id) > len(m.events) {
		return nil
	}
	return m.events[id-1]
}

// Apply is the state after event, which may have come before: then, and for id 0, it is the same state.
func (m *Machine) Apply(state *State, event EventID) *State {
	if state == nil {
		state = m.empty
	}
	if after := state.after.Load(); after != nil && int(event) < len(*after) {
		if next := (*after)[event].Load(); next != nil {
			return next
		}
	}
	return m.step(state, event)
}

// Snapshot is the state of exactly these events.
func (m *Machine) Snapshot(events []EventID) *State {
	state := m.empty
	for _, id := range events {
		state = m.Apply(state, id)
	}
	return state
}

// Screen is what the fan sees; screenOf in common/match-state.ts.
func (m *Machine) Screen(state *State) string {
	if state == nil {
		state = m.empty
	}
	if screen := state.screen.Load(); screen != nil {
		return *screen
	}
	m.mu.Lock()
	events := make([]*Event, len(state.ids))
	for i, id := range state.ids {
		events[i] = m.event(id)
	}
	m.mu.Unlock()
	screen := screenOf(events)
	state.screen.Store(&screen)
	return screen
}

// step works one transition out, and remembers it.
func (m *Machine) step(state *State, id EventID) *State {
	m.mu.Lock()
	defer m.mu.Unlock()
	event := m.event(id)
	if event == nil {
		return state
	}
	at, known := slices.BinarySearchFunc(state.ids, event, func(id EventID, event *Event) int {
		return compare(m.event(id), event)
	})
	next := state
	if !known {
		next = m.intern(slices.Insert(slices.Clone(state.ids), at, id))
	}
	m.remember(state, id, next)
	return next
}

// intern finds the state of these ids, or makes it.
func (m *Machine) intern(ids []EventID) *State {
	key := make([]byte, 0, 4*len(ids))
	for _, id := range ids {
		key = binary.LittleEndian.AppendUint32(key, uint32(id))
	}
	state, known := m.states[string(key)]
	if !known {
		state = &State{ids: ids}
		m.states[string(key)] = state
	}
	return state
}

// remember stores a transition. Readers go on with the table that they have until they load the new one.
func (m *Machine) remember(state *State, id EventID, next *State) {
	table := state.after.Load()
	if table == nil || int(id) >= len(*table) {
		grown := make([]atomic.Pointer[State], len(m.events)+1)
		if table != nil {
			for i := range *table {
				grown[i].Store((*table)[i].Load())
			}
		}
		table = &grown
		// Published below with the transition in it.
		defer state.after.Store(table)
	}
	(*table)[id].Store(next)
}
