package matchstate

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// written is an event as JSON writes it.
type written struct {
	Type    string  `json:"type"`
	FactID  string  `json:"factId"`
	Version int64   `json:"version"`
	Status  string  `json:"status"`
	Reason  string  `json:"reason"`
	Team    *string `json:"team"`
	Player  *string `json:"player"`
	Minute  *int64  `json:"minute"`
}

func (w written) event() Event {
	e := Event{Type: w.Type, FactID: w.FactID, Version: w.Version, Status: w.Status, Reason: w.Reason}
	if w.Team != nil {
		e.Team, e.HasTeam = *w.Team, true
	}
	if w.Player != nil {
		e.Player, e.HasPlayer = *w.Player, true
	}
	if w.Minute != nil {
		e.Minute, e.HasMinute = *w.Minute, true
	}
	return e
}

func TestVectors(t *testing.T) {
	raw, err := os.ReadFile("../../common/match-state.vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name   string
		Events []written
		Screen string
	}
	if err := json.Unmarshal(raw, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("no vectors")
	}
	for _, vector := range vectors {
		t.Run(vector.Name, func(t *testing.T) {
			m := NewMachine()
			var ids []EventID
			for _, w := range vector.Events {
				ids = append(ids, m.Intern(w.event()))
			}
			forEachOrder(ids, func(order []EventID) {
				if screen := m.Screen(m.Snapshot(order)); screen != vector.Screen {
					t.Fatalf("in order %v: got %q, want %q", order, screen, vector.Screen)
				}
			})
		})
	}
}

func forEachOrder(ids []EventID, visit func([]EventID)) {
	var permute func(k int)
	permute = func(k int) {
		if k == len(ids) {
			visit(ids)
			return
		}
		for i := k; i < len(ids); i++ {
			ids[k], ids[i] = ids[i], ids[k]
			permute(k + 1)
			ids[k], ids[i] = ids[i], ids[k]
		}
	}
	permute(0)
}

// aMatch is n events of a few facts, some corrected, each with a version of its own.
func aMatch(random *rand.Rand, n int) []Event {
	events := make([]Event, 0, n)
	versions := map[string]int64{}
	for range n {
		fact := []string{"g1", "g2", "c1", "é", "\U0001F600", "\uFFFD"}[random.IntN(6)]
		versions[fact]++
		e := Event{FactID: fact, Version: versions[fact]}
		switch random.IntN(6) {
		case 0:
			e.Type = "RETRACT"
		case 1, 2:
			e.Type = "AMEND"
			if e.HasTeam = random.IntN(2) == 0; e.HasTeam {
				e.Team = "away"
			}
			if e.HasMinute = random.IntN(2) == 0; e.HasMinute {
				e.Minute = int64(random.IntN(90))
			}
		case 3:
			e.Type, e.FactID, e.Status = "STATUS", "status", "S"+strconv.Itoa(int(versions[fact]))
			versions["status"]++
			e.Version = versions["status"]
		default:
			e = Event{Type: "GOAL", FactID: fact, Version: e.Version, Team: "home", HasTeam: true,
				Minute: 3, HasMinute: true, Player: "Ito", HasPlayer: true}
		}
		events = append(events, e)
	}
	return events
}

func TestAnyOrderAndAnyDuplicatesGiveOneState(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		m := NewMachine()
		var ids []EventID
		for _, e := range aMatch(random, 1+random.IntN(12)) {
			ids = append(ids, m.Intern(e))
		}
		want := m.Snapshot(ids)
		for range 10 {
			mixed := slices.Clone(ids)
			for range random.IntN(6) {
				mixed = append(mixed, ids[random.IntN(len(ids))])
			}
			random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			if got := m.Snapshot(mixed); got != want {
				t.Fatalf("%v leads to %q, %v to %q", mixed, m.Screen(got), ids, m.Screen(want))
			}
		}
		if want.Len() != len(ids) {
			t.Fatalf("%d events make a state of %d", len(ids), want.Len())
		}
	}
}

func TestWhatChangesNothing(t *testing.T) {
	m := NewMachine()
	goal := m.Intern(Event{Type: "GOAL", FactID: "g1", Version: 1, Team: "home", HasTeam: true})
	other := m.Intern(Event{Type: "GOAL", FactID: "g1", Version: 1, Team: "away", HasTeam: true})
	if goal == other {
		t.Fatal("events that differ have one id")
	}
	one := m.Apply(nil, goal)
	if m.Apply(one, other) != one || m.Apply(one, goal) != one {
		t.Error("the same fact and version again is another state")
	}
	if m.Apply(one, 0) != one || m.Apply(nil, 0) != m.Empty() || m.Apply(one, 99) != one {
		t.Error("no event is another state")
	}
	if m.Screen(nil) != "NOT_STARTED 0-0" || m.Screen(m.Empty()) != "NOT_STARTED 0-0" {
		t.Error("the empty screen is", m.Screen(nil))
	}
	if screen := m.Screen(one); screen != "NOT_STARTED 1-0 g1:GOAL:home:undefined:undefined" {
		t.Error("fields that no event told:", screen)
	}
	if m.Empty().Len() != 0 || (*State)(nil).Len() != 0 || m.Event(goal).Team != "home" || m.Event(0) != nil {
		t.Error("what a machine says of its states")
	}
}

func TestManyClientsAtOnceShareStates(t *testing.T) {
	m := NewMachine()
	events := aMatch(rand.New(rand.NewPCG(5, 6)), 14)
	var ids []EventID
	for _, e := range events {
		ids = append(ids, m.Intern(e))
	}
	last := make([]*State, 64)
	var clients sync.WaitGroup
	for client := range last {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(client)))
			mine := make([]EventID, 0, len(events))
			for _, e := range events {
				mine = append(mine, m.Intern(e))
			}
			random.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			var state *State
			for _, id := range mine {
				state = m.Apply(state, id)
			}
			last[client] = state
		})
	}
	clients.Wait()
	want := m.Snapshot(ids)
	for client, state := range last {
		if state != want {
			t.Fatalf("client %d has %q, not %q", client, m.Screen(state), m.Screen(want))
		}
	}
}

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	m := NewMachine()
	id := m.Intern(Event{Type: "GOAL", FactID: "g1", Version: 1})
	state := m.Apply(nil, id)
	if allocs := testing.AllocsPerRun(1000, func() { m.Apply(nil, id); m.Apply(state, id); m.Screen(state) }); allocs >= 1 {
		t.Errorf("%g allocations", allocs)
	}
}

func FuzzCompareIDs(f *testing.F) {
	f.Add("g1", "g10")
	f.Add("\U0001F600", "\uFFFD")
	f.Add("a\U0001F600", "a\U0001F601b")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		want := slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
		if got := compareIDs(a, b); got != want {
			t.Fatalf("%q and %q: %d, not %d", a, b, got, want)
		}
	})
}

func BenchmarkApplyKnown(b *testing.B) {
	m := NewMachine()
	var ids []EventID
	for _, e := range aMatch(rand.New(rand.NewPCG(8, 9)), 12) {
		ids = append(ids, m.Intern(e))
	}
	m.Snapshot(ids)
	b.ReportAllocs()
	var state *State
	i := 0
	for b.Loop() {
		if i == len(ids) {
			i, state = 0, nil
		}
		state = m.Apply(state, ids[i])
		i++
	}
}
