package k6ext

import (
	"math"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.k6.io/k6/v2/metrics"

	"github.com/matchday/crowd/engine"
)

// mostTrendSamples is how many samples of a trend k6 gets, whatever the crowd has measured: it keeps each of them.
const mostTrendSamples = 10_000

// trendMetric is one of the crowd's histograms as a k6 trend, so that `p(95)<200` is a threshold.
//
// Its samples come when the run is over, from the histogram of all of it: every one, where there are 10,000 or fewer; else
// the values at 10,000 ranks that are evenly apart, and the greatest. A percentile is then exact to 0.1 % of the value, as
// the histogram is, and to 0.01 % of the samples. Until then, and for abortOnFail, there are the gauges of the p99.
type trendMetric struct {
	metric *metrics.Metric
	of     func(*engine.Ended) *hdrhistogram.Histogram
}

// trendValues are the samples, in ms, from the least on.
func trendValues(h *hdrhistogram.Histogram) []float64 {
	total := h.TotalCount()
	samples := min(total, mostTrendSamples)
	values := make([]float64, 0, samples)
	var seen int64
	for _, bar := range h.Distribution() {
		seen += bar.Count
		value := float64(bar.To) / 1000
		// The k-th sample stands for the middle of its share of all.
		for int64(len(values)) < samples && middleRank(int64(len(values)), samples, total) < seen {
			values = append(values, value)
		}
	}
	if samples < total {
		values[samples-1] = float64(h.Max()) / 1000
	}
	return values
}

func middleRank(k, samples, total int64) int64 {
	return int64((float64(k) + 0.5) / float64(samples) * float64(total))
}

// unmeasured is a threshold that nothing was measured for. k6 lets it pass: a gauge that was never set is 0 to it, and of
// other kinds it asks nothing.
type unmeasured struct {
	name   string
	sample metrics.TimeSeries
}

// unmeasuredThresholds are those on metrics that this run has not pushed. A part of a metric (`crowd_late{scenario:x}`) has
// samples where the metric has, and their tags hold its own.
func (p *pusher) unmeasuredThresholds() (all []unmeasured) {
	for _, metric := range p.metrics.all {
		if len(metric.Thresholds.Thresholds) > 0 && !p.pushed[metric] {
			all = append(all, unmeasured{metric.Name, metrics.TimeSeries{Metric: metric, Tags: p.tags.Tags}})
		}
		for _, part := range metric.Submetrics {
			if len(part.Metric.Thresholds.Thresholds) == 0 || p.pushed[metric] && p.tags.Tags.Contains(part.Tags) {
				continue
			}
			all = append(all, unmeasured{part.Name,
				metrics.TimeSeries{Metric: metric, Tags: p.tags.Tags.WithTagsFromMap(part.Tags.Map())}})
		}
	}
	return all
}

// failUnmeasured makes them fail: no comparison holds for a sample that is no number.
func failUnmeasured(all []unmeasured, add func(metrics.TimeSeries, float64)) error {
	if len(all) == 0 {
		return nil
	}
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = one.name
		add(one.sample, math.NaN())
	}
	return &engine.Failure{Code: "THRESHOLD_UNMEASURED", Fact: "nothing was measured for the threshold on " + strings.Join(names, ", "),
		Hint: "take the threshold out, or let the crowd read what it is about (AGE and IDS at the top of script.ts)"}
}
