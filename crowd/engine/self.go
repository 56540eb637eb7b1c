package engine

import (
	"math"
	"runtime"
	"runtime/metrics"

	crowd "github.com/matchday/crowd"
)

// selfGauge reads this process's own figures without stopping it.
type selfGauge struct {
	samples []metrics.Sample
}

func newSelfGauge() *selfGauge {
	return &selfGauge{samples: []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/pauses/total/gc:seconds"},
	}}
}

func (g *selfGauge) read() crowd.Self {
	metrics.Read(g.samples)
	return crowd.Self{
		CPUUs:      cpuUs(),
		RSSBytes:   rssBytes(),
		HeapBytes:  int64(g.samples[0].Value.Uint64()),
		GCCount:    int64(g.samples[1].Value.Uint64()),
		GCPauseUs:  pauseUs(g.samples[2].Value.Float64Histogram()),
		Goroutines: int64(runtime.NumGoroutine()),
	}
}

// pauseUs adds up the pauses: each counts as the upper end of its bucket, or the lower where that is infinite.
func pauseUs(h *metrics.Float64Histogram) int64 {
	var seconds float64
	for i, count := range h.Counts {
		pause := h.Buckets[i+1]
		if math.IsInf(pause, 1) {
			pause = h.Buckets[i]
		}
		if count > 0 {
			seconds += float64(count) * pause
		}
	}
	return int64(seconds * 1e6)
}
