package k6ext

import (
	"context"
	"time"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/metrics"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

// crowdMetrics are what k6's thresholds, summary and outputs see of the crowd. They are pushed once a second, as sums
// of that second: their cost does not grow with the events.
type crowdMetrics struct {
	counters    []counterMetric
	open        *metrics.Metric
	connected   *metrics.Metric
	eventAgeP99 *metrics.Metric
	connectP99  *metrics.Metric
}

type counterMetric struct {
	metric *metrics.Metric
	of     func(*crowd.Counters) int64
}

func registerMetrics(registry *metrics.Registry) (*crowdMetrics, error) {
	m := &crowdMetrics{}
	for _, counter := range []struct {
		name string
		of   func(*crowd.Counters) int64
	}{
		{"crowd_events", func(c *crowd.Counters) int64 { return c.Events }},
		{"crowd_on_time", func(c *crowd.Counters) int64 { return c.OnTime }},
		{"crowd_late", func(c *crowd.Counters) int64 { return c.Late }},
		{"crowd_duplicates", func(c *crowd.Counters) int64 { return c.Duplicate }},
		{"crowd_reordered", func(c *crowd.Counters) int64 { return c.Reordered }},
		{"crowd_misdelivered", func(c *crowd.Counters) int64 { return c.Misdelivered }},
		{"crowd_connect_errors", func(c *crowd.Counters) int64 { return c.ConnectErrors }},
		{"crowd_disconnects", func(c *crowd.Counters) int64 { return c.Disconnects }},
		{"crowd_journeys_completed", func(c *crowd.Counters) int64 { return c.JourneysCompleted }},
		{"crowd_journeys_rejected", func(c *crowd.Counters) int64 { return c.JourneysRejected }},
		{"crowd_journeys_abandoned", func(c *crowd.Counters) int64 { return c.JourneysAbandoned }},
		{"crowd_journeys_failed", func(c *crowd.Counters) int64 { return c.JourneysFailed }},
	} {
		metric, err := registry.NewMetric(counter.name, metrics.Counter)
		if err != nil {
			return nil, err
		}
		m.counters = append(m.counters, counterMetric{metric, counter.of})
	}
	for _, other := range []struct {
		name string
		kind metrics.MetricType
		of   metrics.ValueType
		into **metrics.Metric
	}{
		{"crowd_clients_open", metrics.Gauge, metrics.Default, &m.open},
		{"crowd_connected", metrics.Rate, metrics.Default, &m.connected},
		{"crowd_event_age_p99", metrics.Gauge, metrics.Time, &m.eventAgeP99},
		{"crowd_connect_p99", metrics.Gauge, metrics.Time, &m.connectP99},
	} {
		metric, err := registry.NewMetric(other.name, other.kind, other.of)
		if err != nil {
			return nil, err
		}
		*other.into = metric
	}
	return m, nil
}

// pusher pushes the metrics of one run.
type pusher struct {
	metrics *crowdMetrics
	samples chan<- metrics.SampleContainer
	tags    metrics.TagsAndMeta
	before  crowd.Counters
}

func (m *crowdMetrics) pusher(state *lib.State) *pusher {
	return &pusher{metrics: m, samples: state.Samples, tags: state.Tags.GetCurrentValues()}
}

// patience is how long the last samples of a run that was interrupted may wait for k6 to take them.
const patience = time.Second

func (p *pusher) push(ctx context.Context, tick engine.Tick) {
	now := time.Now()
	var samples metrics.Samples
	add := func(metric *metrics.Metric, value float64) {
		samples = append(samples, metrics.Sample{
			TimeSeries: metrics.TimeSeries{Metric: metric, Tags: p.tags.Tags},
			Time:       now,
			Metadata:   p.tags.Metadata,
			Value:      value,
		})
	}
	for _, counter := range p.metrics.counters {
		// Zero too: a threshold of `count==0` needs a sample to hold.
		add(counter.metric, float64(counter.of(&tick.Counters)-counter.of(&p.before)))
	}
	p.before = tick.Counters
	add(p.metrics.open, float64(tick.Counters.Open))
	for i := range tick.Attempts {
		accepted := 0.0
		if i < tick.Accepted {
			accepted = 1
		}
		add(p.metrics.connected, accepted)
	}
	if tick.EventAgeP99Us > 0 {
		add(p.metrics.eventAgeP99, float64(tick.EventAgeP99Us)/1000)
	}
	if tick.ConnectP99Us > 0 {
		add(p.metrics.connectP99, float64(tick.ConnectP99Us)/1000)
	}
	select {
	case p.samples <- samples:
		return
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case p.samples <- samples:
	case <-timer.C:
		if ctx.Err() == nil {
			p.samples <- samples
		}
	}
}
