package k6ext

import (
	"math"
	"slices"
	"testing"

	"github.com/matchday/crowd/hdr"
)

func TestATrendKeepsThePercentilesOfMoreSamplesThanItTakes(t *testing.T) {
	few, many := hdr.NewHistogram(), hdr.NewHistogram()
	for i := range int64(100) {
		_ = few.RecordValue((i + 1) * 1000)
	}
	for i := range int64(200_000) {
		_ = many.RecordValue((i + 1) * 10)
	}
	if values := trendValues(few); len(values) != 100 || math.Abs(values[98]-99) > 0.1 {
		t.Errorf("of 100 samples %d: the 99th is %v ms", len(values), values[98])
	}
	values := trendValues(many)
	if len(values) != mostTrendSamples || !slices.IsSorted(values) {
		t.Fatalf("%d samples, sorted: %v", len(values), slices.IsSorted(values))
	}
	for _, q := range []float64{0.5, 0.95, 0.99, 0.999} {
		got, want := values[int(q*mostTrendSamples)-1], 2000*q
		if math.Abs(got-want) > want*0.0015 {
			t.Errorf("p%g is %v ms, not %v", q*100, got, want)
		}
	}
	if last := values[mostTrendSamples-1]; math.Abs(last-2000) > 2 {
		t.Errorf("the greatest is %v ms, not 2000", last)
	}
}
