package engine

import (
	"sync"
	"sync/atomic"

	crowd "github.com/matchday/crowd"
)

// anomalies keeps the first few of each kind. Safe for concurrent use.
type anomalies struct {
	most  int
	full  [4]atomic.Bool
	mu    sync.Mutex
	count [4]int
	fresh []crowd.Anomaly
}

var anomalyKinds = [4]string{"lost", "duplicate", "reordered", "misdelivered"}

func kindOf(kind string) int {
	for i, known := range anomalyKinds {
		if known == kind {
			return i
		}
	}
	panic("engine: unknown anomaly " + kind)
}

// room: another one of this kind would be kept.
func (a *anomalies) room(kind string) bool { return a.most > 0 && !a.full[kindOf(kind)].Load() }

func (a *anomalies) add(anomaly crowd.Anomaly) {
	kind := kindOf(anomaly.Kind)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count[kind] >= a.most {
		return
	}
	a.count[kind]++
	a.full[kind].Store(a.count[kind] >= a.most)
	a.fresh = append(a.fresh, anomaly)
}

// drain takes those that came since the last time.
func (a *anomalies) drain() []crowd.Anomaly {
	a.mu.Lock()
	defer a.mu.Unlock()
	fresh := a.fresh
	a.fresh = nil
	return fresh
}
