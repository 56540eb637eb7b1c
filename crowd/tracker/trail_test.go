package tracker

import (
	"testing"
	"unsafe"
)

func TestPlacesAreThoseOfTheFirstArrival(t *testing.T) {
	var r Recent
	for i := range uint64(3) {
		if place, reused := r.Place(Event{ID: 10 * i, Content: 7}, 0); place != i || reused {
			t.Errorf("event %d: place %d, reused %v", i, place, reused)
		}
	}
	if place, _ := r.Place(Event{ID: 10, Content: 7}, 0); place != 1 {
		t.Errorf("the same event again has place %d", place)
	}
	if place, reused := r.Place(Event{ID: 10, Content: 8}, 0); place != 3 || !reused {
		t.Errorf("another event with that id: place %d, reused %v", place, reused)
	}
	for i := range uint64(5 * recentMost) {
		r.Place(Event{ID: i, Content: i}, 0)
	}
	if len(r.places) > recentMost || len(r.contents) > recentMost || len(r.ring) > recentMost {
		t.Errorf("%d places, %d contents, %d in the ring", len(r.places), len(r.contents), len(r.ring))
	}
}

func TestARepeatIsToldFromANewNumbering(t *testing.T) {
	var r Recent
	for id := uint64(1); id <= 5; id++ {
		r.Place(Event{ID: id, Content: 100 + id}, 0)
	}
	for _, test := range []struct {
		name  string
		event Event
		epoch uint32
		want  Again
	}{
		{"the same", Event{2, 102}, 0, Same},
		{"another content", Event{2, 202}, 0, Another},
		{"that again, for a client that has not gone on", Event{2, 202}, 0, Another},
		{"that again, for one that has", Event{2, 202}, 1, Same},
		{"not remembered", Event{77, 1}, 0, Unknown},
	} {
		if got := r.Compare(test.event, test.epoch); got != test.want {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
	}
	var same Recent
	for id := uint64(1); id <= 3; id++ {
		same.Place(Event{ID: id, Content: 1}, 0)
	}
	if got := same.Compare(Event{2, 1}, 0); got != Unknown {
		t.Errorf("contents that are all the same tell %v", got)
	}
}

func TestATrailTellsRepeatsWithinItsWindow(t *testing.T) {
	if size := unsafe.Sizeof(Trail{}); size > 128 {
		t.Errorf("a Trail is %d bytes", size)
	}
	var trail Trail
	for place := range uint64(3 * trailMost) {
		if kind := trail.Saw(place); kind != InOrder {
			t.Fatalf("%d is %v", place, kind)
		}
		for _, back := range []uint64{0, 1, trailMost - 1} {
			if place >= back {
				if kind := trail.Saw(place - back); kind != Duplicate {
					t.Fatalf("%d again is %v", place-back, kind)
				}
			}
		}
		if place >= trailMost {
			if kind := trail.Saw(place - trailMost); kind != Before {
				t.Fatalf("%d, long ago, is %v", place-trailMost, kind)
			}
		}
	}
	trail.Saw(10 * trailMost)
	if kind := trail.Saw(10*trailMost - 5); kind != InOrder {
		t.Errorf("one that was jumped over is %v", kind)
	}
}

func TestOrderIsJudgedWhenItGoesOn(t *testing.T) {
	run := func(numbers ...uint64) (reordered int) {
		var trail Trail
		for _, number := range numbers {
			reordered += trail.Order(number, false)
		}
		return reordered
	}
	growing := []uint64{5, 10, 1000, 1001}
	if got := run(growing...); got != 0 {
		t.Errorf("growing numbers: %d", got)
	}
	if got := run(10, 30, 20, 25, 40); got != 2 {
		t.Errorf("two came late: %d", got)
	}
	again := []uint64{100_000}
	for number := uint64(3); number < 90_000; number += 3 {
		again = append(again, number)
	}
	if got := run(again...); got != 0 {
		t.Errorf("a numbering that has begun again: %d", got)
	}
	var short Trail
	for _, number := range []uint64{1, 2, 3} {
		short.Order(number, false)
	}
	for _, number := range []uint64{1, 2, 3, 4} {
		if got := short.Order(number, number < 4); got != 0 {
			t.Errorf("numbers that were given again: %d out of order at %d", got, number)
		}
	}
}

func TestAResumeBringsWhatOthersGot(t *testing.T) {
	var trail Trail
	trail.Saw(0)
	trail.Lost(1)
	trail.Resumed(4)
	if !trail.Missing() {
		t.Error("three are missing")
	}
	for place := uint64(1); place < 4; place++ {
		if trail.CaughtUp() {
			t.Errorf("caught up before place %d", place)
		}
		trail.Saw(place)
		trail.Saw(place)
	}
	if !trail.CaughtUp() || trail.CaughtUp() || trail.Missing() {
		t.Error("caught up is true once")
	}

	trail.Lost(4)
	trail.Resumed(4)
	if trail.Missing() || trail.CaughtUp() {
		t.Error("nothing was missed: that is a reconnect")
	}

	trail.Lost(4)
	trail.Resumed(6)
	trail.Saw(4)
	trail.Lost(6)
	trail.Resumed(8)
	for _, place := range []uint64{5, 6, 7} {
		if trail.CaughtUp() {
			t.Errorf("twice away: caught up before place %d", place)
		}
		trail.Saw(place)
	}
	if !trail.CaughtUp() {
		t.Error("twice away: all has come")
	}

	trail.Lost(8)
	trail.Resumed(9)
	trail.Saw(8 + 2*trailMost)
	if trail.Missing() || trail.CaughtUp() {
		t.Error("what was missed is too long ago to be judged")
	}
}

func TestGapsAreBounded(t *testing.T) {
	var s Sequence
	for seq := uint64(2); seq < 10*missingMost; seq += 2 {
		s.Observe(seq)
	}
	if len(s.Missing()) != missingMost {
		t.Errorf("%d gaps are held", len(s.Missing()))
	}
	if kind := s.Observe(3); kind != Before {
		t.Errorf("one that was forgotten is %v", kind)
	}
	if kind := s.Observe(10*missingMost - 3); kind != Reordered {
		t.Errorf("one that is missing is %v", kind)
	}
}
