package k6ext

import (
	"testing"

	"go.k6.io/k6/v2/metrics"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

func TestASecondIsPushedAsItsOwnSums(t *testing.T) {
	registry := metrics.NewRegistry()
	m, err := registerMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	samples := make(chan metrics.SampleContainer, 2)
	p := m.pusherTo(samples, metrics.TagsAndMeta{Tags: registry.RootTagSet()})
	p.push(t.Context(), engine.Tick{Counters: crowd.Counters{Events: 100, Open: 9}, Accepted: 3, Failed: 1})
	p.push(t.Context(), engine.Tick{Counters: crowd.Counters{Events: 150, Late: 2, Open: 8}, EventAgeP99Us: 12_500, Accepted: 2})

	first, second := sum(<-samples), sum(<-samples)
	for name, want := range map[string]float64{"crowd_events": 100, "crowd_late": 0, "crowd_clients_open": 9, "crowd_connected": 3} {
		if first[name] != want {
			t.Errorf("first %s is %g; %g is right", name, first[name], want)
		}
	}
	for name, want := range map[string]float64{"crowd_events": 50, "crowd_late": 2, "crowd_clients_open": 8, "crowd_event_age_p99": 12.5, "crowd_connected": 2} {
		if second[name] != want {
			t.Errorf("second %s is %g; %g is right", name, second[name], want)
		}
	}
	if _, pushed := first["crowd_event_age_p99"]; pushed {
		t.Error("an age was pushed before there was one")
	}
	if _, pushed := first["crowd_late"]; !pushed {
		t.Error("a counter of zero must be pushed: thresholds on it need a sample")
	}
}

func sum(samples metrics.SampleContainer) map[string]float64 {
	sums := map[string]float64{}
	for _, sample := range samples.GetSamples() {
		sums[sample.Metric.Name] += sample.Value
	}
	return sums
}
