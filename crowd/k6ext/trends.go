package k6ext

import (
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
