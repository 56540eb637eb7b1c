package hdr

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// spread is values over the whole range, the edges of cells among them.
func spread() (values []int64) {
	random := rand.New(rand.NewPCG(1, 2))
	for power := range 32 {
		at := int64(1) << power
		values = append(values, at-1, at, at+1, at+random.Int64N(at))
	}
	return append(values, MinUs, MaxUs, MaxUs-1, 999, 1000, 1001, 2047, 2048, 2049)
}

// both records values in a Recorder and in a histogram of the library.
func both(t testing.TB, values []int64) (*Recorder, *hdrhistogram.Histogram) {
	t.Helper()
	var r Recorder
	want := NewHistogram()
	for _, v := range values {
		r.Record(v)
		if err := want.RecordValue(max(MinUs, min(v, MaxUs))); err != nil {
			t.Fatal(err)
		}
	}
	return &r, want
}

func TestItCountsAsTheLibraryDoes(t *testing.T) {
	for _, v := range spread() {
		r, want := both(t, []int64{v})
		got := r.Drain()
		if got == nil || !got.Equals(want) {
			t.Fatalf("%d lies in another cell", v)
		}
	}
	r, want := both(t, spread())
	var taken Interval
	if !r.DrainInto(&taken) {
		t.Fatal("nothing was taken")
	}
	if !taken.Histogram().Equals(want) {
		t.Error("the counts differ")
	}
	if taken.Count() != want.TotalCount() || taken.MaxUs() != want.Max() {
		t.Errorf("count %d and max %d, not %d and %d", taken.Count(), taken.MaxUs(), want.TotalCount(), want.Max())
	}
}

func TestQuantilesAreOfTheRankRoundedUp(t *testing.T) {
	for _, values := range [][]int64{{7}, {7, 8}, spread()} {
		r, _ := both(t, values)
		var taken Interval
		r.DrainInto(&taken)
		sorted := slices.Clone(values)
		for i, v := range sorted {
			sorted[i] = max(MinUs, min(v, MaxUs))
		}
		slices.Sort(sorted)
		for percent := range int64(101) {
			rank := max(1, (percent*int64(len(sorted))+99)/100)
			want := highestOf(indexOf(sorted[rank-1]))
			if got := taken.ValueAtQuantile(float64(percent)); got != want {
				t.Errorf("p%d of %d values is %d, not %d", percent, len(sorted), got, want)
			}
		}
	}
}

func TestItClamps(t *testing.T) {
	var r Recorder
	for _, v := range []int64{math.MinInt64, -1, 0, 1} {
		r.Record(v)
	}
	r.RecordN(MaxUs+1, 2)
	r.Record(math.MaxInt64)
	r.RecordN(7, 0)
	want := NewHistogram()
	if err := want.RecordValues(MinUs, 4); err != nil {
		t.Fatal(err)
	}
	if err := want.RecordValues(MaxUs, 3); err != nil {
		t.Fatal(err)
	}
	if got := r.Drain(); !got.Equals(want) {
		t.Errorf("%d values from %d to %d", got.TotalCount(), got.Min(), got.Max())
	}
}

func TestADrainTakesAll(t *testing.T) {
	var r Recorder
	if r.Drain() != nil {
		t.Error("an empty recorder gives a histogram")
	}
	r.Record(5)
	if h := r.Drain(); h.TotalCount() != 1 {
		t.Errorf("%d values", h.TotalCount())
	}
	if r.Drain() != nil {
		t.Error("a value was taken twice")
	}
	var empty Interval
	if empty.MaxUs() != 0 || empty.ValueAtQuantile(50) != 0 || empty.Count() != 0 {
		t.Error("an empty interval has values")
	}
}

func TestEachValueIsInExactlyOneDrain(t *testing.T) {
	const writers, each = 4, 50_000
	var r Recorder
	var recording sync.WaitGroup
	for writer := range writers {
		recording.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(writer)))
			for range each {
				r.Record(random.Int64N(3000) + 1)
			}
		})
	}
	over := make(chan struct{})
	go func() { recording.Wait(); close(over) }()
	total := int64(0)
	take := func() {
		var taken Interval
		if r.DrainInto(&taken) {
			total += taken.Count()
		}
	}
	for running := true; running; {
		select {
		case <-over:
			running = false
		default:
			take()
		}
	}
	take()
	if total != writers*each {
		t.Errorf("%d values of %d were taken", total, writers*each)
	}
}

func TestFortyRecordersAreSmall(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	recorders := make([]Recorder, 40)
	for i := range recorders {
		// A burst: 200 µs to 2 s.
		for v := int64(200); v < 2_000_000; v += v/8 + 1 {
			recorders[i].Record(v)
		}
	}
	runtime.ReadMemStats(&after)
	if size := after.TotalAlloc - before.TotalAlloc; size > 5<<20 || size < 40*4096 {
		t.Errorf("40 recorders take %d bytes", size)
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	var r Recorder
	var taken Interval
	r.Record(100)
	r.DrainInto(&taken)
	if allocs := testing.AllocsPerRun(1000, func() { r.Record(100) }); allocs > 0 {
		t.Errorf("%g allocations a value", allocs)
	}
	if allocs := testing.AllocsPerRun(100, func() { r.Record(100); r.DrainInto(&taken) }); allocs > 0 {
		t.Errorf("%g allocations a drain", allocs)
	}
}

func TestTheEncoderWritesWhatTheLibraryReads(t *testing.T) {
	cases := map[string][]int64{
		"one":         {1},
		"the highest": {MaxUs},
		"neighbours":  {1, 2, 3, 5, 6, 9},
		"spread":      spread(),
	}
	var encoder Encoder
	for name, values := range cases {
		r, want := both(t, values)
		var taken Interval
		r.DrainInto(&taken)
		payload, err := encoder.Encode(&taken)
		if err != nil {
			t.Fatal(err)
		}
		got, err := hdrhistogram.Decode([]byte(payload))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !got.Equals(want) {
			t.Errorf("%s: the counts differ", name)
		}
		if got.LowestTrackableValue() != MinUs || got.HighestTrackableValue() != MaxUs || got.SignificantFigures() != SignificantFigures {
			t.Errorf("%s: the layout differs", name)
		}
		byLibrary, err := Encode(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err = hdrhistogram.Decode([]byte(byLibrary)); err != nil || !got.Equals(want) {
			t.Errorf("%s: Encode: %v", name, err)
		}
	}
}

func TestALogIsReadBack(t *testing.T) {
	const startUs = 1_795_266_000_250_000
	var log bytes.Buffer
	writer, err := NewLogWriter(&log, startUs, "crowd 1,\nof 2")
	if err != nil {
		t.Fatal(err)
	}
	var encoder Encoder
	keys := []string{"event_age{class=goal}@fault", "connect", ""}
	var want []*hdrhistogram.Histogram
	for second := range 3 {
		for i, key := range keys {
			r, h := both(t, []int64{int64(100 * (i + 1)), int64(1000 * (second + 1)), 5_000_000})
			want = append(want, h)
			var taken Interval
			r.DrainInto(&taken)
			payload, err := encoder.Encode(&taken)
			if err != nil {
				t.Fatal(err)
			}
			from := float64(second) * 1000
			if err := writer.Write(key, from, from+1000, taken.MaxUs(), payload); err != nil {
				t.Fatal(err)
			}
		}
	}

	lines := strings.SplitAfter(log.String(), "\n")
	header := strings.Join(lines[:5], "")
	wantHeader := "#crowd 1, of 2\n#[Histogram log format version 1.3]\n" +
		"#[StartTime: 1795266000.250 (seconds since epoch), 2026-11-21T13:00:00.250Z]\n" +
		"#[BaseTime: 1795266000.250 (seconds since epoch)]\n" +
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n"
	if header != wantHeader {
		t.Errorf("header:\n%s", header)
	}
	if !strings.HasPrefix(lines[5], "Tag=event_age{class=goal}@fault,0.000,1.000,5001.215,HIST") {
		t.Errorf("first line: %s", lines[5])
	}

	reader := hdrhistogram.NewHistogramLogReader(&log)
	for i, h := range want {
		got, err := reader.NextIntervalHistogram()
		if err != nil || got == nil {
			t.Fatalf("line %d: %v, %v", i, got, err)
		}
		if !got.Equals(h) || got.Tag() != keys[i%len(keys)] {
			t.Errorf("line %d, %q: the counts differ", i, got.Tag())
		}
		second := int64(i / len(keys))
		if got.StartTimeMs() != startUs/1000+second*1000 || got.EndTimeMs() != startUs/1000+second*1000+1000 {
			t.Errorf("line %d is from %d to %d", i, got.StartTimeMs(), got.EndTimeMs())
		}
	}
	if more, err := reader.NextIntervalHistogram(); more != nil || err != nil {
		t.Errorf("after the last line: %v, %v", more, err)
	}
}

func TestWhatALogRefuses(t *testing.T) {
	writer, err := NewLogWriter(&bytes.Buffer{}, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"a,b", "a b", "a\nb", "\ta"} {
		if writer.Write(tag, 0, 1, 1, "x") == nil {
			t.Errorf("the tag %q is taken", tag)
		}
	}
	if writer.Write("a", -1, 1, 1, "x") == nil || writer.Write("a", 2, 1, 1, "x") == nil {
		t.Error("a negative interval is taken")
	}
	if _, err := NewLogWriter(full{}, 0, ""); err == nil {
		t.Error("a full disk is no error")
	}
	writer.w = full{}
	if writer.Write("a", 0, 1, 1, "x") == nil {
		t.Error("a full disk is no error")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, fmt.Errorf("no space left on device") }

func FuzzEncode(f *testing.F) {
	f.Add([]byte{1, 2, 3, 250, 9, 9, 9, 9})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) == 0 {
			return
		}
		var values []int64
		v := int64(1)
		for _, c := range raw {
			v = (v*int64(c) + int64(c)) % (MaxUs + 1)
			values = append(values, v)
		}
		r, want := both(t, values)
		var taken Interval
		r.DrainInto(&taken)
		var encoder Encoder
		payload, err := encoder.Encode(&taken)
		if err != nil {
			t.Fatal(err)
		}
		got, err := hdrhistogram.Decode([]byte(payload))
		if err != nil || !got.Equals(want) || taken.MaxUs() != want.Max() {
			t.Fatalf("%v: %v", values, err)
		}
	})
}

func BenchmarkRecord(b *testing.B) {
	var r Recorder
	b.ReportAllocs()
	v := int64(1)
	for b.Loop() {
		v = (v*5 + 3) & 0xFFFFF
		r.Record(v)
	}
}

func BenchmarkRecordParallel(b *testing.B) {
	var r Recorder
	b.RunParallel(func(pb *testing.PB) {
		v := int64(1)
		for pb.Next() {
			v = (v*5 + 3) & 0xFFFFF
			r.Record(v)
		}
	})
}

// A second of one busy measure: 18,000 values.
func busySecond(r *Recorder) {
	v := int64(7)
	for range 18_000 {
		v = (v*1103515245 + 12345) & 0xFFFFF
		r.Record(v)
	}
}

func BenchmarkDrainAndEncode(b *testing.B) {
	var r Recorder
	var taken Interval
	var encoder Encoder
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		busySecond(&r)
		b.StartTimer()
		r.DrainInto(&taken)
		if _, err := encoder.Encode(&taken); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDrainAndEncodeByLibrary(b *testing.B) {
	var r Recorder
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		busySecond(&r)
		b.StartTimer()
		if _, err := Encode(r.Drain()); err != nil {
			b.Fatal(err)
		}
	}
}
