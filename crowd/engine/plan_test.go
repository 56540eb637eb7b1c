package engine

import (
	"math/rand/v2"
	"slices"
	"testing"

	crowd "github.com/matchday/crowd"
)

func TestGeneratorsPlayEveryClientOnce(t *testing.T) {
	seen := map[int64]int{}
	for generator := range 7 {
		config := configFor(100, 1000, "http://x")
		config.Generator, config.Generators = generator, 7
		p := newPlan(config)
		for k := range p.clients {
			seen[p.id(k)]++
		}
	}
	equal(t, "clients", len(seen), 100)
	for id, times := range seen {
		if times != 1 || id < 0 || id >= 100 {
			t.Errorf("client %d is played %d times", id, times)
		}
	}
}

func TestArrivalsAreEvenAndPlannedIsTheirCount(t *testing.T) {
	config := configFor(1000, 5000, "http://x")
	config.Arrivals = crowd.Arrivals{AtMs: 100, WithinMs: 1000}
	config.Generators, config.Generator = 4, 3
	p := newPlan(config)
	equal(t, "first", p.plannedUs(0), 100_000)
	equal(t, "middle", p.plannedUs(500), 600_000)
	equal(t, "last", p.plannedUs(999), 1_099_000)
	for _, at := range []int64{0, 99_999, 103_000, 350_000, 1_099_000, 4_999_999, 5_000_000} {
		var want int64
		for k := range p.clients {
			if at < p.leaveAtUs && p.plannedUs(p.id(k)) <= at {
				want++
			}
		}
		equal(t, "planned", p.plannedAt(at), want)
	}
}

func TestStreamsGetTheirShares(t *testing.T) {
	config := configFor(10_000, 1000, "http://x")
	config.Streams = []crowd.Stream{{ID: "a", Share: 0.7}, {ID: "b", Share: 0.2}, {ID: "c", Share: 0.1}}
	p := newPlan(config)
	counts := make([]int, 3)
	for id := range int64(10_000) {
		counts[p.streamOf(id)]++
	}
	for i, want := range []int{7000, 2000, 1000} {
		if counts[i] < want-10 || counts[i] > want+10 {
			t.Errorf("stream %d has %d clients; about %d is right", i, counts[i], want)
		}
	}
}

func TestJitterIsUniformAndSeeded(t *testing.T) {
	config := configFor(10, 1000, "http://x")
	config.Reconnect = crowd.Reconnect{MinMs: 1000, MaxMs: 5000}
	p := newPlan(config)
	var buckets [4]int
	for id := range int64(2000) {
		for attempt := range uint32(5) {
			us := p.retryDelayUs(id, attempt, 0, false)
			if us < 1_000_000 || us > 5_000_000 {
				t.Fatalf("a wait of %d us", us)
			}
			equal(t, "the same again", p.retryDelayUs(id, attempt, 0, false), us)
			buckets[min(3, (us-1_000_000)/1_000_000)]++
			if asked := p.retryDelayUs(id, attempt, 3000, true); asked != us+2_000_000 {
				t.Fatalf("retry: 3000 gives %d instead of %d", asked, us+2_000_000)
			}
		}
	}
	for _, count := range buckets {
		if count < 2300 || count > 2700 {
			t.Errorf("waits are not uniform: %v", buckets)
		}
	}
	before := p.retryDelayUs(1, 1, 0, false)
	config.Seed = 2
	if p.retryDelayUs(1, 1, 0, false) == before {
		t.Error("the seed changes nothing")
	}
}

func TestSlowReadersAreAShare(t *testing.T) {
	config := configFor(10, 1000, "http://x")
	config.SlowReaders = crowd.SlowReaders{Share: 0.05, BytesPerSecond: 100}
	p := newPlan(config)
	slow := 0
	for id := range int64(20_000) {
		if p.isSlow(id) {
			slow++
		}
	}
	if slow < 900 || slow > 1100 {
		t.Errorf("%d of 20,000 are slow; about 1,000 is right", slow)
	}
}

func TestPhaseOfAnInstant(t *testing.T) {
	p := newPlan(configFor(1, 1000, "http://x"))
	equal(t, "before the start", p.phaseAt(-5), 0)
	equal(t, "in the first", p.phaseAt(99_999), 0)
	equal(t, "at the border", p.phaseAt(100_000), 1)
	equal(t, "after the end", p.phaseAt(9_000_000), 1)
}

func TestTimersComeInOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var heap timers
	var want []int64
	for range 2000 {
		at := random.Int64N(1000)
		heap.push(timer{atUs: at})
		want = append(want, at)
		if random.IntN(3) == 0 {
			slices.Sort(want)
			equal(t, "earliest", heap.pop().atUs, want[0])
			want = want[1:]
		}
	}
	slices.Sort(want)
	for _, at := range want {
		equal(t, "earliest", heap.pop().atUs, at)
	}
	equal(t, "left", len(heap), 0)
}
