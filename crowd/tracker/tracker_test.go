package tracker

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"unsafe"
)

func TestKinds(t *testing.T) {
	type step struct {
		do   string
		seq  uint64
		want Kind
	}
	tests := []struct {
		name    string
		steps   []step
		missing []Range
	}{
		{"in order", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"see", 7, InOrder}}, nil},
		{"without a snapshot the first event starts", []step{{"see", 9, InOrder}, {"see", 10, InOrder}, {"see", 8, Before}}, nil},
		{"from one", []step{{"see", 1, InOrder}, {"see", 2, InOrder}}, nil},
		{"a snapshot of nothing", []step{{"snapshot", 0, 0}, {"see", 1, InOrder}}, nil},
		{"what the snapshot holds", []step{{"snapshot", 5, 0}, {"see", 5, Before}, {"see", 3, Before}, {"see", 6, InOrder}}, nil},
		{"duplicates", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"see", 6, Duplicate}, {"see", 7, InOrder}, {"see", 6, Duplicate}}, nil},
		{"a gap", []step{{"snapshot", 5, 0}, {"see", 9, Gap}, {"see", 10, InOrder}}, []Range{{6, 8}}},
		{"two gaps", []step{{"snapshot", 5, 0}, {"see", 7, Gap}, {"see", 10, Gap}}, []Range{{6, 6}, {8, 9}}},
		{"a swap", []step{{"snapshot", 5, 0}, {"see", 7, Gap}, {"see", 6, Reordered}, {"see", 8, InOrder}, {"see", 6, Duplicate}}, nil},
		{"a gap is filled from within", []step{{"snapshot", 0, 0}, {"see", 6, Gap}, {"see", 3, Reordered}, {"see", 3, Duplicate}},
			[]Range{{1, 2}, {4, 5}}},
		{"a gap is filled from its ends", []step{{"snapshot", 0, 0}, {"see", 6, Gap}, {"see", 1, Reordered}, {"see", 5, Reordered}},
			[]Range{{2, 4}}},
		{"a resume goes on in order", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"resume", 0, 0}, {"see", 7, InOrder}, {"see", 8, InOrder}}, nil},
		{"a resume repeats", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"resume", 0, 0}, {"see", 6, Duplicate}, {"see", 7, InOrder}}, nil},
		{"a resume leaves a gap", []step{{"snapshot", 5, 0}, {"resume", 0, 0}, {"see", 8, Gap}}, []Range{{6, 7}}},
		{"a resume fills what was missing", []step{{"snapshot", 5, 0}, {"see", 9, Gap}, {"resume", 0, 0},
			{"see", 6, Recovered}, {"see", 7, Recovered}, {"see", 8, Recovered}, {"see", 9, Duplicate}, {"see", 10, InOrder}}, nil},
		{"a resume that begins with the newest is out of order", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"resume", 0, 0},
			{"see", 9, Gap}, {"see", 7, Reordered}, {"see", 8, Reordered}}, nil},
		{"a later snapshot moves on", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"snapshot", 9, 3}, {"see", 10, InOrder}}, []Range{{7, 9}}},
		{"a later snapshot joins a gap", []step{{"snapshot", 5, 0}, {"see", 8, Gap}, {"snapshot", 8, 0}, {"snapshot", 10, 2}}, []Range{{6, 7}, {9, 10}}},
		{"two snapshots skip one range", []step{{"snapshot", 5, 0}, {"snapshot", 7, 2}, {"snapshot", 9, 2}}, []Range{{6, 9}}},
		{"an older snapshot changes nothing", []step{{"snapshot", 5, 0}, {"see", 6, InOrder}, {"snapshot", 2, 0}, {"see", 7, InOrder}, {"see", 4, Before}}, nil},
		{"what a snapshot skipped comes after it", []step{{"snapshot", 5, 0}, {"snapshot", 7, 2}, {"see", 6, Reordered}}, []Range{{7, 7}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s Sequence
			for i, step := range test.steps {
				switch step.do {
				case "snapshot":
					if skipped := s.Snapshot(step.seq); skipped != uint64(step.want) {
						t.Fatalf("step %d: the snapshot skipped %d, not %d", i, skipped, step.want)
					}
				case "see":
					if kind := s.Observe(step.seq); kind != step.want {
						t.Fatalf("step %d: %d is %v, not %v", i, step.seq, kind, step.want)
					}
				case "resume":
					s.Resumed()
				}
			}
			if !reflect.DeepEqual(s.Missing(), test.missing) {
				t.Fatalf("missing %v, not %v", s.Missing(), test.missing)
			}
		})
	}
}

func TestASequenceIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Sequence{}); size > 40 {
		t.Errorf("a Sequence is %d bytes", size)
	}
	var s Sequence
	s.Snapshot(3)
	if s.First() != 3 || s.Next() != 4 || !s.Started() {
		t.Errorf("first %d, next %d", s.First(), s.Next())
	}
	seq := s.Next()
	if allocs := testing.AllocsPerRun(1000, func() { s.Observe(seq); seq++ }); allocs > 0 {
		t.Errorf("%g allocations an event in order", allocs)
	}
	if s.missing != nil {
		t.Error("an ordered sequence holds a list")
	}
	s.Observe(seq + 1)
	s.Observe(seq)
	if s.missing != nil {
		t.Error("a filled gap leaves a list behind")
	}
}

// model is the same by the book: a set of what was seen.
type model struct {
	started           bool
	first, next, high uint64
	seen              map[uint64]bool
	missing           map[uint64]bool
}

func (m *model) snapshot(seq uint64) (skipped uint64) {
	if !m.started {
		m.started, m.first, m.next = true, seq, seq+1
	}
	m.high = max(m.high, seq)
	for ; m.next <= seq; m.next++ {
		m.missing[m.next] = true
		skipped++
	}
	return skipped
}

func (m *model) observe(seq uint64) Kind {
	if !m.started {
		m.started, m.first, m.next = true, seq-1, seq
	}
	late := seq < m.high
	m.high = max(m.high, seq)
	switch {
	case seq <= m.first:
		return Before
	case m.missing[seq]:
		delete(m.missing, seq)
		m.seen[seq] = true
		if late {
			return Reordered
		}
		return Recovered
	case m.seen[seq]:
		return Duplicate
	}
	m.seen[seq] = true
	kind := InOrder
	for ; m.next < seq; m.next++ {
		m.missing[m.next] = true
		kind = Gap
	}
	m.next = seq + 1
	return kind
}

func (m *model) ranges() (ranges []Range) {
	for seq := m.first; seq < m.next; seq++ {
		if !m.missing[seq] {
			continue
		}
		if last := len(ranges) - 1; last >= 0 && ranges[last].To == seq-1 {
			ranges[last].To = seq
		} else {
			ranges = append(ranges, Range{seq, seq})
		}
	}
	return ranges
}

// play does what each byte says to a Sequence and to the model, and compares.
func play(t *testing.T, script []byte) {
	var s Sequence
	m := model{seen: map[uint64]bool{}, missing: map[uint64]bool{}}
	for i, c := range script {
		// The neighbourhood of where the stream is: 32 back to 8 ahead.
		near := func(back uint64) uint64 {
			at := m.next + uint64(c>>2)
			if at <= back {
				return 1
			}
			return at - back
		}
		var what string
		var got, want any
		switch c & 3 {
		case 0:
			what, got, want = "the next", s.Observe(max(m.next, 1)), m.observe(max(m.next, 1))
		case 1:
			seq := near(55)
			what, got, want = fmt.Sprint("event ", seq), s.Observe(seq), m.observe(seq)
		case 2:
			if c > 64 {
				seq := near(62)
				what, got, want = fmt.Sprint("event ", seq), s.Observe(seq), m.observe(seq)
				break
			}
			seq := near(8)
			what, got, want = fmt.Sprint("snapshot ", seq), s.Snapshot(seq), m.snapshot(seq)
		case 3:
			what = "resume"
			s.Resumed()
			m.high = 0
		}
		ranges := m.ranges()
		if got != want || s.Next() != m.next || s.First() != m.first ||
			!reflect.DeepEqual(s.Missing(), ranges) || s.MissingCount() != uint64(len(m.missing)) {
			t.Fatalf("step %d, %s: got %v, next %d, missing %v; want %v, %d, %v",
				i, what, got, s.Next(), s.Missing(), want, m.next, ranges)
		}
	}
}

func TestAgainstTheModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := map[Kind]int{}
	for range 2000 {
		script := make([]byte, random.IntN(120))
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		play(t, script)
	}
	// The same, as a network would do it: drops, duplicates, swaps and resumes over one long stream.
	var s Sequence
	m := model{seen: map[uint64]bool{}, missing: map[uint64]bool{}}
	s.Snapshot(10)
	m.snapshot(10)
	see := func(seq uint64) {
		got, want := s.Observe(seq), m.observe(seq)
		if got != want {
			t.Fatalf("%d is %v, not %v", seq, got, want)
		}
		kinds[got]++
	}
	for seq := uint64(11); seq < 8_000; seq++ {
		switch random.IntN(20) {
		case 0: // Dropped.
		case 1:
			see(seq)
			see(seq)
		case 2:
			see(seq + 1)
			see(seq)
			seq++
		case 3:
			see(10 - min(10, uint64(random.IntN(5))))
			see(seq)
		case 4:
			s.Resumed()
			m.high = 0
			for again := max(seq-5, 11); again <= seq; again++ {
				see(again)
			}
		default:
			see(seq)
		}
	}
	if !reflect.DeepEqual(s.Missing(), m.ranges()) {
		t.Fatal("what is missing differs")
	}
	for kind := InOrder; kind <= Before; kind++ {
		if kinds[kind] == 0 {
			t.Errorf("no event was %v: the test exercises too little", kind)
		}
	}
}

func FuzzSequence(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0xf1, 0xe1, 3, 0x81, 2, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) < 500 {
			play(t, script)
		}
	})
}

func BenchmarkInOrder(b *testing.B) {
	var s Sequence
	seq := uint64(0)
	s.Snapshot(seq)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		if s.Observe(seq) != InOrder {
			b.Fatal(seq)
		}
	}
}

func BenchmarkSwap(b *testing.B) {
	var s Sequence
	seq := uint64(1)
	s.Snapshot(seq - 1)
	b.ReportAllocs()
	for b.Loop() {
		s.Observe(seq + 1)
		s.Observe(seq)
		seq += 2
	}
}
