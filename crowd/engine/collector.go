package engine

import (
	"context"
	"strings"
	"time"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/hdr"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Tick is one second of the crowd, for whoever shows it.
type Tick struct {
	Counters crowd.Counters
	// Attempts to open a stream whose outcome became known in this interval, by what it was.
	Accepted, Failed int64
	// Of the run so far; 0 before the first sample.
	EventAgeP99Us, ConnectP99Us int64
}

// Ended is what was measured over the whole run, in microseconds, for whoever shows it.
type Ended struct {
	EventAge, Connect, Resume, StaleOddsAge *hdrhistogram.Histogram
	Grounds                                 Grounds
}

// of is the one that a histogram belongs to by its key; nil for what only the record tells.
func (e *Ended) of(key string) *hdrhistogram.Histogram {
	switch name, _, _ := strings.Cut(key, "@"); {
	case strings.HasPrefix(name, "event_age{"):
		return e.EventAge
	case name == measureNames[connect]:
		return e.Connect
	case name == measureNames[resume]:
		return e.Resume
	case name == measureNames[staleOddsAge]:
		return e.StaleOddsAge
	}
	return nil
}

// collector makes an interval of every second: it drains the histograms, writes, and hands on to be sent.
type collector struct {
	engine  *Engine
	record  *record
	options Options
	encoder hdr.Encoder
	drained hdr.Interval
	self    *selfGauge
	index   int
	fromUs  int64
	// outbox is read by the sender: the conductor may be slow, the record may not.
	outbox chan *crowd.Interval
	// ended is of the run so far.
	ended  Ended
	before sums
	usage  usage
}

// usage is what the clients cost this process.
type usage struct {
	baseRSS, peakRSS, peakRSSAllOpen int64
	// CPU and events at the start, when the last client was open, and before the first left.
	start, opened, end reading
	connected          int64
}

type reading struct{ cpuUs, events int64 }

func newCollector(e *Engine, r *record, baseRSS int64, options Options) *collector {
	return &collector{
		engine:  e,
		record:  r,
		options: options,
		self:    newSelfGauge(),
		ended: Ended{EventAge: hdr.NewHistogram(), Connect: hdr.NewHistogram(), Resume: hdr.NewHistogram(),
			StaleOddsAge: hdr.NewHistogram()},
		// An hour of seconds: far more than the conductor may be away.
		outbox: make(chan *crowd.Interval, 3600),
		usage:  usage{baseRSS: baseRSS, start: reading{cpuUs: cpuUs()}},
	}
}

// run makes an interval at every whole second since the start, until done; then one of what is left.
func (c *collector) run(done <-chan struct{}) {
	for {
		dueUs := int64(c.index+1) * 1_000_000
		timer := time.NewTimer(time.Duration(c.engine.startUs+dueUs-nowUs()) * time.Microsecond)
		select {
		case <-done:
			timer.Stop()
			c.take(max(nowUs()-c.engine.startUs, c.fromUs))
			return
		case <-timer.C:
			c.take(dueUs)
		}
	}
}

func (c *collector) take(toUs int64) {
	e := c.engine
	sums := e.sum()
	counters := sums.counters
	counters.Planned = e.plan.plannedAt(toUs)
	if toUs+e.startUs >= e.leaveAt() {
		counters.Planned = 0
	}
	interval := &crowd.Interval{
		Generator:  e.plan.Generator,
		Index:      c.index,
		FromMs:     msOf(c.fromUs),
		ToMs:       msOf(toUs),
		Phase:      e.plan.Phases[e.plan.phaseAt(c.fromUs)].Name,
		Histograms: map[string]string{},
		Samples:    map[string]int64{},
		Counters:   counters,
		Self:       c.self.read(),
	}
	interval.Self.QuoteSamplesSkipped = sums.samplesSkipped
	var histograms []histogram
	e.measures.each(func(key string, r *hdr.Recorder) {
		if !r.DrainInto(&c.drained) {
			return
		}
		payload, err := c.encoder.Encode(&c.drained)
		if err != nil {
			// Encoding writes to memory only.
			panic(err)
		}
		histograms = append(histograms, histogram{key, payload, c.drained.MaxUs()})
		interval.Histograms[key] = payload
		interval.Samples[key] = c.drained.Count()
		if whole := c.ended.of(key); whole != nil {
			whole.Merge(c.drained.Histogram())
		}
	})
	c.weigh(interval)
	failedBefore := c.record.err != nil
	c.record.interval(interval, histograms, e.anomalies.drain(), e.spans.drain(), e.histories.drain())
	if c.record.err != nil && !failedBefore && c.options.Log != nil {
		c.options.Log(c.record.err.Error())
	}
	c.outbox <- interval
	if c.options.Tick != nil {
		c.options.Tick(Tick{
			Counters:      counters,
			Accepted:      sums.streams - c.before.streams,
			Failed:        sums.failed - c.before.failed,
			EventAgeP99Us: p99(c.ended.EventAge),
			ConnectP99Us:  p99(c.ended.Connect),
		})
	}
	c.before = sums
	c.index++
	c.fromUs = toUs
}

func p99(h *hdrhistogram.Histogram) int64 {
	if h.TotalCount() == 0 {
		return 0
	}
	return h.ValueAtQuantile(99)
}

// weigh follows what the clients cost.
func (c *collector) weigh(interval *crowd.Interval) {
	u := &c.usage
	u.peakRSS = max(u.peakRSS, interval.Self.RSSBytes)
	if interval.Counters.Open == int64(c.engine.plan.clients) {
		u.peakRSSAllOpen = max(u.peakRSSAllOpen, interval.Self.RSSBytes)
	}
	now := reading{cpuUs: interval.Self.CPUUs, events: interval.Counters.Events}
	if interval.Counters.Connected > u.connected {
		u.connected, u.opened = interval.Counters.Connected, now
	}
	// Hanging up costs CPU too, which is no event's.
	if interval.Counters.Planned > 0 {
		u.end = now
	}
}

// send posts intervals in their order until the outbox is closed. It says when the conductor wants an end, or is gone.
func (c *collector) send(ctx context.Context, to *conductor, stop func(error)) {
	for interval := range c.outbox {
		if to == nil || ctx.Err() != nil {
			continue
		}
		stopAsked, err := to.interval(ctx, interval)
		if err != nil && ctx.Err() == nil {
			stop(err)
			to = nil
			continue
		}
		if stopAsked {
			stop(nil)
		}
	}
}
