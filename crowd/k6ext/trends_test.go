package k6ext

import (
	"math"
	"slices"
	"strings"
	"testing"

	"go.k6.io/k6/v2/metrics"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
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

// nothingEnded is a run that measured nothing.
func nothingEnded() *engine.Ended {
	return &engine.Ended{EventAge: hdr.NewHistogram(), Connect: hdr.NewHistogram(), Resume: hdr.NewHistogram(),
		StaleOddsAge: hdr.NewHistogram()}
}

func TestAThresholdThatNothingWasMeasuredForFails(t *testing.T) {
	for name, of := range map[string]struct {
		counters  crowd.Counters
		threshold string
		fails     bool
	}{
		"a gauge that was never set":                  {crowd.Counters{Events: 5, OnTime: 5}, "crowd_event_age_p99", true},
		"a trend without samples":                     {crowd.Counters{Events: 5, OnTime: 5}, "crowd_event_age", true},
		"none late, of events that were judged":       {crowd.Counters{Events: 5, OnTime: 5}, "crowd_late", false},
		"none late, of some that were judged":         {crowd.Counters{Events: 5, OnTime: 1, NotJudged: 4}, "crowd_late", false},
		"none late, where none could be judged":       {crowd.Counters{Events: 5, NotJudged: 5}, "crowd_late", true},
		"none lost, where none could be judged":       {crowd.Counters{Events: 5, NotJudged: 5}, "crowd_lost", true},
		"what is no judgement, where none was judged": {crowd.Counters{Events: 5, NotJudged: 5}, "crowd_events", false},
	} {
		t.Run(name, func(t *testing.T) {
			registry := metrics.NewRegistry()
			m, err := registerMetrics(registry)
			if err != nil {
				t.Fatal(err)
			}
			registry.Get(of.threshold).Thresholds = metrics.NewThresholds([]string{"value<1"})
			p := m.pusherTo(make(chan metrics.SampleContainer, 4), metrics.TagsAndMeta{Tags: registry.RootTagSet()})
			p.push(t.Context(), engine.Tick{Counters: of.counters})
			err = p.end(t.Context(), nothingEnded())
			if of.fails != (err != nil && strings.Contains(err.Error(), of.threshold)) {
				t.Errorf("%s: %v", of.threshold, err)
			}
		})
	}
}
