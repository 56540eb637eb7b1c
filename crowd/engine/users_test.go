package engine

import (
	"maps"
	"testing"
)

func TestBadTimeIsTheUnion(t *testing.T) {
	for _, test := range []struct {
		name   string
		events [][2]int64
		want   int64
	}{
		{"one", [][2]int64{{10, 25}}, 15},
		{"apart", [][2]int64{{10, 20}, {30, 45}}, 25},
		{"one after the other", [][2]int64{{10, 20}, {20, 30}}, 20},
		{"overlapping", [][2]int64{{10, 20}, {15, 30}}, 20},
		{"a burst after an outage", [][2]int64{{10, 50}, {20, 50}, {30, 50}}, 40},
		{"the older comes later", [][2]int64{{30, 40}, {10, 50}}, 40},
		{"over a pause", [][2]int64{{10, 20}, {30, 40}, {15, 50}}, 40},
		{"over a pause, and no more", [][2]int64{{10, 20}, {30, 40}, {25, 50}}, 35},
	} {
		var b badTime
		for _, event := range test.events {
			b.add(event[0], event[1])
		}
		if b.totalUs != test.want || b.firstUs != test.events[0][0] {
			t.Errorf("%s: %d, first %d; %d is right", test.name, b.totalUs, b.firstUs, test.want)
		}
	}
}

func TestUsersWithLateEventsAreCounted(t *testing.T) {
	published := nowUs() - 5_000_000
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0) + frameOf(1, "odds", nowUs(), ""))
		if v.n > 0 {
			v.say(frameOf(2, "goal", published, "") + frameOf(3, "goal", published+1_000_000, ""))
		}
		if v.n > 1 {
			v.say(frameOf(4, "odds", published, ""))
		}
		v.stay()
	})
	c := conduct(t)
	final := play(t, c.of(configFor(4, 200, server.url)))
	if want := map[string]int64{"goal": 3, "odds": 2}; !maps.Equal(final.Users.Late, want) {
		t.Errorf("late for %v; %v is right", final.Users.Late, want)
	}
	bad := c.histogram(t, "bad_time@arrive")
	equal(t, "bad times", bad.TotalCount(), 3)
	within(t, "bad time", bad.Max(), 2990, 3300)
}
